import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { RuleTarget } from './rule.ts';

/** One event on its way to one target of one rule. It is self-contained: a restart needs the row alone. */
export const Delivery = z.strictObject({
  id: z.number(),
  ruleArn: z.string(),
  ruleName: z.string(),
  target: RuleTarget,
  eventId: z.string(),
  eventJson: z.string(),
  ingestedAtMs: z.number(),
  /** Attempts made so far. */
  attempts: z.number(),
  dueAtMs: z.number(),
});
export type Delivery = z.infer<typeof Delivery>;

const DeliveryRow = z.looseObject({ id: z.number(), attempts: z.number(), dueAtMs: z.number(), body: z.string() });

function parseRow(row: unknown): Delivery {
  const { id, attempts, dueAtMs, body } = DeliveryRow.parse(row);
  const fields: unknown = JSON.parse(body);
  return Delivery.parse({ ...z.looseObject({}).parse(fields), id, attempts, dueAtMs });
}

/** Keeps deliveries until they have succeeded or were given up, through the end of the process. */
export class DeliveryStore {
  private readonly database: DatabaseSync;

  constructor(path: string) {
    this.database = new DatabaseSync(path);
    // FULL: a committed delivery is on the disk before PutEvents answers.
    this.database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT, ruleArn TEXT NOT NULL, attempts INTEGER NOT NULL,
        dueAtMs INTEGER NOT NULL, body TEXT NOT NULL
      );
      CREATE TABLE IF NOT EXISTS schedules (ruleArn TEXT, expression TEXT, anchorMs INTEGER, PRIMARY KEY (ruleArn));
      CREATE INDEX IF NOT EXISTS deliveries_by_rule ON deliveries (ruleArn);
    `);
  }

  /** Adds all deliveries or none. */
  addAll(deliveries: readonly Omit<Delivery, 'id'>[]): readonly Delivery[] {
    const insert = this.database.prepare(
      'INSERT INTO deliveries (ruleArn, attempts, dueAtMs, body) VALUES (?, ?, ?, ?)',
    );
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const added = deliveries.map((delivery) => {
        const { attempts, dueAtMs, ...body } = delivery;
        const { lastInsertRowid } = insert.run(delivery.ruleArn, attempts, dueAtMs, JSON.stringify(body));
        return { ...delivery, id: Number(lastInsertRowid) };
      });
      this.database.exec('COMMIT');
      return added;
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }

  listByRule(ruleArn: string): readonly Delivery[] {
    const rows = this.database.prepare('SELECT * FROM deliveries WHERE ruleArn = ? ORDER BY id').all(ruleArn);
    return rows.map(parseRow);
  }

  postpone(id: number, attempts: number, dueAtMs: number): void {
    this.database.prepare('UPDATE deliveries SET attempts = ?, dueAtMs = ? WHERE id = ?').run(attempts, dueAtMs, id);
  }

  remove(id: number): void {
    this.database.prepare('DELETE FROM deliveries WHERE id = ?').run(id);
  }

  /** When a scheduled rule was first seen with this expression: rates count from there, whatever restarts between. */
  anchorOf(ruleArn: string, expression: string, nowMs: number): number {
    const known = this.database
      .prepare('SELECT anchorMs FROM schedules WHERE ruleArn = ? AND expression = ?')
      .get(ruleArn, expression);
    if (known !== undefined) return z.looseObject({ anchorMs: z.number() }).parse(known).anchorMs;
    this.database.prepare('INSERT OR REPLACE INTO schedules VALUES (?, ?, ?)').run(ruleArn, expression, nowMs);
    return nowMs;
  }

  close(): void {
    this.database.close();
  }
}
