import { describe, expect, it } from 'vitest';
import { queueUrl, runMode } from './run-mode.ts';

const input = {
  tenant: 'acme',
  runId: 'run_00000000-0000-4000-8000-000000000000',
  stages: [{ stage: 0, timeoutSeconds: 930 }],
};

describe('dag', () => {
  it('asks for the graph as one stage, and succeeds when every node has: one transition', async () => {
    const run = await runMode('dag', input, [{ outcome: 'SUCCEEDED' }]);
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'SUCCEEDED', counts: { total: 2 } } });
    expect(run.output).not.toHaveProperty('summary');
    expect(run.messages).toEqual([
      {
        queueUrl,
        group: 'acme',
        body: { kind: 'stage', tenant: 'acme', runId: input.runId, stage: 0, taskToken: expect.any(String) },
      },
    ]);
    expect(run.entered).toEqual(['Work through graph']);
  });

  it('fails when the engine says that a node failed, without asking again', async () => {
    const run = await runMode('dag', input, [{ failsWith: 'StepFailed' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'StepFailed' });
    expect(run.entered).toEqual(['Work through graph']);
    expect(run.messages).toHaveLength(1);
  });

  it('fails with what the engine fails the token with', async () => {
    const run = await runMode('dag', input, [{ failsWith: 'RunNotLive' }]);
    expect(run).toMatchObject({ status: 'FAILED', error: 'RunNotLive' });
  });

  it('fails by its backstop when the token is never answered, without asking again', async () => {
    const run = await runMode('dag', input, ['silent']);
    expect(run).toMatchObject({ status: 'FAILED', error: 'States.Timeout', elapsedSeconds: 930 });
    expect(run.messages).toHaveLength(1);
  });

  it('asks again when the queue refused for the moment, and gives up in the end', async () => {
    const refused = { refusedWith: 'RequestThrottled' };
    expect(await runMode('dag', input, [refused, { outcome: 'SUCCEEDED' }])).toMatchObject({ status: 'SUCCEEDED' });
    const run = await runMode(
      'dag',
      input,
      Array.from({ length: 20 }, () => refused),
    );
    expect(run.error).toMatch(/^SQS\./);
    expect(run.messages).toEqual([]);
  });
});
