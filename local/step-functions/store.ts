import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Execution, Frame, HistoryEvent, Notice, Step } from './execution.ts';
import { type ColdField, changedColdTexts, hotText, readFrame } from './frame-rows.ts';
import { toJson } from './json.ts';
import { schema } from './schema.ts';
import type { ExecutionState } from './step-draft.ts';

const ExecutionRow = z.object({
  id: z.number(),
  arn: z.string(),
  name: z.string(),
  machine_arn: z.string(),
  machine_name: z.string(),
  role_arn: z.string(),
  definition_id: z.string(),
  input: z.string(),
  started_at: z.number(),
  deadline_at: z.number().nullable(),
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  output: z.string().nullable(),
  error: z.string().nullable(),
  cause: z.string().nullable(),
  stopped_at: z.number().nullable(),
});
const MachineRow = z.object({
  arn: z.string(),
  name: z.string(),
  role_arn: z.string(),
  definition_id: z.string(),
  created_at: z.number(),
  updated_at: z.number(),
});
export type MachineRow = z.infer<typeof MachineRow>;
const FrameRow = z.object({ id: z.number(), hot: z.string() });
const FrameDataRow = z.object({
  frame: z.number(),
  field: z.enum(['input', 'variables', 'payload', 'item']),
  value: z.string(),
});
const HistoryRow = z.object({
  id: z.number(),
  at: z.number(),
  type: z.string(),
  previous: z.number(),
  details: z.string(),
});
const TokenRow = z.object({ execution: z.string(), frame: z.number(), is_open: z.number() });
const NoticeRow = z.object({ id: z.string(), detail: z.string() });
const Details = z.record(z.string(), z.unknown());

function toExecution(row: z.infer<typeof ExecutionRow>): Execution {
  return {
    id: row.id,
    arn: row.arn,
    name: row.name,
    machineArn: row.machine_arn,
    machineName: row.machine_name,
    roleArn: row.role_arn,
    definitionId: row.definition_id,
    input: JSON.parse(row.input),
    startedAt: row.started_at,
    deadlineAt: row.deadline_at ?? undefined,
    status: row.status,
    ...(row.output === null ? {} : { output: JSON.parse(row.output) }),
    error: row.error ?? undefined,
    cause: row.cause ?? undefined,
    ...(row.stopped_at === null ? {} : { stoppedAt: row.stopped_at }),
  };
}

