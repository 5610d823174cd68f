import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';

/** On a machine with much else to do. */
const mostMs = 400_000;
const items = Array.from({ length: 1000 }, (_, index) => index);
const mapReduce = (type: string) => ({
  mode: 'map_reduce',
  maxParallelAgents: 1000,
  split: { over: '{{ input }}' },
  map: { type, input: '{{ item }}', requirements: { capabilities: ['part'] } },
  reduce: { aggregate: 'concat' },
});

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
  await fleet.begin('part', 4, { slots: 10 });
});
afterAll(() => fleet?.stop());

describe('a run of a thousand tasks on agents in processes of their own', () => {
  it('does each of them once, and brings them together in order', async () => {
    const runId = await fleet.run(mapReduce('echo'), items);
    const run = await fleet.ended(runId, mostMs, 1000);
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { total: 1000, succeeded: 1000, isPartial: false } });
    expect(run.output.value).toEqual(items);
    const [{ tasks }] = run.steps.filter(({ step }: { step: string }) => step === 'map');
    expect(tasks).toHaveLength(1000);
    expect(new Set(tasks.map(({ agentName }: { agentName: string }) => agentName)).size).toBe(4);
  });

  it('leaves none open when it is cancelled while they are being made', async () => {
    const runId = await fleet.run(mapReduce('hang'), items);
    let made = 0;
    await fleet.when(runId, 'the first are at work', ({ steps }) => {
      made = steps.flatMap(({ tasks }: { tasks: unknown[] }) => tasks).length;
      return made > 0;
    });
    expect(made).toBeLessThan(1000);
    const cancel = async () => (await fleet.muster.call(`POST /runs/${runId}/cancel`, { reason: 'enough' })).status;
    await until('the cancel is taken', async () => (await cancel()) === 200, { timeoutMs: mostMs });
    expect((await fleet.ended(runId, mostMs, 1000)).status).toBe('CANCELLED');
    const open = (text: string): boolean =>
      text.includes(runId) && text.includes('"sk":"TASK"') && /"status":"(PENDING|QUEUED|ASSIGNED)"/.test(text);
    await until('nothing is open', async () => !(await fleet.muster.items()).some(open), {
      timeoutMs: mostMs,
      everyMs: 1000,
    });
  });
});
