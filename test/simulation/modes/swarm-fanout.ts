import type { ModePlot } from './mode.ts';

const code = { capabilities: ['code'] };

/** A task divided by agents that die, or propose what cannot be; every part is tried, whatever became of the others. */
export const swarmFanout: ModePlot = {
  workflows: [
    {
      mode: 'swarm',
      variant: 'fanout',
      name: 'swarm',
      timeoutSeconds: 7200,
      decompose: { task: { type: 'divide', requirements: code, timeoutSeconds: 7200 } },
      work: { type: 'part', requirements: code, timeoutSeconds: 7200 },
      aggregate: { task: { type: 'gather', requirements: { capabilities: ['review'] }, timeoutSeconds: 7200 } },
      size: 2,
      order: 'dag',
      retries: 1,
      toleratedFailures: '50%',
    },
    {
      mode: 'swarm',
      variant: 'fanout',
      name: 'swarm-of-items',
      timeoutSeconds: 7200,
      decompose: { over: '{{ input.parts }}' },
      work: { type: 'part', requirements: code, timeoutSeconds: 7200 },
      aggregate: { aggregate: 'concat' },
      size: 2,
    },
  ],
  inputOf: (chance) => (chance.happens(0.1) ? {} : { parts: [1, 2, 3, 4] }),
  outputOf: (task, chance) => {
    if (task.type !== 'divide') return undefined;
    if (chance.happens(0.1)) return { parts: [{ id: 'a', dependsOn: ['b'] }] };
    return { parts: [{ id: 'a' }, { id: 'b', dependsOn: ['a'] }, { id: 'c' }] };
  },
  judge: (court, key, { after, before }) => {
    if (key.sk !== 'NOTE#result' || after === undefined) return;
    if (before !== undefined) court.violate('W1 a swarm comes to one thing', `${key.pk} ${key.sk}`);
  },
};
