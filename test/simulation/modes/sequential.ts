import type { ModePlot } from './mode.ts';

const code = { capabilities: ['code'] };
const review = { capabilities: ['review'] };

export const sequential: ModePlot = {
  workflows: [
    {
      mode: 'sequential',
      name: 'brittle',
      timeoutSeconds: 7200,
      steps: ['one', 'two'].map((id) => ({
        id,
        type: 'brittle',
        requirements: code,
        retry: { maxAttempts: 1 },
        timeoutSeconds: 7200,
      })),
    },
    {
      mode: 'sequential',
      name: 'bulky',
      timeoutSeconds: 7200,
      steps: [
        { id: 'first', type: 'bulk', requirements: code, timeoutSeconds: 7200 },
        { id: 'last', type: 'sum', input: '{{ steps.first.output }}', requirements: code, timeoutSeconds: 7200 },
      ],
    },
    {
      mode: 'sequential',
      name: 'hurried',
      timeoutSeconds: 10,
      steps: ['one', 'two', 'three', 'four'].map((id) => ({
        id,
        type: 'work',
        requirements: code,
        timeoutSeconds: 7200,
      })),
    },
    {
      mode: 'sequential',
      name: 'steps',
      taskEvents: true,
      maxParallelAgents: 2,
      timeoutSeconds: 7200,
      steps: [
        { id: 'first', type: 'plan', requirements: code, timeoutSeconds: 7200 },
        {
          id: 'both',
          parallel: [
            {
              id: 'left',
              type: 'work',
              input: '{{ steps.first.output }}',
              requirements: code,
              timeoutSeconds: 7200,
            },
            { id: 'right', type: 'work', requirements: review, timeoutSeconds: 7200 },
            { id: 'more', type: 'work', requirements: code, timeoutSeconds: 7200 },
          ],
          completion: 'majority',
        },
        {
          id: 'last',
          type: 'sum',
          input: { left: '{{ steps.left.output }}' },
          requirements: review,
          timeoutSeconds: 7200,
        },
      ],
    },
  ],
  // Too large to be passed on as it is.
  outputOf: ({ type }) => (type === 'bulk' ? { bulk: 'x'.repeat(25_000) } : undefined),
  inputOf: (chance) => (chance.happens(0.15) ? { bulk: 'x'.repeat(25_000) } : {}),
};
