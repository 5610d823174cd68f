import { describe, expect, it } from 'vitest';
import { queueUrl, runMode } from './run-mode.ts';

const input = {
  tenant: 'acme',
  runId: 'run_00000000-0000-4000-8000-000000000000',
  stages: [{ stage: 0, timeoutSeconds: 930 }],
};

describe('parallel', () => {
  it('asks for the one stage, and succeeds when its completion rule was met', async () => {
    const run = await runMode('parallel', input, [{ outcome: 'SUCCEEDED' }]);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { stageId: `${input.runId}#0`, outcome: 'SUCCEEDED', counts: { total: 2, succeeded: 2, failed: 0 } },
    });
    expect(run.output).not.toHaveProperty('summary');
    expect(run.messages).toEqual([
      {
        queueUrl,
        group: 'acme',
        body: { kind: 'stage', tenant: 'acme', runId: input.runId, stage: 0, taskToken: expect.any(String) },
      },
    ]);
    expect(run.entered).toEqual(['Work on stage']);
  });

  it('fails when the engine says that the rule was not met, without asking again', async () => {
    const run = await runMode('parallel', input, [{ failsWith: 'StepFailed' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'StepFailed' });
    expect(run.entered).toEqual(['Work on stage']);
    expect(run.messages).toHaveLength(1);
  });

  it('hands the trace on', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { messages } = await runMode('parallel', { ...input, traceparent }, [{ outcome: 'SUCCEEDED' }]);
    expect(messages[0]?.body.traceparent).toBe(traceparent);
  });

  it('fails with what the engine fails the token with', async () => {
    const run = await runMode('parallel', input, [{ failsWith: 'RunCancelled' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'RunCancelled' });
    expect(run.messages).toHaveLength(1);
  });

  it('fails by its backstop when the token is never answered, without asking again', async () => {
    const run = await runMode('parallel', input, ['silent']);
    expect(run).toMatchObject({ status: 'FAILED', error: 'States.Timeout', elapsedSeconds: 930 });
    expect(run.messages).toHaveLength(1);
  });

  it('asks again when the queue refused for the moment, and gives up in the end', async () => {
    const refused = { refusedWith: 'RequestThrottled' };
    expect(await runMode('parallel', input, [refused, { outcome: 'SUCCEEDED' }])).toMatchObject({
      status: 'SUCCEEDED',
    });
    const run = await runMode(
      'parallel',
      input,
      Array.from({ length: 20 }, () => refused),
    );
    expect(run.status).toBe('FAILED');
    expect(run.error).toMatch(/^SQS\./);
    expect(run.messages).toEqual([]);
  });
});
