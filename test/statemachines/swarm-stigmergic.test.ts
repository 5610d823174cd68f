import { describe, expect, it } from 'vitest';
import { type Answer, type Decision, runMode } from './run-mode.ts';

const input = { tenant: 'acme', runId: 'run_00000000-0000-4000-8000-000000000000', timeoutSeconds: 930, stages: [] };
const moved: Answer = { outcome: 'SUCCEEDED' };
const iterations = (count: number, last = 'converged'): readonly Decision[] =>
  Array.from({ length: count }, (_, index) =>
    index === count - 1 ? { decision: last } : { decision: 'goes_on', position: index + 1 },
  );
const run = (count: number, last?: string, more: object = {}) =>
  runMode(
    'swarm_stigmergic',
    { ...input, ...more },
    Array.from({ length: count }, () => moved),
    iterations(count, last),
  );

describe('swarm stigmergic', () => {
  it('moves, marks and goes on until it agrees: 3 transitions for each iteration and one', async () => {
    const { status, entered, messages, decisions } = await run(5);
    expect(status).toBe('SUCCEEDED');
    expect(entered).toHaveLength(3 * 5 + 1);
    expect(entered.slice(0, 4)).toEqual(['Ants move', 'Marks and evaporation', 'Swarm agrees?', 'Ants move']);
    expect(messages.map(({ body }) => body.stage)).toEqual([0, 1, 2, 3, 4]);
    expect(decisions.map(({ step, position }) => `${step} ${position}`)).toEqual(
      [0, 1, 2, 3, 4].map((n) => `iterate ${n}`),
    );
  });

  it('keeps its history small: 1,000 iterations are fewer than 25,000 events, and its state stays as it is', async () => {
    const { events, largestDataBytes } = await run(40, 'cap');
    const perIteration = (events - (await run(20, 'cap')).events) / 20;
    expect(perIteration * 1000).toBeLessThan(20_000);
    expect(largestDataBytes).toBeLessThan(500);
  });

  it.each(['converged', 'pattern', 'used_up', 'cap'])('succeeds on "%s"', async (verdict) => {
    expect((await run(2, verdict)).status).toBe('SUCCEEDED');
  });

  it.each(['nobody_moves', 'failed', 'stopped'])('fails on "%s"', async (verdict) => {
    expect(await run(2, verdict)).toMatchObject({
      status: 'FAILED',
      error: 'SwarmFailed',
      cause: `the swarm came to nothing: ${verdict}`,
    });
  });

  it('fails with what the engine fails the token with, and by its backstop', async () => {
    const failing = (answer: Answer) => runMode('swarm_stigmergic', input, [answer], []);
    expect(await failing({ failsWith: 'RunNotLive' })).toMatchObject({ status: 'FAILED', error: 'RunNotLive' });
    expect(await failing('silent')).toMatchObject({ error: 'States.Timeout', elapsedSeconds: 930 });
  });

  it('hands the trace on', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = await run(2, 'cap', { traceparent });
    expect(traced.messages.map(({ body }) => body.traceparent)).toEqual([traceparent, traceparent]);
    expect(traced.decisions.map((decision) => decision.traceparent)).toEqual([traceparent, traceparent]);
  });
});
