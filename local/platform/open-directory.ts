import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Running } from '../contract.ts';
import { lockDirectory } from '../engine/lock-directory.ts';

/** The directory in which a platform keeps its state. */
export interface PlatformDirectory extends Running {
  readonly path: string;
  /** Whether it outlives the platform. */
  readonly isDurable: boolean;
  /** What credentials follow from; the same as long as the directory is. */
  readonly seed: string;
}

/**
 * Takes the directory for this process, or a temporary one that is removed at the end.
 * @throws DirectoryLockedError when another process has it.
 */
export function openDirectory(dataDirectory: string | undefined): PlatformDirectory {
  if (dataDirectory === undefined) {
    const path = mkdtempSync(join(tmpdir(), 'local-platform-'));
    const stop = async (): Promise<void> => rmSync(path, { recursive: true, force: true });
    return { path, isDurable: false, seed: randomBytes(16).toString('hex'), stop };
  }
  const path = resolve(dataDirectory);
  const unlock = lockDirectory(path);
  const seedFile = join(path, 'credentials.seed');
  if (!existsSync(seedFile)) writeFileSync(seedFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  return { path, isDurable: true, seed: readFileSync(seedFile, 'utf8'), stop: async () => unlock() };
}
