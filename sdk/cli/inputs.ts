import * as z from 'zod';
import type { Cli } from './cli.ts';
import { suggestion } from './suggest.ts';

/** A whole number, as text of the command line. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .refine((text) => /^-?\d+$/.test(text) && Number(text) >= least && Number(text) <= most, {
      error: ({ input }) => `must be a whole number from ${least} to ${most}, not ${JSON.stringify(input)}`,
    })
    .transform(Number);

/** One of several words, whatever its case; says which was probably meant. */
export const choice = <const Word extends string>(words: readonly Word[]) =>
  z.string().transform((given, context): Word => {
    const word = words.find((each) => each.toLowerCase() === given.toLowerCase());
    if (word !== undefined) return word;
    context.issues.push({ code: 'custom', input: given, message: `not ${given}. ${suggestion(given, words, '')}` });
    return z.NEVER;
  });

/** Options of a list. */
export const page = { limit: wholeNumber(1, 100).default(50), cursor: z.string().optional() };

/** Flags of a list. */
export const pageFlags = [
  ['--limit <n>', 'how many to look at, 1 to 100 (default: 50)'],
  ['--cursor <cursor>', 'go on where a page ended'],
] as const;

/** Says how to get the next page, when there is one. */
export const pageNote = ({ nextCursor }: { readonly nextCursor?: string | undefined }, cli: Cli): void => {
  if (nextCursor !== undefined) cli.output.aside(`There is more: --cursor ${nextCursor}`);
};
