import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How far each consumer of a shard has got: the last sequence number that it need not see again. */
export interface Positions {
  read(consumer: string): string | undefined;
  write(consumer: string, sequenceNumber: string): void;
  close(): void;
}

/** Positions that end with the process. */
export function createMemoryPositions(): Positions {
  const positions = new Map<string, string>();
  return {
    read: (consumer) => positions.get(consumer),
    write: (consumer, sequenceNumber) => void positions.set(consumer, sequenceNumber),
    close: () => undefined,
  };
}

/** Positions in a database file, which several sources may share; a write that returned survives the process. */
export function openPositions(databasePath: string): Positions {
  mkdirSync(dirname(databasePath), { recursive: true });
  const database = new DatabaseSync(databasePath);
  database.exec(`
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS stream_positions (consumer TEXT PRIMARY KEY, sequence_number TEXT NOT NULL) STRICT;
  `);
  const select = database.prepare('SELECT sequence_number FROM stream_positions WHERE consumer = ?');
  const upsert = database.prepare('INSERT OR REPLACE INTO stream_positions (consumer, sequence_number) VALUES (?, ?)');
  return {
    read(consumer) {
      const found: unknown = select.get(consumer)?.['sequence_number'];
      return typeof found === 'string' ? found : undefined;
    },
    write: (consumer, sequenceNumber) => void upsert.run(consumer, sequenceNumber),
    close() {
      if (database.isOpen) database.close();
    },
  };
}
