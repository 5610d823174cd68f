import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fixture } from './fixture.ts';

const Executions = z.array(z.looseObject({ name: z.string() }));
const waiting = { W: { Type: 'Wait', Seconds: 60, End: true } };
const code = (value: string): unknown => expect.objectContaining({ code: value });

describe('StartExecution', () => {
  it('answers ARN and start date, and runs to the end', async () => {
    const { create, start, finish, describe: about } = fixture();
    const arn = await start(create('m', { P: { Type: 'Pass', Output: '{% $states.input.n + 1 %}', End: true } }), {
      n: 1,
    });
    expect(arn).toBe('arn:aws:states:eu-west-1:000000000000:execution:m:run');
    await finish();
    expect(await about(arn)).toMatchObject({ status: 'SUCCEEDED', output: '2', input: '{"n":1}', name: 'run' });
  });

  it('answers the running execution for the same name and input', async () => {
    const { service, create, start } = fixture();
    const stateMachineArn = create('m', waiting);
    const arn = await start(stateMachineArn, { a: 1 });
    const again = await service.handle('StartExecution', { stateMachineArn, name: 'run', input: '{ "a": 1 }' });
    expect(again['executionArn']).toBe(arn);
  });

  it('refuses the same name with another input, and after the end', async () => {
    const { service, create, start, finish } = fixture();
    const stateMachineArn = create('m', waiting);
    await start(stateMachineArn, { a: 1 });
    const other = { stateMachineArn, name: 'run', input: '{"a":2}' };
    await expect(service.handle('StartExecution', other)).rejects.toEqual(code('ExecutionAlreadyExists'));
    await finish();
    const same = { stateMachineArn, name: 'run', input: '{"a":1}' };
    await expect(service.handle('StartExecution', same)).rejects.toEqual(code('ExecutionAlreadyExists'));
  });

  it.each([
    ['an unknown state machine', { stateMachineArn: 'arn:x' }, 'StateMachineDoesNotExist'],
    ['input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['input above the limit', { input: JSON.stringify('x'.repeat(262_144)) }, 'InvalidExecutionInput'],
    ['a bad name', { name: 'a b' }, 'InvalidName'],
    ['a name of the wrong type', { name: 5 }, 'ValidationException'],
  ])('refuses %s', async (_what, input, expected) => {
    const { service, create } = fixture();
    const stateMachineArn = create('m', waiting);
    await expect(service.handle('StartExecution', { stateMachineArn, ...input })).rejects.toEqual(code(expected));
  });

  it('keeps the definition an execution started with', async () => {
    const { create, start, finish, describe: about } = fixture();
    const old = await start(create('m', { W: { Type: 'Wait', Seconds: 5, Output: 'old', End: true } }));
    const young = await start(create('m', { W: { Type: 'Wait', Seconds: 5, Output: 'new', End: true } }), {}, 'second');
    await finish();
    expect([(await about(old))['output'], (await about(young))['output']]).toEqual(['"old"', '"new"']);
  });
});

describe('StopExecution', () => {
  it('aborts a running execution with its reason', async () => {
    const { service, create, start, describe: about, types } = fixture();
    const executionArn = await start(create('m', waiting));
    await service.handle('StopExecution', { executionArn, error: 'Stop', cause: 'enough' });
    expect(await about(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Stop', cause: 'enough' });
    expect(await types(executionArn)).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionAborted']);
  });

  it('changes nothing once the execution has ended', async () => {
    const { service, create, start, finish, describe: about } = fixture();
    const executionArn = await start(create('m', waiting));
    await finish();
    await service.handle('StopExecution', { executionArn });
    expect(await about(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('refuses an unknown execution', async () => {
    const { service } = fixture();
    const stop = service.handle('StopExecution', { executionArn: 'arn:x' });
    await expect(stop).rejects.toEqual(code('ExecutionDoesNotExist'));
  });
});

describe('ListExecutions and GetExecutionHistory', () => {
  it('lists the newest first, by status and in pages', async () => {
    const { service, create, start, clock } = fixture();
    const stateMachineArn = create('m', waiting);
    for (const name of ['a', 'b', 'c']) {
      await start(stateMachineArn, {}, name);
      clock.after(0, () => {});
    }
    await service.handle('StopExecution', {
      executionArn: `${stateMachineArn.replace('stateMachine', 'execution')}:b`,
    });
    const names = async (input: object): Promise<unknown> => {
      const page = await service.handle('ListExecutions', { stateMachineArn, ...input });
      return { names: Executions.parse(page['executions']).map(({ name }) => name), next: page['nextToken'] };
    };
    expect(await names({})).toEqual({ names: ['c', 'b', 'a'], next: undefined });
    expect(await names({ statusFilter: 'ABORTED' })).toEqual({ names: ['b'], next: undefined });
    expect(await names({ maxResults: 2 })).toEqual({ names: ['c', 'b'], next: '2' });
    expect(await names({ maxResults: 2, nextToken: '2' })).toEqual({ names: ['a'], next: undefined });
  });

  it('gives the history in pages, reversed and without data when asked', async () => {
    const { service, create, start, finish } = fixture();
    const executionArn = await start(create('m', { P: { Type: 'Pass', End: true } }), { secret: 1 });
    await finish();
    const first = await service.handle('GetExecutionHistory', { executionArn, maxResults: 1, reverseOrder: true });
    expect(first).toMatchObject({
      events: [{ id: 4, type: 'ExecutionSucceeded', previousEventId: 3 }],
      nextToken: '1',
    });
    const bare = await service.handle('GetExecutionHistory', { executionArn, includeExecutionData: false });
    expect(JSON.stringify(bare)).not.toContain('secret');
  });
});

describe('state machines', () => {
  it('creates, describes and lists', async () => {
    const { service } = fixture();
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'S', States: { S: { Type: 'Succeed' } } });
    const input = { name: 'm', definition, roleArn: 'arn:role' };
    const { stateMachineArn } = await service.handle('CreateStateMachine', input);
    expect(await service.handle('CreateStateMachine', input)).toMatchObject({ stateMachineArn });
    const changed = service.handle('CreateStateMachine', { ...input, roleArn: 'arn:other' });
    await expect(changed).rejects.toEqual(code('StateMachineAlreadyExists'));
    expect(await service.handle('DescribeStateMachine', { stateMachineArn })).toMatchObject({
      definition,
      type: 'STANDARD',
    });
    expect(await service.handle('ListStateMachines', {})).toMatchObject({ stateMachines: [{ name: 'm' }] });
  });

  it.each([
    ['a bad definition', { definition: '{}' }, 'InvalidDefinition'],
    ['a definition that is not JSON', { definition: '{' }, 'InvalidDefinition'],
    ['an express state machine', { type: 'EXPRESS' }, 'StateMachineTypeNotSupported'],
    ['a bad name', { name: 'a b' }, 'InvalidName'],
  ])('refuses %s', async (_what, input, expected) => {
    const { service } = fixture();
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'S', States: { S: { Type: 'Succeed' } } });
    const create = service.handle('CreateStateMachine', { name: 'm', definition, roleArn: 'arn:role', ...input });
    await expect(create).rejects.toEqual(code(expected));
  });

  it('refuses an operation it does not have', async () => {
    await expect(fixture().service.handle('RedriveExecution', {})).rejects.toEqual(code('UnknownOperationException'));
  });
});

describe('status changes', () => {
  it('publishes RUNNING and the end with AWS’s detail', async () => {
    const { create, start, finish, published } = fixture();
    await start(create('m', { P: { Type: 'Pass', End: true } }), { n: 1 });
    await finish();
    const detailType = 'Step Functions Execution Status Change';
    expect(published).toMatchObject([
      { detailType, status: 'RUNNING', name: 'run', input: '{"n":1}', output: null, stopDate: null },
      { detailType, status: 'SUCCEEDED', output: '{"n":1}', stopDate: Date.UTC(2026, 0, 1) },
    ]);
  });

  it('repeats a change that the bus refused, in order', async () => {
    let refusals = 3;
    const publish = async (): Promise<void> => {
      refusals -= 1;
      if (refusals >= 0) throw new Error('bus down');
    };
    const { create, start, finish, published } = fixture(undefined, { publish });
    await start(create('m', { P: { Type: 'Pass', End: true } }));
    await finish();
    expect(published.map((detail) => detail['status'])).toEqual(['RUNNING', 'SUCCEEDED']);
  });
});