/** Everything the service keeps. One step is one transaction. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  /** Opens or creates the database; `:memory:` keeps nothing. */
  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(schema);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #sql(text: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#db.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  #transaction(action: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      action();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Keeps a state machine; executions already running keep the definition they started with. */
  putMachine(machine: { arn: string; name: string; roleArn: string; definition: string; now: number }): MachineRow {
    const { arn, name, roleArn, definition, now } = machine;
    const definitionId = createHash('sha256').update(definition).digest('hex');
    this.#transaction(() => {
      this.#sql('INSERT OR IGNORE INTO definitions (id, text) VALUES (?, ?)').run(definitionId, definition);
      this.#sql(
        `INSERT INTO machines (arn, name, role_arn, definition_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (arn) DO UPDATE SET role_arn = excluded.role_arn, definition_id = excluded.definition_id,
           updated_at = excluded.updated_at`,
      ).run(arn, name, roleArn, definitionId, now, now);
    });
    return MachineRow.parse(this.#sql('SELECT * FROM machines WHERE arn = ?').get(arn));
  }

  machine(arn: string): MachineRow | undefined {
    const row = this.#sql('SELECT * FROM machines WHERE arn = ?').get(arn);
    return row ? MachineRow.parse(row) : undefined;
  }

  machines(): MachineRow[] {
    return this.#sql('SELECT * FROM machines ORDER BY name')
      .all()
      .map((row) => MachineRow.parse(row));
  }

  definition(id: string): string {
    return z.object({ text: z.string() }).parse(this.#sql('SELECT text FROM definitions WHERE id = ?').get(id)).text;
  }

  /** Adds an execution with its first frame, first event and first notice, and answers it with its number. */
  addExecution(
    execution: Omit<Execution, 'id'>,
    first: { frame: Frame; event: HistoryEvent; notice: Notice },
  ): Execution {
    let id = 0;
    this.#transaction(() => {
      const inserted = this.#sql(
        `INSERT INTO executions (arn, name, machine_arn, machine_name, role_arn, definition_id, input, started_at,
           deadline_at, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'RUNNING')`,
      ).run(
        execution.arn,
        execution.name,
        execution.machineArn,
        execution.machineName,
        execution.roleArn,
        execution.definitionId,
        toJson(execution.input),
        execution.startedAt,
        execution.deadlineAt ?? null,
      );
      id = Number(inserted.lastInsertRowid);
      this.#writeFrame(id, first.frame, undefined);
      this.#writeEvent(id, first.event);
      this.#writeNotice(first.notice);
    });
    return { ...execution, id };
  }

  execution(arn: string): Execution | undefined {
    const row = this.#sql('SELECT * FROM executions WHERE arn = ?').get(arn);
    return row ? toExecution(ExecutionRow.parse(row)) : undefined;
  }

  /** Newest first. */
  executions(filter: { machineArn: string; status: string | undefined; limit: number; offset: number }): Execution[] {
    return this.#sql(
      `SELECT * FROM executions WHERE machine_arn = ? AND (? IS NULL OR status = ?)
       ORDER BY started_at DESC, id DESC LIMIT ? OFFSET ?`,
    )
      .all(filter.machineArn, filter.status ?? null, filter.status ?? null, filter.limit, filter.offset)
      .map((row) => toExecution(ExecutionRow.parse(row)));
  }

  /** Every execution that had not ended, with its frames. */
  running(): ExecutionState[] {
    return this.#sql("SELECT * FROM executions WHERE status = 'RUNNING' ORDER BY id")
      .all()
      .map((row) => this.#load(toExecution(ExecutionRow.parse(row))));
  }

  #load(execution: Execution): ExecutionState {
    const cold = new Map<number, Partial<Record<ColdField, string>>>();
    for (const row of this.#sql('SELECT frame, field, value FROM frame_data WHERE execution = ?').all(execution.id)) {
      const { frame, field, value } = FrameDataRow.parse(row);
      cold.set(frame, { ...cold.get(frame), [field]: value });
    }
    const frames = new Map<number, Frame>();
    for (const row of this.#sql('SELECT id, hot FROM frames WHERE execution = ? ORDER BY id').all(execution.id)) {
      const { id, hot } = FrameRow.parse(row);
      frames.set(id, readFrame(hot, cold.get(id) ?? {}));
    }
    const last = this.#sql('SELECT MAX(id) AS id FROM history WHERE execution = ?').get(execution.id);
    const lastEventId = z.object({ id: z.number() }).parse(last).id;
    return { execution, frames, lastEventId, lastFrameId: Math.max(...frames.keys()) };
  }

  /** Commits a step. `stored` is the state it was made from, to write only what differs. */
  commit(step: Step, stored: ExecutionState): void {
    const { id, arn } = step.execution;
    this.#transaction(() => {
      for (const [frameId, frame] of step.frames) {
        if (frame) this.#writeFrame(id, frame, stored.frames.get(frameId));
        else this.#deleteFrame(id, frameId);
      }
      for (const event of step.history) this.#writeEvent(id, event);
      for (const [token, frame] of step.openedTokens) {
        this.#sql('INSERT INTO tokens (token, execution, frame, is_open) VALUES (?, ?, ?, 1)').run(token, arn, frame);
      }
      for (const token of step.closedTokens) this.#sql('UPDATE tokens SET is_open = 0 WHERE token = ?').run(token);
      for (const notice of step.notices) this.#writeNotice(notice);
      if (step.execution !== stored.execution) this.#writeEnd(step.execution);
    });
  }

  #writeFrame(execution: number, frame: Frame, stored: Frame | undefined): void {
    this.#sql('INSERT OR REPLACE INTO frames (execution, id, hot) VALUES (?, ?, ?)').run(
      execution,
      frame.id,
      hotText(frame),
    );
    for (const [field, text] of changedColdTexts(frame, stored)) {
      if (text === undefined) {
        this.#sql('DELETE FROM frame_data WHERE execution = ? AND frame = ? AND field = ?').run(
          execution,
          frame.id,
          field,
        );
      } else {
        this.#sql('INSERT OR REPLACE INTO frame_data (execution, frame, field, value) VALUES (?, ?, ?, ?)').run(
          execution,
          frame.id,
          field,
          text,
        );
      }
    }
  }

  #deleteFrame(execution: number, frame: number): void {
    this.#sql('DELETE FROM frames WHERE execution = ? AND id = ?').run(execution, frame);
    this.#sql('DELETE FROM frame_data WHERE execution = ? AND frame = ?').run(execution, frame);
  }

  #writeEvent(execution: number, event: HistoryEvent): void {
    this.#sql('INSERT INTO history (execution, id, at, type, previous, details) VALUES (?, ?, ?, ?, ?, ?)').run(
      execution,
      event.id,
      event.at,
      event.type,
      event.previousId,
      toJson(event.details),
    );
  }

  #writeNotice(notice: Notice): void {
    this.#sql('INSERT INTO notices (id, detail) VALUES (?, ?)').run(notice.id, toJson(notice.detail));
  }

  #writeEnd(execution: Execution): void {
    this.#sql('UPDATE executions SET status = ?, output = ?, error = ?, cause = ?, stopped_at = ? WHERE id = ?').run(
      execution.status,
      execution.status === 'SUCCEEDED' ? toJson(execution.output) : null,
      execution.error ?? null,
      execution.cause ?? null,
      execution.stoppedAt ?? null,
      execution.id,
    );
  }

  history(execution: number, page: { limit: number; offset: number; isReversed: boolean }): HistoryEvent[] {
    const order = page.isReversed ? 'DESC' : 'ASC';
    return this.#sql(`SELECT * FROM history WHERE execution = ? ORDER BY id ${order} LIMIT ? OFFSET ?`)
      .all(execution, page.limit, page.offset)
      .map((row) => HistoryRow.parse(row))
      .map(({ id, at, type, previous, details }) => {
        return { id, at, type, previousId: previous, details: Details.parse(JSON.parse(details)) };
      });
  }

  /** Where a task token belongs, and whether it is still awaited. */
  token(token: string): { readonly execution: string; readonly frame: number; readonly isOpen: boolean } | undefined {
    const row = this.#sql('SELECT execution, frame, is_open FROM tokens WHERE token = ?').get(token);
    if (!row) return undefined;
    const { execution, frame, is_open: isOpen } = TokenRow.parse(row);
    return { execution, frame, isOpen: isOpen === 1 };
  }

  /** Changes of status that were not published yet, oldest first. */
  notices(): Notice[] {
    return this.#sql('SELECT id, detail FROM notices ORDER BY rowid')
      .all()
      .map((row) => NoticeRow.parse(row))
      .map(({ id, detail }) => ({ id, detail: Details.parse(JSON.parse(detail)) }));
  }

  removeNotice(id: string): void {
    this.#sql('DELETE FROM notices WHERE id = ?').run(id);
  }
}
