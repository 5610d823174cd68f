/**
 * A text of at most so many characters: what is too long loses its middle, as its beginning says where and its end why.
 * `length` is at least 20.
 */
export const shorten = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const head = Math.floor(length / 4);
  return `${text.slice(0, head)} … ${text.slice(text.length - (length - head - 3))}`;
};
