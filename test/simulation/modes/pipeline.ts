import type { ModePlot } from './mode.ts';

const task = { requirements: { capabilities: ['code'] }, timeoutSeconds: 7200 };

/** What every simulated agent answers. */
const signature = { type: 'object', required: ['by', 'taskId'], properties: { by: { type: 'string' } } };

export const pipeline: ModePlot = {
  workflows: [
    {
      mode: 'pipeline',
      name: 'line',
      timeoutSeconds: 7200,
      stages: [
        { ...task, id: 'extract', type: 'extract', outputSchema: signature, transform: '{ "by": by }' },
        {
          ...task,
          id: 'analyse',
          type: 'analyse',
          input: { got: '{{ value.by }}' },
          outputSchema: { required: ['ok'] },
          fallback: { task: { ...task, type: 'other', input: '{{ value }}' } },
        },
        { ...task, id: 'sum', type: 'sum', fallback: { value: 'none' } },
      ],
    },
    {
      mode: 'pipeline',
      name: 'short-line',
      timeoutSeconds: 7200,
      stages: [
        { ...task, id: 'first', type: 'first', inputSchema: { type: 'object' }, fallback: { value: { by: 'nobody' } } },
        {
          ...task,
          id: 'last',
          type: 'last',
          inputSchema: { required: ['by'] },
          fallback: { task: { ...task, type: 'other' } },
        },
      ],
    },
  ],
  outputOf: ({ type }, chance) =>
    type === 'other' || (type === 'analyse' && chance.happens(0.5)) ? { ok: true } : undefined,
  inputOf: (chance) => (chance.happens(0.2) ? 'text' : {}),
};
