import * as z from 'zod';
import { keys } from '#core/contract/keys.ts';
import { Run } from '#core/runs/run.ts';
import type { ModePlot } from './mode.ts';

const code = { capabilities: ['code'] };
const task = { requirements: code, timeoutSeconds: 7200 };

const Result = z.looseObject({
  value: z.looseObject({
    value: z.array(z.unknown()),
    total: z.int(),
    succeeded: z.int(),
    missing: z.array(z.unknown()),
  }),
});

export const mapReduce: ModePlot = {
  workflows: [
    {
      mode: 'map_reduce',
      name: 'sum-up',
      timeoutSeconds: 7200,
      maxParallelAgents: 3,
      split: { over: '{{ input.list }}', size: 2 },
      map: { ...task, type: 'part', input: '{{ item }}' },
      reduce: { aggregate: 'concat' },
      toleratedFailures: '40%',
    },
    {
      mode: 'map_reduce',
      name: 'join-up',
      timeoutSeconds: 7200,
      split: { task: { ...task, type: 'split' } },
      map: { ...task, type: 'part', input: '{{ item }}' },
      reduce: { task: { ...task, type: 'join' } },
      toleratedFailures: 1,
    },
  ],
  inputOf: (chance) => {
    const list = Array.from({ length: chance.pick([0, 2, 7, 31]) }, (_, index) => index);
    return chance.happens(0.1) ? { list: 'none' } : { list };
  },
  outputOf: ({ type }, chance) =>
    type === 'split' ? { parts: Array.from({ length: chance.between(0, 4) }, (_, index) => index) } : undefined,
  // Fault 19: whoever is last, the reduction has what every part came to, and is made once (a note is never written again).
  judge: (court, key, { by, before, after }) => {
    if (after === undefined || key.sk !== 'NOTE#result' || !Result.safeParse(after).success) return;
    if (before !== undefined) court.violate('a run is reduced once', `${key.pk} by ${by}`);
    const { value } = Result.parse(after);
    const [tenant = '', , runId = ''] = key.pk.split('#');
    const run = Run.safeParse(court.item(keys.run(tenant, runId)));
    if (run.data?.mode !== 'map_reduce') return;
    const isWhole = value.succeeded + value.missing.length === value.total && value.value.length === value.succeeded;
    if (!isWhole)
      court.violate('a reduction has every part', `${runId}: ${value.value.length} of ${value.total}, by ${by}`);
  },
};
