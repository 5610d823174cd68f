import * as z from 'zod';
import { Completion } from '../contract/definitions/step.ts';
import { RunId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { Services } from '../services.ts';

/** One step's share of a stage's tasks: `count` tasks from position `from`. */
export const StagePart = z.looseObject({ step: z.string(), from: z.int(), count: z.int(), isList: z.boolean() });
export type StagePart = z.infer<typeof StagePart>;

/** Counts of a decided stage. */
export const StageResult = z.looseObject({
  outcome: z.enum(['SUCCEEDED', 'FAILED']),
  counts: z.looseObject({ total: z.int(), open: z.int(), succeeded: z.int(), failed: z.int() }),
  summary: z.string(),
});
export type StageResult = z.infer<typeof StageResult>;

/** The stage item: OPEN until its completion rule is decided, once. Its unfinished tasks have markers of their own. */
export const Stage = z.looseObject({
  tenant: TenantId,
  runId: RunId,
  position: z.int(),
  status: z.enum(['OPEN', 'DECIDED']),
  taskToken: z.string(),
  /** Tokens of earlier entries of the state. Messages arrive in any order: the one that is waited for may be among them. */
  otherTokens: z.array(z.string()).optional(),
  completion: z.union([
    Completion,
    z.enum(['ended', 'drained', 'settled']),
    z.looseObject({ tolerated: z.int().nonnegative() }),
  ]),
  total: z.int(),
  parts: z.array(StagePart),
  maxParallel: z.int(),
  /** Of a dataflow stage: the members that were let go so far and when, and how many. Who adds to it names how many it read. */
  released: z.array(z.looseObject({ index: z.int(), at: z.number() })).optional(),
  releasedCount: z.int().optional(),
  /** Its run was paused when it was asked for: its members waited for their turn from the beginning. */
  isBornHeld: z.boolean().optional(),
  /** Its run is paused: no member is let go. */
  isHeld: z.boolean().optional(),
  reportsProgress: z.boolean().optional(),
  /** Its run's: no member is let go after it, and none works longer. */
  runDeadlineAt: z.number().optional(),
  createdAt: z.number(),
  decidedAt: z.number().optional(),
  /** Of a run that is traced: the span under which it lies, and what its tasks are. */
  trace: z.looseObject({ parent: z.string(), kind: z.string() }).optional(),
  result: StageResult.optional(),
});
export type Stage = z.infer<typeof Stage>;

/** A stage as it is now, or `undefined`. */
export const readStage = async (
  services: Services,
  tenant: TenantId,
  runId: RunId,
  position: number,
): Promise<Stage | undefined> => {
  const item = await services.table.get(keys.stage(tenant, runId, position), { consistent: true });
  return item === undefined ? undefined : Stage.parse(item);
};
