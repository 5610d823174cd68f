import { closest } from '../../core/contract/closest.ts';

/** What to tell about a word that is none of the candidates: which one was probably meant, else which there are. */
export const suggestion = (word: string, candidates: readonly string[], none: string): string => {
  const near = closest(word, candidates);
  if (near !== undefined) return `Did you mean ${near}?`;
  return candidates.length === 0 ? none : `There ${candidates.length === 1 ? 'is' : 'are'} ${candidates.join(', ')}.`;
};
