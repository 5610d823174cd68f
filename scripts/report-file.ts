import { open, rm, stat } from 'node:fs/promises';
import { fromCaller } from './parameters.ts';

/** Tried before the work, so that nobody waits for what cannot be written. Leaves everything as it is. */
export const reportPathOf = async (file: string | undefined): Promise<string | undefined> => {
  if (file === undefined) return undefined;
  const path = fromCaller(file);
  const before = await stat(path).catch(() => undefined);
  const handle = await open(path, 'a').catch((error: unknown) => {
    throw new Error(`--report ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  });
  await handle.close();
  if (before === undefined) await rm(path);
  return path;
};
