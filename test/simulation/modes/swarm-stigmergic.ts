import * as z from 'zod';
import type { ModePlot } from './mode.ts';

const View = z.looseObject({
  ants: z.array(
    z.looseObject({
      antId: z.string(),
      at: z.string(),
      ways: z.array(z.looseObject({ from: z.string(), to: z.string() })),
    }),
  ),
});
const Note = z.looseObject({
  value: z.looseObject({ state: z.looseObject({ iteration: z.int(), ants: z.array(z.unknown()) }) }),
});

/** Ants whose agents die, are away, or send them where no way leads; every iteration is reckoned once. */
export const swarmStigmergic: ModePlot = {
  workflows: [
    {
      mode: 'swarm',
      variant: 'stigmergic',
      name: 'ants',
      type: 'walk',
      timeoutSeconds: 900,
      environment: {
        kind: 'graph',
        edges: [
          { from: 'S', to: 'A', cost: 1 },
          { from: 'A', to: 'F', cost: 1 },
          { from: 'S', to: 'F', cost: 4 },
        ],
        start: 'S',
        resources: [{ at: 'F' }],
      },
      agents: { capability: 'code', count: 2 },
      antsPerAgent: 2,
      maxIterations: 5,
      iterationSeconds: 30,
    },
  ],
  inputOf: () => ({}),
  outputOf: (task, chance) => {
    const { data } = View.safeParse(task.input);
    if (task.type !== 'walk' || data === undefined) return undefined;
    const ants = data.ants.map(({ antId, at, ways }) => {
      const open = ways.flatMap(({ from, to }) => (from === at ? [to] : to === at ? [from] : []));
      return { antId, moves: open.length === 0 || chance.happens(0.1) ? ['nowhere'] : [chance.pick(open)] };
    });
    return { ants };
  },
  judge: (court, key, { before, after }) => {
    if (!key.sk.startsWith('NOTE#swarm#') || after === undefined) return;
    if (before !== undefined) court.violate('A1 an iteration is reckoned once', `${key.pk} ${key.sk}`);
    const { data } = Note.safeParse(after);
    if (
      data !== undefined &&
      (data.value.state.ants.length !== 4 || data.value.state.iteration > Number(key.sk.slice(-4)))
    )
      court.violate('A2 ants stay as many, and no iteration counts twice', `${key.pk} ${key.sk}`);
  },
};
