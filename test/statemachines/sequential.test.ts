import { describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { queueUrl, runMode } from './run-mode.ts';

const input = (stages: number) => ({
  tenant: 'acme',
  runId: 'run_00000000-0000-4000-8000-000000000000',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  stages: Array.from({ length: stages }, (_, stage) => ({ stage, timeoutSeconds: 930 })),
});
const succeeds = { outcome: 'SUCCEEDED' } as const;

describe('sequential', () => {
  it('asks for one stage after the other, each once the one before has succeeded', async () => {
    const run = await runMode('sequential', input(3), [succeeds, succeeds, succeeds]);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.messages.map(({ body }) => body.stage)).toEqual([0, 1, 2]);
    expect(run.elapsedSeconds).toBe(3);
    expect(new Set(run.messages.map(({ body }) => body.taskToken)).size).toBe(3);
  });

  it('names run, stage and trace in the message, grouped by tenant, and nothing else', async () => {
    const { tenant, runId, traceparent } = input(1);
    const { messages } = await runMode('sequential', input(1), [succeeds]);
    expect(messages).toEqual([
      {
        queueUrl,
        group: tenant,
        body: { kind: 'stage', tenant, runId, stage: 0, traceparent, taskToken: expect.any(String) },
      },
    ]);
  });

  it('leaves the trace out when there is none', async () => {
    const { traceparent: _, ...rest } = input(1);
    const run = await runMode('sequential', rest, [succeeds]);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.messages[0]?.body).not.toHaveProperty('traceparent');
  });

  it('takes n + 1 transitions', async () => {
    const { entered } = await runMode('sequential', input(4), [succeeds, succeeds, succeeds, succeeds]);
    expect(entered).toEqual(['Work through stages', ...Array.from({ length: 4 }, () => 'Work on stage')]);
  });

  it('stops at a stage that fails, with its error and cause, and asks for no later one', async () => {
    const run = await runMode('sequential', input(3), [succeeds, { failsWith: 'StepFailed' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'StepFailed', cause: 'step 1 failed on agent ag_1' });
    expect(run.messages).toHaveLength(2);
  });

  it('fails by its backstop when a token is never answered, without asking again', async () => {
    const run = await runMode('sequential', input(2), [succeeds, 'silent']);
    expect(run).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(run.messages).toHaveLength(2);
    expect(run.elapsedSeconds).toBe(1 + 930);
  });

  it('asks again when the queue refused for the moment', async () => {
    const refused = { refusedWith: 'RequestThrottled' };
    const run = await runMode('sequential', input(1), [refused, refused, succeeds]);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.messages).toHaveLength(1);
  });

  it('gives up on a queue that keeps refusing', async () => {
    const run = await runMode(
      'sequential',
      input(1),
      Array.from({ length: 20 }, () => ({ refusedWith: 'RequestThrottled' })),
    );
    expect(run.status).toBe('FAILED');
    expect(run.error).toMatch(/^SQS\./);
    expect(run.entered).toEqual(['Work through stages', 'Work on stage']);
  });

  it('keeps the state small at the largest number of steps', async () => {
    const stages = limits.stepsPerWorkflow;
    const run = await runMode(
      'sequential',
      input(stages),
      Array.from({ length: stages }, () => succeeds),
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.largestDataBytes).toBeLessThan(64 * 1024);
    expect(JSON.stringify(run.output)).not.toContain('summary');
  });
});
