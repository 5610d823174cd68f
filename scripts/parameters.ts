import { resolve } from 'node:path';

/** npm runs scripts in the package's folder; a relative path means where the user is. */
export const fromCaller = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);

/** @throws Error naming the option and its range. */
export const wholeNumber = (option: string, text: string, [least, most]: readonly [number, number]): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
    throw new Error(`${option} must be a whole number from ${least} to ${most}, not "${text}".`);
  return value;
};
