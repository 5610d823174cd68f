import * as z from 'zod';
import type { ModePlot } from './mode.ts';

const ways = [
  ['home', 'left', 1],
  ['left', 'food', 1],
  ['home', 'right', 2],
  ['right', 'food', 2],
] as const;

const View = z.looseObject({ antId: z.string(), ways: z.array(z.looseObject({ from: z.string(), to: z.string() })) });
const Asked = z.looseObject({ ants: z.array(View) });

/** As few ants and iterations as have everything in them: agents that die with theirs, and nobody there to be asked. */
export const swarmStigmergic: ModePlot = {
  workflows: [
    {
      mode: 'swarm',
      variant: 'stigmergic',
      name: 'paths',
      timeoutSeconds: 7200,
      type: 'walk',
      environment: {
        kind: 'graph',
        start: 'home',
        edges: ways.map(([from, to, cost]) => ({ from, to, cost })),
        resources: [{ at: 'food', amount: 3 }],
      },
      agents: { capability: 'code', count: 2 },
      antsPerAgent: 2,
      maxIterations: 3,
      iterationSeconds: 30,
    },
  ],
  inputOf: () => ({}),
  outputOf: ({ type, input }, chance) => {
    if (type !== 'walk') return undefined;
    const { ants } = Asked.parse(input);
    return {
      ants: ants.flatMap(({ antId, ways: seen }) => {
        if (seen.length === 0 || chance.happens(0.1)) return [];
        const { from, to } = chance.pick(seen);
        return [{ antId, moves: [chance.pick([from, to])] }];
      }),
    };
  },
  judge: (court, key, { before, after }) => {
    if (after === undefined || before === undefined) return;
    if (/^NOTE#(swarm|walkers)#/.test(key.sk)) court.violate('W2 an iteration is reckoned once', `${key.pk} ${key.sk}`);
  },
};
