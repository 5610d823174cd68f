import * as z from 'zod';
import { RunId, TenantId } from '#core/contract/ids.ts';

/** What an execution is given. */
export const MachineInput = z.looseObject({ tenant: TenantId, runId: RunId, stages: z.array(z.unknown()) });
export type MachineInput = z.infer<typeof MachineInput>;

/** What a state machine does next: ask for a stage and wait for its token, or ask for a decision. */
export type Move =
  /** `catches`: the machine goes on when its token fails with `StepFailed`. */
  | { readonly kind: 'stage'; readonly position: number; readonly catches?: true }
  /** Asks the function that hands on, and waits for a stage's token all the same. */
  | { readonly kind: 'hand_on'; readonly position: number }
  | { readonly kind: 'decide'; readonly step: string; readonly position: number };

/** What a move came to: a stage's outcome, or a decision's word, with whatever comes along. */
export const MoveResult = z.looseObject({
  outcome: z.string().optional(),
  decision: z.string().optional(),
  error: z.string().optional(),
  position: z.int().optional(),
});
export type MoveResult = z.infer<typeof MoveResult>;

/** A state machine as its moves, one after the other; what it returns is how the execution ends. */
export type Machine = Generator<Move, 'SUCCEEDED' | 'FAILED', MoveResult>;

function* sequential({ stages }: MachineInput): Machine {
  for (const position of stages.keys()) yield { kind: 'stage', position };
  return 'SUCCEEDED';
}

/** One stage decides it: parallel, and dag. */
function* oneStage(): Machine {
  const { outcome } = yield { kind: 'stage', position: 0 };
  return outcome === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED';
}

function* consensus(): Machine {
  for (let position = 0; ; ) {
    yield { kind: 'stage', position };
    const { decision, position: next = 0 } = yield { kind: 'decide', step: 'tally', position };
    if (decision !== 'next_round' && decision !== 'escalate') return decision === 'decided' ? 'SUCCEEDED' : 'FAILED';
    position = next;
  }
}

function* mapReduce(): Machine {
  yield { kind: 'stage', position: 0 };
  yield { kind: 'stage', position: 1 };
  const { decision } = yield { kind: 'decide', step: 'reduce', position: 0 };
  if (decision === 'ask_reducer') yield { kind: 'stage', position: 2 };
  return decision === 'reduced' || decision === 'ask_reducer' ? 'SUCCEEDED' : 'FAILED';
}

function* hierarchical(): Machine {
  for (const position of [0, 1]) yield { kind: 'stage', position };
  const { error } = yield { kind: 'stage', position: 2, catches: true };
  for (const position of error === undefined ? [5, 6] : [3, 4, 5, 6]) yield { kind: 'stage', position };
  return 'SUCCEEDED';
}

function* auction(): Machine {
  yield { kind: 'stage', position: 0 };
  for (let position = 0; ; position++) {
    const { decision } = yield { kind: 'decide', step: 'award', position };
    if (decision !== 'awarded') return 'FAILED';
    const { error } = yield { kind: 'stage', position: position + 1, catches: true };
    if (error === undefined) return 'SUCCEEDED';
    if (error !== 'StepFailed') return 'FAILED';
  }
}

function* leaderElect(): Machine {
  for (let position = 0; ; position++) {
    const { decision } = yield { kind: 'decide', step: 'elect', position };
    if (decision !== 'elected') return 'FAILED';
    const { error } = yield { kind: 'stage', position, catches: true };
    if (error === undefined) return 'SUCCEEDED';
    if (error !== 'StepFailed') return 'FAILED';
  }
}

function* pipeline({ stages }: MachineInput): Machine {
  for (let position = 0; position <= stages.length; position++) yield { kind: 'hand_on', position };
  return 'SUCCEEDED';
}

function* swarmStigmergic(): Machine {
  for (let position = 0; ; ) {
    yield { kind: 'stage', position };
    const { decision = '', position: next = 0 } = yield { kind: 'decide', step: 'iterate', position };
    if (decision !== 'goes_on')
      return ['converged', 'pattern', 'used_up', 'cap'].includes(decision) ? 'SUCCEEDED' : 'FAILED';
    position = next;
  }
}

/** Every state machine of `statemachines/`, as it moves. */
export const machines: Readonly<Record<string, (input: MachineInput) => Machine>> = {
  sequential,
  parallel: oneStage,
  dag: oneStage,
  consensus,
  map_reduce: mapReduce,
  hierarchical,
  swarm_fanout: sequential,
  auction,
  leader_elect: leaderElect,
  pipeline,
  swarm_stigmergic: swarmStigmergic,
};
