import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, stepsOf } from '../support/fleet.ts';
import { until } from '../support/until.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
  // Ten for the chains, which need them all; two with places for everything else.
  await Promise.all([fleet.begin('chain', 10), fleet.begin('node', 2, { slots: 10 })]);
});
afterAll(() => fleet?.stop());

const node = (id: string, dependsOn: readonly string[], more: Record<string, unknown> = {}) => ({
  id,
  dependsOn,
  type: 'echo',
  requirements: { capabilities: ['node'] },
  ...more,
});
const dag = (nodes: readonly unknown[], more: Record<string, unknown> = {}) => ({ mode: 'dag', nodes, ...more });
const sleep = (id: string, dependsOn: readonly string[], ms: number) =>
  node(id, dependsOn, { type: 'sleep', input: { ms, value: id } });

interface Slept {
  readonly by: string;
  readonly began: number;
  readonly ended: number;
}

describe('a dag on agents in processes of their own', () => {
  it('runs a diamond: both sides at once, each with what came before', async () => {
    const sides = ['left', 'right'].map((id) =>
      node(id, ['top'], { type: 'sleep', input: { ms: 400, value: '{{ steps.top.output.n }}' } }),
    );
    const bottom = node('bottom', ['left', 'right'], {
      input: { left: '{{ steps.left.output }}', right: '{{ steps.right.output }}', top: '{{ steps.top.output }}' },
    });
    const run = await fleet.ended(
      await fleet.run(dag([bottom, ...sides, node('top', [], { input: { n: '{{ input.n }}' } })]), { n: 7 }),
    );
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { left: { value: 7 }, right: { value: 7 }, top: { n: 7 } },
    });
    const { left, right } = run.output;
    expect(Math.max(left.began, right.began)).toBeLessThan(Math.min(left.ended, right.ended));
  });

  it('runs 10 chains of 10 on 10 agents, each chain in order and all at once', async () => {
    // Long enough that ten are at it together, however slow the machine.
    const workMs = 700;
    const nodes = Array.from({ length: 100 }, (_, index) =>
      node(`n${index}`, index % 10 === 0 ? [] : [`n${index - 1}`], {
        type: 'sleep',
        input: { ms: workMs, value: index },
        requirements: { capabilities: ['chain'] },
      }),
    );
    const output = Array.from({ length: 100 }, (_, index) => `{{ steps.n${index}.output }}`);
    const run = await fleet.ended(await fleet.run(dag(nodes, { output })));
    expect(run.status).toBe('SUCCEEDED');
    const slept: readonly Slept[] = run.output;
    const early = slept.filter(({ began }, index) => index % 10 > 0 && began < (slept[index - 1]?.ended ?? Infinity));
    expect(early).toEqual([]);
    const atOnce = slept.map(
      ({ began }) => slept.filter((other) => other.began <= began && began < other.ended).length,
    );
    expect(Math.max(...atOnce)).toBe(10);
    expect(new Set(slept.map(({ by }) => by)).size).toBe(10);
    const makespanMs = Math.max(...slept.map(({ ended }) => ended)) - Math.min(...slept.map(({ began }) => began));
    console.log(`10 chains of 10: ${makespanMs} ms; ideal ${10 * workMs} ms, one agent ${100 * workMs} ms`);
  });

  it('is refused when its nodes wait for each other, naming them', async () => {
    const { status, body } = await fleet.define(dag([node('a', ['c']), node('b', ['a']), node('c', ['b'])]));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'CYCLE', detail: expect.stringContaining('a → c → b → a') });
  });
});

describe.concurrent('a dag in which something goes wrong', () => {
  it('cancels what is at work when it is to fail fast', async () => {
    const nodes = [
      node('slow', [], { type: 'hang' }),
      sleep('first', [], 300),
      node('bad', ['first'], { type: 'fail' }),
    ];
    const runId = await fleet.run(dag(nodes, { onFailure: 'fail_fast' }));
    await fleet.ended(runId);
    const run = await fleet.when(runId, 'all is ended', ({ steps }) => stepsOf({ steps })['slow'] === 'CANCELLED');
    expect(run.status).toBe('FAILED');
    expect(stepsOf(run)).toEqual({ slow: 'CANCELLED', first: 'SUCCEEDED', bad: 'FAILED' });
  });

  it('ends a node at its deadline, which counts from its turn', async () => {
    const nodes = [
      sleep('first', [], 1500),
      node('late', ['first'], { type: 'hang', timeoutSeconds: 2 }),
      node('after', ['late']),
    ];
    const run = await fleet.ended(await fleet.run(dag(nodes)));
    // Whoever is first says so: the agent, or the platform.
    expect(stepsOf(run)).toMatchObject({ first: 'SUCCEEDED', after: 'SKIPPED' });
    const [{ createdAt, endedAt, status, error }] = run.steps[1].tasks;
    expect(`${status} ${error.code}`).toMatch(/^TIMED_OUT DEADLINE$|^FAILED DEADLINE_EXCEEDED$/);
    expect(endedAt - createdAt).toBeGreaterThanOrEqual(1900);
    expect(run.status).toBe('FAILED');
  });

  it('is cancelled with what works and what waits', async () => {
    const runId = await fleet.run(
      dag([node('top', [], { type: 'hang' }), node('bottom', ['top']), sleep('done', [], 1)]),
    );
    const run = await fleet.cancelled(runId, 'it works', (seen) => {
      const steps = stepsOf(seen);
      return steps['done'] === 'SUCCEEDED' && steps['top'] === 'RUNNING';
    });
    expect(run.status).toBe('CANCELLED');
    expect(stepsOf(run)).toEqual({ top: 'CANCELLED', bottom: 'SKIPPED', done: 'SUCCEEDED' });
    await until('the agent lets go', async () => {
      const [{ taskId }] = run.steps[0].tasks;
      return (await fleet.muster.call(`GET /tasks/${taskId}`)).body.disposition === 'stopped';
    });
  });

  it('skips what depends on a node that always fails, and finishes the rest', async () => {
    const nodes = [
      node('bad', [], { type: 'fail' }),
      node('after', ['bad'], { input: '{{ steps.bad.output }}' }),
      node('further', ['after', 'good']),
      sleep('good', [], 500),
      node('better', ['good'], { input: '{{ steps.good.output.value }}' }),
    ];
    const run = await fleet.ended(await fleet.run(dag(nodes)));
    expect(stepsOf(run)).toEqual({
      bad: 'FAILED',
      after: 'SKIPPED',
      further: 'SKIPPED',
      good: 'SUCCEEDED',
      better: 'SUCCEEDED',
    });
    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringContaining('bad') } });
    expect(run.steps[0].tasks[0]).toMatchObject({ agentName: expect.any(String), error: { code: 'CANNOT' } });
    expect(run.steps[1].tasks[0].error).toMatchObject({ code: 'DEPENDENCY_FAILED' });
    const better = await fleet.muster.call(`GET /tasks/${run.steps[4].tasks[0].taskId}`);
    expect(better.body.output).toBe('good');
  });
});
