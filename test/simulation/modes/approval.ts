import type { ModePlot } from './mode.ts';

/** A person is asked between two steps, and may say no, or nothing. */
export const approval: ModePlot = {
  workflows: [
    {
      mode: 'sequential',
      name: 'with-a-person',
      timeoutSeconds: 3600,
      steps: [
        { id: 'draft', type: 'plan', requirements: { capabilities: ['code'] }, timeoutSeconds: 7200 },
        { id: 'ask', approval: {}, timeoutSeconds: 120 },
        { id: 'ship', type: 'sum', requirements: { capabilities: ['review'] }, timeoutSeconds: 7200 },
      ],
    },
  ],
  inputOf: () => ({}),
};
