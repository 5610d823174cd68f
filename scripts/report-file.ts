import { open, rm, stat, writeFile } from 'node:fs/promises';
import { say } from './fleet.ts';
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

/** Writes a report where it was asked for. */
export const writeReport = async (path: string | undefined, report: unknown): Promise<void> => {
  if (path === undefined) return;
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
  say(`Report written to ${path}`);
};
