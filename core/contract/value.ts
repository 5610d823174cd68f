import * as z from 'zod';
import type { EscalationRequest } from './escalation.ts';
import { RunId, TaskId } from './ids.ts';
import { Json, jsonBytes, KeptJson } from './json.ts';
import { limits } from './limits.ts';
import { StateScope } from './state.ts';

/** How two writes that did not know of each other are settled; the first of a scope's chain that can does. */
export const WriteStrategy = z.enum([
  'last_write_wins',
  'highest_priority_wins',
  'merge_compatible',
  'consensus_required',
  'manual',
]);
export type WriteStrategy = z.infer<typeof WriteStrategy>;

/** A write of a value, by somebody who has seen a version of it. */
export const ValueWrite = z.strictObject({
  scope: StateScope,
  name: StateScope,
  value: KeptJson.refine((value) => jsonBytes(value) <= limits.valueBytes, `has more than ${limits.valueBytes} bytes`),
  /** The version that the writer has seen; 0 when there was none. */
  baseVersion: z.int().nonnegative(),
  /** Of two writes at the same time the higher may win. */
  priority: z.int().min(0).max(100).default(50),
  /** When it was made, in epoch milliseconds. @default now */
  at: z.int().nonnegative().max(8.64e15).optional(),
});
export type ValueWrite = z.infer<typeof ValueWrite>;
export type ValueWriteInput = z.input<typeof ValueWrite>;

/** Somebody's value, and when and how urgently it was written. */
export const Written = z.looseObject({
  value: Json,
  by: z.string(),
  at: z.number(),
  priority: z.int(),
  /** Names the write, by what it says, who sent it and under which key: a repeat is known again. */
  writeId: z.string().optional(),
});
export type Written = z.infer<typeof Written>;

/** How a conflict of two writes was settled, or by whom it will be. */
export const WriteResolution = z.looseObject({
  strategy: WriteStrategy,
  /** `pending`: somebody is asked. `superseded`: who was to decide is not asked any more, as a later writer knew of the question. */
  outcome: z.enum(['proposed', 'current', 'merged', 'pending', 'superseded']),
  /** The write that did not know of the version before. */
  proposed: Written,
  baseVersion: z.int(),
  /** Who decided, where it was not a rule. */
  decidedBy: z.string().optional(),
  /** The run that votes, or the escalation that people answer. */
  runId: RunId.optional(),
  escalationId: TaskId.optional(),
});
export type WriteResolution = z.infer<typeof WriteResolution>;

/** A write that waits its turn: a question before it is not answered yet. */
export const WaitingWrite = Written.extend({ baseVersion: z.int() });
export type WaitingWrite = z.infer<typeof WaitingWrite>;

/** One version of a value. Every conflict makes one, also where the value stayed as it was. */
export const ValueVersion = Written.extend({
  scope: z.string(),
  name: z.string(),
  version: z.int(),
  writtenAt: z.number(),
  resolution: WriteResolution.optional(),
  /** Writes that did not know of the question that is open; each is settled once what was before it is. First come, first served. */
  waiting: z.array(WaitingWrite).optional(),
});
export type ValueVersion = z.infer<typeof ValueVersion>;

/** What is asked in a tenant of a scope's writes. */
export const WriteChain = z.strictObject({
  /** A scope, or its beginning and `*`. */
  scope: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\*?$|^\*$/, 'must be a scope, or its beginning and *'),
  strategies: z.array(WriteStrategy).min(1).max(5),
  /** The consensus workflow that votes between the options `current` and `proposed`; without it nobody votes. */
  workflow: z.string().min(1).max(128).optional(),
});
export type WriteChain = z.infer<typeof WriteChain>;

/** Options of those who are asked which write holds. */
export const writeOptions: EscalationRequest['options'] = ['current', 'proposed'];
