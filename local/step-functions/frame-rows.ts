import * as z from 'zod';
import type { Frame } from './execution.ts';
import { toJson } from './json.ts';

const Attempt = z.strictObject({
  token: z.string(),
  timeoutAt: z.number().optional(),
  heartbeatMs: z.number().optional(),
  heartbeatAt: z.number().optional(),
  isSubmitted: z.boolean(),
  childArn: z.string().optional(),
});

const Phase = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('retry'), dueAt: z.number() }),
  z.strictObject({ kind: z.literal('wait'), dueAt: z.number() }),
  z.strictObject({ kind: z.literal('task'), task: Attempt }),
  z.strictObject({
    kind: z.literal('fork'),
    total: z.number(),
    next: z.number(),
    open: z.number(),
    maxConcurrency: z.number(),
  }),
  z.strictObject({ kind: z.literal('done') }),
]);

/** The small part of a frame, written at every step. */
const HotFrame = z.strictObject({
  id: z.number(),
  parent: z.number().optional(),
  index: z.number(),
  itemIndex: z.number().optional(),
  state: z.string(),
  phase: Phase,
  retries: z.array(z.number()),
  retryCount: z.number(),
  enteredAt: z.number(),
  enteredEvent: z.number(),
  eventBefore: z.number(),
  lastEvent: z.number(),
});

const Variables = z.record(z.string(), z.unknown());

/** The parts of a frame that can be large; each is written only when it was replaced. */
const coldFields = ['input', 'variables', 'payload', 'item'] as const;
export type ColdField = (typeof coldFields)[number];

function coldValue(frame: Frame, field: ColdField): unknown {
  return field === 'item' ? frame.item?.value : frame[field];
}

/** JSON of the small part of a frame. */
export function hotText(frame: Frame): string {
  const { input: _input, variables: _variables, payload: _payload, item, ...hot } = frame;
  return JSON.stringify({ ...hot, itemIndex: item?.index });
}

/** The large parts that differ from what is stored, as JSON; undefined where there is nothing to keep. */
export function changedColdTexts(frame: Frame, stored: Frame | undefined): [ColdField, string | undefined][] {
  return coldFields
    .filter((field) => !stored || coldValue(stored, field) !== coldValue(frame, field))
    .filter((field) => stored !== undefined || coldValue(frame, field) !== undefined)
    .map((field) => {
      const value = coldValue(frame, field);
      return [field, value === undefined ? undefined : toJson(value)];
    });
}

/** Reads a stored frame back. */
export function readFrame(hotJson: string, cold: Readonly<Partial<Record<ColdField, string>>>): Frame {
  const { itemIndex, parent, phase, ...hot } = HotFrame.parse(JSON.parse(hotJson));
  const value = (field: ColdField): unknown => {
    const text = cold[field];
    return text === undefined ? undefined : JSON.parse(text);
  };
  const item = itemIndex === undefined ? undefined : { index: itemIndex, value: value('item') };
  return {
    ...hot,
    parent,
    item,
    phase: phase.kind === 'task' ? { kind: 'task', task: readAttempt(phase.task) } : phase,
    input: value('input') ?? null,
    variables: Variables.parse(value('variables') ?? {}),
    payload: value('payload'),
  };
}

function readAttempt(task: z.infer<typeof Attempt>): Extract<Frame['phase'], { kind: 'task' }>['task'] {
  return {
    token: task.token,
    timeoutAt: task.timeoutAt,
    heartbeatMs: task.heartbeatMs,
    heartbeatAt: task.heartbeatAt,
    isSubmitted: task.isSubmitted,
    childArn: task.childArn,
  };
}
