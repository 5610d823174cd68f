import type { ModePlot } from './mode.ts';

/** Runs inside runs: of two, one is enough, and the other is taken along. */
export const nested: ModePlot = {
  workflows: [
    {
      mode: 'sequential',
      name: 'outer',
      timeoutSeconds: 7200,
      steps: [
        {
          id: 'inner',
          parallel: [
            { id: 'left', run: { workflow: 'any-of' }, timeoutSeconds: 7200 },
            { id: 'right', run: { workflow: 'steps' }, timeoutSeconds: 7200 },
          ],
          completion: 'any',
        },
        { id: 'after', type: 'sum', requirements: { capabilities: ['code'] }, timeoutSeconds: 7200 },
      ],
    },
  ],
  inputOf: () => ({}),
};
