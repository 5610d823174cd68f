import { describe, expect, it } from 'vitest';
import { type ModeShape, transitionsOf } from '#core/coordination/estimate/transitions.ts';
import { type Answer, type Decision, runMode } from './run-mode.ts';

const done: Answer = { outcome: 'SUCCEEDED' };
const times = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index));
/** Decisions to go on, and then the last one. */
const until = (count: number, more: string, last: string): readonly Decision[] =>
  times(count, (index) =>
    index === count - 1 ? { decision: last, position: index } : { decision: more, position: index + 1 },
  );

/** A run in which nothing has to be done again: its shape, machine, stages, and what the machine is answered. */
const plays: readonly (readonly [ModeShape, string, number, readonly Answer[], readonly Decision[]])[] = [
  [{ mode: 'sequential', stages: 6 }, 'sequential', 6, times(6, () => done), []],
  [{ mode: 'parallel' }, 'parallel', 1, [done], []],
  [{ mode: 'dag' }, 'dag', 1, [done], []],
  // The last state hands on to the end.
  [{ mode: 'pipeline', stages: 6 }, 'pipeline', 6, times(7, () => done), []],
  [{ mode: 'map_reduce' }, 'map_reduce', 0, [done, done], [{ decision: 'reduced' }]],
  [{ mode: 'map_reduce' }, 'map_reduce', 0, [done, done, done], [{ decision: 'ask_reducer' }]],
  [{ mode: 'consensus', rounds: 4 }, 'consensus', 0, times(4, () => done), until(4, 'next_round', 'decided')],
  [{ mode: 'hierarchical' }, 'hierarchical', 0, times(5, () => done), []],
  [{ mode: 'auction' }, 'auction', 0, [done, done], [{ decision: 'awarded', position: 1 }]],
  [{ mode: 'swarm_fanout' }, 'swarm_fanout', 0, times(3, () => done), []],
  [
    { mode: 'swarm_stigmergic', iterations: 7 },
    'swarm_stigmergic',
    0,
    times(7, () => done),
    until(7, 'goes_on', 'converged'),
  ],
  [{ mode: 'leader_elect', terms: 1 }, 'leader_elect', 0, [done], [{ decision: 'elected', position: 0 }]],
];

describe('transitions', () => {
  it.each(plays)(
    'of %j are what a dry run says, and one more at most',
    async (shape, machine, stages, answers, decides) => {
      const input = {
        tenant: 'acme',
        runId: 'run_00000000-0000-4000-8000-000000000000',
        timeoutSeconds: 930,
        stages: times(stages, (stage) => ({ stage, timeoutSeconds: 930 })),
      };
      const { status, entered } = await runMode(machine, input, answers, decides);
      expect(status).toBe('SUCCEEDED');
      expect([0, 1]).toContain(entered.length - transitionsOf(shape));
    },
  );
});
