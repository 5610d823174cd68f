import { describe, expect, it } from 'vitest';
import { askAndWait, fixture, tokenOf } from './fixture.ts';

const code = (value: string): unknown => expect.objectContaining({ code: value });

describe('task tokens', () => {
  it('waits for SendTaskSuccess, whose output is the result', async () => {
    const { service, create, start, finish, calls, describe: about, types } = fixture();
    const arn = await start(create('m', { T: { ...askAndWait, Output: '{% $states.result.votes %}', End: true } }));
    expect(await about(arn)).toMatchObject({ status: 'RUNNING' });
    await service.handle('SendTaskSuccess', { taskToken: tokenOf(calls[0]), output: '{"votes":3}' });
    await finish();
    expect(await about(arn)).toMatchObject({ status: 'SUCCEEDED', output: '3' });
    expect(await types(arn)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('takes an answer that arrives before the call has returned', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const {
      service,
      create,
      finish,
      calls,
      describe: about,
    } = fixture(async () => {
      await held;
      return { MessageId: '1' };
    });
    const stateMachineArn = create('m', { T: { ...askAndWait, End: true } });
    const { executionArn } = await service.handle('StartExecution', { stateMachineArn, name: 'run' });
    while (calls.length === 0) await Promise.resolve();
    await service.handle('SendTaskSuccess', { taskToken: tokenOf(calls[0]), output: '1' });
    release();
    await finish();
    expect(await about(String(executionArn))).toMatchObject({ status: 'SUCCEEDED', output: '1' });
  });

  it('fails the task with SendTaskFailure’s error and cause', async () => {
    const { service, create, start, calls, describe: about } = fixture();
    const arn = await start(create('m', { T: { ...askAndWait, End: true } }));
    await service.handle('SendTaskFailure', { taskToken: tokenOf(calls[0]), error: 'No', cause: 'why' });
    expect(await about(arn)).toMatchObject({ status: 'FAILED', error: 'No', cause: 'why' });
  });

  it('times out with States.Timeout, and the token dies with the task', async () => {
    const { service, create, start, finish, calls, describe: about, types } = fixture();
    const arn = await start(create('m', { T: { ...askAndWait, TimeoutSeconds: 30, End: true } }));
    await finish();
    expect(await about(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(await types(arn)).toContain('TaskTimedOut');
    const late = service.handle('SendTaskSuccess', { taskToken: tokenOf(calls[0]), output: '1' });
    await expect(late).rejects.toEqual(code('TaskTimedOut'));
  });

  it('a heartbeat keeps the task alive; a missed one is States.Timeout, also caught as States.HeartbeatTimeout', async () => {
    const { service, clock, create, start, finish, calls, describe: about } = fixture();
    const rescue = [{ ErrorEquals: ['States.HeartbeatTimeout'], Output: '{% $states.errorOutput.Error %}', Next: 'E' }];
    const states = { T: { ...askAndWait, HeartbeatSeconds: 10, Catch: rescue, End: true }, E: { Type: 'Succeed' } };
    const arn = await start(create('m', states));
    const startedAt = clock.now();
    const taskToken = tokenOf(calls[0]);
    clock.after(8000, () => void service.handle('SendTaskHeartbeat', { taskToken }));
    await finish();
    expect(clock.now() - startedAt).toBe(18_000);
    expect(await about(arn)).toMatchObject({ status: 'SUCCEEDED', output: '"States.Timeout"' });
  });

  it('a new attempt has a new token, and the old one is dead', async () => {
    const { service, create, start, finish, calls, describe: about } = fixture();
    const arn = await start(create('m', { T: { ...askAndWait, Retry: [{ ErrorEquals: ['No'] }], End: true } }));
    await service.handle('SendTaskFailure', { taskToken: tokenOf(calls[0]), error: 'No' });
    await finish();
    const old = service.handle('SendTaskSuccess', { taskToken: tokenOf(calls[0]), output: '1' });
    await expect(old).rejects.toEqual(code('TaskTimedOut'));
    await service.handle('SendTaskSuccess', { taskToken: tokenOf(calls[1]), output: '2' });
    expect(await about(arn)).toMatchObject({ status: 'SUCCEEDED', output: '2' });
  });

  it('a second answer is TaskTimedOut and changes nothing', async () => {
    const { service, create, start, calls, describe: about } = fixture();
    const arn = await start(create('m', { T: { ...askAndWait, End: true } }));
    const taskToken = tokenOf(calls[0]);
    const answers = await Promise.allSettled(
      ['1', '2'].map((output) => service.handle('SendTaskSuccess', { taskToken, output })),
    );
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await about(arn)).toMatchObject({ output: '1' });
  });

  it.each([
    ['a token of nobody', { taskToken: `AQCEAAAAKgAAAAMAAAAA${'x'.repeat(48)}`, output: '1' }, 'TaskDoesNotExist'],
    ['what is no token', { taskToken: 'x', output: '1' }, 'InvalidToken'],
    ['output that is not JSON', { taskToken: 'x', output: '{' }, 'InvalidOutput'],
    ['output above the limit', { taskToken: 'x', output: JSON.stringify('x'.repeat(262_144)) }, 'InvalidOutput'],
    ['no output', { taskToken: 'x' }, 'ValidationException'],
  ])('refuses %s', async (_what, input, expected) => {
    await expect(fixture().service.handle('SendTaskSuccess', input)).rejects.toEqual(code(expected));
  });
});
