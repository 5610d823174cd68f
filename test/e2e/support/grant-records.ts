import { join } from 'node:path';

const directory = join(import.meta.dirname, '..', '..', '..', '.cache', 'grants');

/** Where a test file, by its path in the repository, leaves what the stack's roles used while it ran. */
export const recordOf = (testFile: string): string =>
  join(directory, testFile.replaceAll(/[/\\]/g, '.').replace(/\.test\.ts$/, '.txt'));
