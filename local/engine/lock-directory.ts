import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process runs on this data directory. */
export class DirectoryLockedError extends Error {
  override readonly name = 'DirectoryLockedError';
}

/**
 * Takes a data directory for this process alone and gives it back with the returned function. The lock is SQLite's on
 * an otherwise empty database, so the operating system releases it when the process dies, however it dies.
 * @throws {@link DirectoryLockedError} naming the holder's process id.
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const holderFile = join(directory, 'lock.pid');
  const database = new DatabaseSync(join(directory, 'lock.sqlite'));
  try {
    database.exec('PRAGMA busy_timeout = 500; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    const holder = readHolder(holderFile);
    throw new DirectoryLockedError(
      `${directory} is in use by process ${holder}; stop it or choose another data directory`,
      { cause },
    );
  }
  writeFileSync(holderFile, String(process.pid));
  return () => database.close();
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
