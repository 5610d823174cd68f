import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, stepsOf } from '../support/fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
  await Promise.all([
    fleet.begin('boss', 1, { slots: 10 }),
    fleet.begin('lead', 2, { slots: 10 }),
    fleet.begin('hand', 2, { slots: 10 }),
  ]);
});
afterAll(() => fleet?.stop());

const script = { brief: '{{ brief }}', answers: '{{ input }}' };
const hierarchy = (more: Record<string, unknown> = {}) => ({
  mode: 'hierarchical',
  supervisor: { type: 'script', requirements: { capabilities: ['boss'] }, input: script },
  lead: { type: 'script', input: script },
  work: { type: 'sleep', timeoutSeconds: 20 },
  teams: [
    { name: 'infra', leader: 'lead-0', specialization: 'infrastructure', workers: { agents: ['hand-0', 'hand-1'] } },
    { name: 'app', leader: 'lead-1', specialization: 'services', workers: { capability: 'hand', size: 2 } },
  ],
  ...more,
});
const item = (id: string, ms: number, more: Record<string, unknown> = {}) => ({
  id,
  input: { ms, value: id },
  ...more,
});
/** What everybody says: two teams, two items each. */
const answers = (more: Record<string, unknown> = {}) => ({
  plan: {
    subtasks: [
      { id: 'network', team: 'infra' },
      { id: 'service', specialization: 'services' },
    ],
  },
  'split-infra': { items: [item('vpc', 700), item('dns', 700)] },
  'split-app': { items: [item('build', 700), item('deploy', 100)] },
  integrate: { approved: true },
  ...more,
});

interface Told {
  readonly item: string;
  readonly agent?: string;
  readonly output?: { readonly began: number; readonly ended: number; readonly by: string };
}

describe('a hierarchy of agents in processes of their own', () => {
  it('plans, splits, works at once, aggregates and integrates, and reports progress', async () => {
    const runId = await fleet.run(hierarchy(), answers());
    await fleet.when(runId, 'some of it is done', ({ progress }) => progress?.succeeded >= 1);
    const run = await fleet.ended(runId);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { output: { approved: true }, skipped: [], failureHandled: false },
    });
    expect(stepsOf(run)).toMatchObject({
      plan: 'SUCCEEDED',
      'split-infra': 'SUCCEEDED',
      'aggregate-app': 'SUCCEEDED',
      integrate: 'SUCCEEDED',
    });
    const items: readonly Told[] = run.output.items;
    expect(items.map((told) => told.item)).toEqual(['infra/vpc', 'infra/dns', 'app/build', 'app/deploy']);
    expect(new Set(items.slice(0, 2).map(({ agent }) => agent))).toEqual(new Set(['hand-0', 'hand-1']));
    const [one, two] = items.map(({ output }) => output);
    expect(Math.max(one?.began ?? 0, two?.began ?? 0)).toBeLessThan(Math.min(one?.ended ?? 0, two?.ended ?? 0));
    expect(run.output.teams).toMatchObject([
      { team: 'infra', leader: 'lead-0', report: { results: [{}, {}] } },
      { team: 'app', leader: 'lead-1' },
    ]);
    expect(run.progress).toMatchObject({ total: 4, succeeded: 4, share: 1 });
  });
});

// Beside each other, and after the one that measures who works at once.
describe.concurrent('a hierarchy in which something goes wrong', () => {
  it('lets the supervisor handle a worker that fails: another does it', async () => {
    const bad = { items: [item('vpc', 1), item('dns', 1, { type: 'fail', worker: 'hand-1' })] };
    const skipped = await fleet.outcome(hierarchy(), answers({ 'split-infra': bad, recover: { action: 'skip' } }));
    expect(skipped).toMatchObject({ status: 'SUCCEEDED', output: { skipped: ['infra/dns'], failureHandled: true } });
    const failed = await fleet.outcome(hierarchy(), answers({ 'split-infra': bad, recover: { action: 'reassign' } }));
    // Who always fails fails again, on whom it was given out to again; nobody is asked a second time.
    expect(failed.status).toBe('FAILED');
    expect(failed.error.message).toMatch(
      /1 of 4 items failed\. First "infra\/dns" \(tsk_\S+ on hand-0\): It cannot be done/,
    );
    expect(failed.result.items).toHaveLength(4);
  });

  it('gives up when the supervisor says so, and when it does not approve', async () => {
    const bad = { items: [item('vpc', 1, { type: 'fail' })] };
    const runs = await Promise.all([
      fleet.run(hierarchy(), answers({ 'split-infra': bad, recover: { action: 'give_up', reason: 'no network' } })),
      fleet.run(hierarchy(), answers({ integrate: { approved: false, reason: 'untested' } })),
    ]);
    const [gaveUp, refused] = await Promise.all(runs.map((runId) => fleet.ended(runId)));
    expect(gaveUp).toMatchObject({ status: 'FAILED', error: { message: expect.stringContaining('no network') } });
    expect(refused).toMatchObject({ status: 'FAILED', error: { code: 'NOT_APPROVED' } });
  });

  it('refuses a plan whole, naming every fault', async () => {
    const plan = {
      subtasks: [
        { id: 'a', team: 'ops' },
        { id: 'b', specialization: 'magic' },
      ],
    };
    const run = await fleet.outcome(hierarchy(), answers({ plan }));
    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringMatching(/"ops".*"magic"/) } });
  });

  it('hands work that misses its deadline to the supervisor', async () => {
    const slow = { items: [item('vpc', 1, { type: 'hang' })] };
    const run = await fleet.outcome(
      hierarchy({ work: { type: 'sleep', timeoutSeconds: 2 } }),
      answers({ 'split-infra': slow, recover: { action: 'skip' } }),
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { skipped: ['infra/vpc'] } });
  });

  it('is cancelled with whoever works', async () => {
    const slow = { items: [item('vpc', 1, { type: 'hang' })] };
    const runId = await fleet.run(hierarchy(), answers({ 'split-infra': slow }));
    const run = await fleet.cancelled(runId, 'it works', (seen) => stepsOf(seen)['infra/vpc'] === 'RUNNING');
    expect(run.status).toBe('CANCELLED');
    expect(stepsOf(run)).toMatchObject({ plan: 'SUCCEEDED', 'infra/vpc': 'CANCELLED', integrate: 'SKIPPED' });
  });
});
