import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

/** An event that a function has yet to handle. */
const AsyncEvent = z.strictObject({
  id: z.string(),
  functionName: z.string(),
  eventJson: z.string(),
  acceptedMs: z.number(),
  /** How often the function failed on it. */
  failures: z.number(),
  /** How often it was refused before the function saw it: throttled, or the service at fault. */
  refusals: z.number(),
  dueAtMs: z.number(),
});
export type AsyncEvent = z.infer<typeof AsyncEvent>;

const Row = z.looseObject({ body: z.string() });

/** Keeps events until they are handled or given up, through the end of the process. */
export class AsyncEventStore {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, body TEXT NOT NULL);
    `);
  }

  list(): readonly AsyncEvent[] {
    const rows = this.#database.prepare('SELECT body FROM events ORDER BY rowid').all();
    return rows.map((row) => AsyncEvent.parse(JSON.parse(Row.parse(row).body)));
  }

  save(event: AsyncEvent): void {
    this.#database
      .prepare('INSERT INTO events VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body')
      .run(event.id, JSON.stringify(event));
  }

  remove(id: string): void {
    this.#database.prepare('DELETE FROM events WHERE id = ?').run(id);
  }

  close(): void {
    this.#database.close();
  }
}
