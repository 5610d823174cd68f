import { describe, expect, it } from 'vitest';
import { type Answer, runMode } from './run-mode.ts';

const input = { tenant: 'acme', runId: 'run_00000000-0000-4000-8000-000000000000', timeoutSeconds: 930, stages: [] };
const done: Answer = { outcome: 'SUCCEEDED' };
const run = (answers: readonly Answer[], more: object = {}) => runMode('swarm_fanout', { ...input, ...more }, answers);

describe('swarm fanout', () => {
  it('decomposes, works and aggregates: 4 transitions', async () => {
    const { status, entered, messages } = await run([done, done, done]);
    expect(status).toBe('SUCCEEDED');
    expect(entered).toEqual(['Decompose', 'Work on parts', 'Aggregate', 'Swarm done']);
    expect(messages.map(({ body }) => body.stage)).toEqual([0, 1, 2]);
    expect(new Set(messages.map(({ group }) => group))).toEqual(new Set(['acme']));
  });

  it.each([0, 1, 2])(
    'fails with what the engine fails the token of stage %i with, and goes no further',
    async (stage) => {
      const answers: readonly Answer[] = [...[done, done].slice(0, stage), { failsWith: 'StepFailed' }];
      const { status, error, messages } = await run(answers);
      expect({ status, error, messages: messages.length }).toEqual({
        status: 'FAILED',
        error: 'StepFailed',
        messages: stage + 1,
      });
    },
  );

  it('fails by its backstop when a token is never answered', async () => {
    expect(await run([done, 'silent'])).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('asks again when the queue refused for the moment', async () => {
    const { status, messages } = await run([{ refusedWith: 'RequestThrottled' }, done, done, done]);
    expect(status).toBe('SUCCEEDED');
    expect(messages).toHaveLength(3);
  });

  it('hands the trace on, and holds ids and counts only', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = await run([done, done, done], { traceparent });
    expect(traced.messages.map(({ body }) => body.traceparent)).toEqual([traceparent, traceparent, traceparent]);
    expect(traced.largestDataBytes).toBeLessThan(500);
  });
});
