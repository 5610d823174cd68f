import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { ScheduleTarget } from './schedule.ts';

/** One run of a schedule on its way to its target. */
export const Invocation = z.strictObject({
  id: z.string(),
  scheduleArn: z.string(),
  target: ScheduleTarget,
  scheduledMs: z.number(),
  createdMs: z.number(),
  /** Attempts made so far. */
  attempts: z.number(),
  dueAtMs: z.number(),
});
export type Invocation = z.infer<typeof Invocation>;

/** What is remembered of a schedule: from when its rate counts, and up to when its runs were started. */
export interface ScheduleProgress {
  readonly anchorMs: number;
  readonly firedUpToMs: number | undefined;
}

/** A schedule as it is kept: what the template said of it, when it is the template's, and what is in force. */
export interface StoredSchedule {
  readonly arn: string;
  /** The template's words; undefined when the schedule was created at run time. */
  readonly declared: string | undefined;
  /** The definition in force; undefined when a schedule of the template was deleted at run time. */
  readonly current: string | undefined;
  readonly createdMs: number;
  readonly modifiedMs: number;
  /** The token of the request that created it, by which its repetition is known. */
  readonly clientToken: string | undefined;
}

const DefinitionRow = z
  .looseObject({
    arn: z.string(),
    declared: z.string().nullable(),
    current: z.string().nullable(),
    createdMs: z.number(),
    modifiedMs: z.number(),
    clientToken: z.string().nullable(),
  })
  .transform(
    (row): StoredSchedule => ({
      ...row,
      declared: row.declared ?? undefined,
      current: row.current ?? undefined,
      clientToken: row.clientToken ?? undefined,
    }),
  );
const ProgressRow = z.looseObject({ anchorMs: z.number(), firedUpToMs: z.number().nullable() });
const InvocationRow = z.looseObject({ body: z.string() });

/** Keeps the progress of schedules and the runs not yet delivered, through the end of the process. */
export class ScheduleStore {
  private readonly database: DatabaseSync;

  constructor(path: string) {
    this.database = new DatabaseSync(path);
    this.database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS schedules (
        arn TEXT PRIMARY KEY, definition TEXT NOT NULL, anchorMs INTEGER NOT NULL, firedUpToMs INTEGER
      );
      CREATE TABLE IF NOT EXISTS definitions (
        arn TEXT PRIMARY KEY, declared TEXT, current TEXT,
        createdMs INTEGER NOT NULL, modifiedMs INTEGER NOT NULL, clientToken TEXT
      );
      CREATE TABLE IF NOT EXISTS invocations (id TEXT PRIMARY KEY, scheduleArn TEXT NOT NULL, body TEXT NOT NULL);
    `);
  }

  readDefinition(arn: string): StoredSchedule | undefined {
    const row = this.database.prepare('SELECT * FROM definitions WHERE arn = ?').get(arn);
    return row === undefined ? undefined : DefinitionRow.parse(row);
  }

  listDefinitions(): readonly StoredSchedule[] {
    const rows = this.database.prepare('SELECT * FROM definitions ORDER BY arn').all();
    return rows.map((row) => DefinitionRow.parse(row));
  }

  saveDefinition(stored: StoredSchedule): void {
    const { arn, declared = null, current = null, createdMs, modifiedMs, clientToken = null } = stored;
    this.database
      .prepare('INSERT OR REPLACE INTO definitions VALUES (?, ?, ?, ?, ?, ?)')
      .run(arn, declared, current, createdMs, modifiedMs, clientToken);
  }

  /** The progress of a schedule; one whose definition changed starts anew. */
  openProgress(arn: string, definition: string, nowMs: number): ScheduleProgress & { readonly isNew: boolean } {
    const row = this.database
      .prepare('SELECT anchorMs, firedUpToMs FROM schedules WHERE arn = ? AND definition = ?')
      .get(arn, definition);
    if (row !== undefined) {
      const { anchorMs, firedUpToMs } = ProgressRow.parse(row);
      return { anchorMs, firedUpToMs: firedUpToMs ?? undefined, isNew: false };
    }
    this.database.prepare('INSERT OR REPLACE INTO schedules VALUES (?, ?, ?, NULL)').run(arn, definition, nowMs);
    return { anchorMs: nowMs, firedUpToMs: undefined, isNew: true };
  }

  /** Records a run and the schedule's progress together, so that a crash neither loses nor repeats it. */
  addInvocation(invocation: Invocation): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      this.saveInvocation(invocation);
      this.database
        .prepare('UPDATE schedules SET firedUpToMs = ? WHERE arn = ?')
        .run(invocation.scheduledMs, invocation.scheduleArn);
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }

  saveInvocation(invocation: Invocation): void {
    this.database
      .prepare('INSERT OR REPLACE INTO invocations VALUES (?, ?, ?)')
      .run(invocation.id, invocation.scheduleArn, JSON.stringify(invocation));
  }

  listInvocations(scheduleArn: string): readonly Invocation[] {
    const rows = this.database.prepare('SELECT body FROM invocations WHERE scheduleArn = ?').all(scheduleArn);
    return rows.map((row) => Invocation.parse(JSON.parse(InvocationRow.parse(row).body)));
  }

  removeInvocation(id: string): void {
    this.database.prepare('DELETE FROM invocations WHERE id = ?').run(id);
  }

  /** Removes a schedule with its progress and its runs. What the template declared is remembered as deleted. */
  forget(arn: string): void {
    this.database.prepare('DELETE FROM definitions WHERE arn = ? AND declared IS NULL').run(arn);
    this.database.prepare('UPDATE definitions SET current = NULL WHERE arn = ?').run(arn);
    this.database.prepare('DELETE FROM schedules WHERE arn = ?').run(arn);
    this.database.prepare('DELETE FROM invocations WHERE scheduleArn = ?').run(arn);
  }

  /** Removes a schedule that the template no longer has. */
  drop(arn: string): void {
    this.forget(arn);
    this.database.prepare('DELETE FROM definitions WHERE arn = ?').run(arn);
  }

  close(): void {
    this.database.close();
  }
}
