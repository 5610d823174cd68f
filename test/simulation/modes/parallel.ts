import type { ModePlot } from './mode.ts';

const code = { capabilities: ['code'] };

export const parallel: ModePlot = {
  workflows: [
    {
      mode: 'parallel',
      name: 'all-at-once',
      maxParallelAgents: 2,
      timeoutSeconds: 7200,
      tasks: [
        {
          id: 'each',
          type: 'item',
          forEach: '{{ input.items }}',
          input: '{{ item }}',
          requirements: code,
          timeoutSeconds: 7200,
        },
        { id: 'extra', type: 'item', requirements: { capabilities: ['review'] }, timeoutSeconds: 7200 },
      ],
    },
    {
      mode: 'parallel',
      name: 'any-of',
      timeoutSeconds: 7200,
      tasks: ['one', 'two'].map((id) => ({ id, type: 'race', requirements: code, timeoutSeconds: 7200 })),
      completion: 'any',
    },
    {
      mode: 'parallel',
      name: 'best-of',
      timeoutSeconds: 7200,
      tasks: ['one', 'two', 'three'].map((id) => ({ id, type: 'score', requirements: code, timeoutSeconds: 7200 })),
      completion: { bestOf: 'score' },
    },
  ],
  inputOf: (chance) => {
    const items = Array.from({ length: chance.pick([0, 2, 3, 30]) }, (_, index) => index);
    const bulk = chance.happens(0.15) ? { bulk: 'x'.repeat(25_000) } : {};
    return chance.happens(0.2) ? { items: 'not a list' } : { items, ...bulk };
  },
  outputOf: ({ type }, chance) => (type === 'score' ? { score: chance.pick([1, 2, 3, 'none']) } : undefined),
};
