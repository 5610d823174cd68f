import { describe, expect, it } from 'vitest';
import { askAndWait, fixture, tokenOf } from './fixture.ts';

describe('many executions at once', () => {
  it('runs 300 executions that all wait for a token', async () => {
    const { service, create, finish, calls } = fixture();
    const stateMachineArn = create('m', { T: { ...askAndWait, End: true } });
    for (let index = 0; index < 300; index += 1) {
      await service.handle('StartExecution', { stateMachineArn, name: `run-${index}`, input: `{"n":${index}}` });
    }
    await service.idle();
    expect(calls).toHaveLength(300);
    await Promise.all(
      calls.map((call) => service.handle('SendTaskSuccess', { taskToken: tokenOf(call), output: '1' })),
    );
    await finish();
    const listed = await service.handle('ListExecutions', {
      stateMachineArn,
      statusFilter: 'SUCCEEDED',
      maxResults: 1000,
    });
    expect(listed['executions']).toHaveLength(300);
  });

  it('runs a Map of 1,000 iterations, each iteration writing only its own rows', async () => {
    const { create, start, finish, describe: about } = fixture();
    const each = { StartAt: 'E', States: { E: { Type: 'Pass', Output: '{% $states.input + 1 %}', End: true } } };
    const arn = await start(
      create('m', { M: { Type: 'Map', ItemProcessor: each, Output: '{% $sum($states.result) %}', End: true } }),
      Array.from({ length: 1000 }, (_, index) => index),
    );
    await finish();
    expect(await about(arn)).toMatchObject({ status: 'SUCCEEDED', output: '500500' });
  });

  it('ends an execution that loops for ever at 25,000 events', async () => {
    const { create, start, finish, describe: about } = fixture();
    const again = { Type: 'Choice', Choices: [{ Condition: false, Next: 'C' }], Default: 'A' };
    const arn = await start(create('m', { A: { Type: 'Pass', Next: 'B' }, B: again, C: { Type: 'Succeed' } }));
    await finish();
    expect(await about(arn)).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
  });
});
