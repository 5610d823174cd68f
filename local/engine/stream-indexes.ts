import { DatabaseSync } from 'node:sqlite';

/**
 * The engine (1.2.1) looks for a table's last sequence number by scanning its stream table on each write: 1,600 writes/s
 * become 180 after 14,000 records. With these two indexes the look-up is constant.
 */
const indexes = `
  CREATE INDEX IF NOT EXISTS local_stream_sequence
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
  CREATE INDEX IF NOT EXISTS local_stream_shard_sequence
    ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));
`;

/** Adds the indexes to the engine's own database; safe to repeat and while the engine runs. */
export function addStreamIndexes(databasePath: string): void {
  const database = new DatabaseSync(databasePath);
  try {
    database.exec('PRAGMA busy_timeout = 5000');
    database.exec(indexes);
  } finally {
    database.close();
  }
}
