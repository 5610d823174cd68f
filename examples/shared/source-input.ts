import * as z from 'zod';
import { collectSources } from '../code-review/analysers/collect-sources.ts';
import { SourceFile } from '../code-review/analysers/finding.ts';
import { fromCaller } from './from-caller.ts';

/** Sources by relative path with forward slashes. */
export const SourceTree = z.record(
  z
    .string()
    .min(1)
    .max(400)
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'must lead below the tree'),
  z.string().max(512 * 1024),
);
export type SourceTree = z.infer<typeof SourceTree>;

/** Sources as a user hands them in: a directory to read, or the files themselves. */
export const SourceInput = {
  /** Relative to where the command is given. */
  directory: z.string().min(1).optional(),
  files: SourceTree.optional(),
};

/** The files of an input, in order of their paths. @throws Error when there are none */
export async function readSourceInput(input: {
  readonly directory?: string | undefined;
  readonly files?: SourceTree | undefined;
}): Promise<SourceFile[]> {
  const given = Object.entries(input.files ?? {}).map(([path, text]) => ({ path, text }));
  const root = fromCaller(input.directory ?? '.');
  const read = input.directory === undefined ? [] : (await collectSources(root)).files;
  const files = [...read, ...given].toSorted((left, right) => (left.path < right.path ? -1 : 1));
  if (files.length === 0) throw new Error('The input holds no sources: give files, or a directory that has some.');
  return files;
}
