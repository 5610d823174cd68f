import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { TaskFailure } from '#sdk/index.ts';
import type { SkippedFile } from './analysers/collect-sources.ts';
import { decodeText } from './analysers/decode-text.ts';
import type { SourceFile } from './analysers/finding.ts';

/** As the planner's limit: a file that has grown since is skipped. */
const maxFileBytes = 512 * 1024;

/** What of a task's files could be read. */
export interface ReadSources {
  readonly files: SourceFile[];
  readonly skipped: SkippedFile[];
}

/**
 * Reads the files of a task below its root. One that has gone or changed its nature since the planning is skipped with
 * its reason.
 * @throws TaskFailure PATH_ESCAPES_ROOT for a path that leads out of the root, by its name or through a link.
 */
export async function readSources(root: string, paths: readonly string[], signal: AbortSignal): Promise<ReadSources> {
  if (!isAbsolute(root))
    throw new TaskFailure('INVALID_ROOT', `The root ${root} is not absolute`, { retryable: false });
  const realRoot = await realpath(root).catch((cause: unknown) => {
    throw new TaskFailure('INVALID_ROOT', `The root ${root} cannot be read here`, { retryable: false, cause });
  });
  const files: SourceFile[] = [];
  const skipped: SkippedFile[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    const read = await readSource(realRoot, path);
    if ('text' in read) files.push({ path, text: read.text });
    else skipped.push({ path, reason: read.reason });
  }
  return { files, skipped };
}

async function readSource(root: string, path: string): Promise<{ text: string } | { reason: string }> {
  refuseEscape(root, resolve(root, path), path);
  try {
    const real = await realpath(resolve(root, path));
    refuseEscape(root, real, path);
    await using handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const state = await handle.stat();
    if (!state.isFile()) return { reason: 'not a regular file' };
    if (state.size > maxFileBytes) return { reason: `larger than ${maxFileBytes} bytes` };
    const text = decodeText(await handle.readFile());
    return text === undefined ? { reason: 'binary' } : { text };
  } catch (error) {
    if (error instanceof TaskFailure) throw error;
    return { reason: `unreadable: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}` };
  }
}

function refuseEscape(root: string, target: string, path: string): void {
  const below = relative(root, target);
  const isInside = below !== '' && below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
  if (!isInside) throw new TaskFailure('PATH_ESCAPES_ROOT', `${path} is not below the root`, { retryable: false });
}
