import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStepFunctionsExecutions } from '#adapters/step-functions/executions.ts';
import { InvalidFieldError, UnavailableError } from '#core/errors/errors.ts';
import { lastingFaults, serviceFault, transientFaults } from '../faults.ts';

const stateMachineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:Sequential';
const executionArn = 'arn:aws:states:eu-west-1:123456789012:execution:Sequential:run_1';
const client = new SFNClient({ region: 'eu-west-1' });
const mock = mockClient(client);
const executions = createStepFunctionsExecutions({ client, stateMachines: { sequential: stateMachineArn } });
const request = { mode: 'sequential', runId: 'run_1', input: { stages: 2 } };

beforeEach(() => {
  mock.reset();
});

describe('start', () => {
  it("starts the mode's state machine under the run's id", async () => {
    mock.on(StartExecutionCommand).resolves({ executionArn });
    expect(await executions.start(request)).toBe(executionArn);
    expect(mock).toHaveReceivedCommandExactlyOnceWith(StartExecutionCommand, {
      stateMachineArn,
      name: 'run_1',
      input: '{"stages":2}',
    });
  });

  it('takes one that was started before for a success', async () => {
    mock.on(StartExecutionCommand).rejects(serviceFault('ExecutionAlreadyExists', 400));
    expect(await executions.start(request)).toBe(executionArn);
  });

  it.each(['voting', 'toString'])('refuses the mode %s that it has no state machine for', async (mode) => {
    const starting = executions.start({ ...request, mode });
    await expect(starting).rejects.toThrow(InvalidFieldError);
    await expect(starting).rejects.toMatchObject({ field: 'mode' });
    expect(mock).not.toHaveReceivedAnyCommand();
  });

  it('is unavailable when too many executions are open', async () => {
    mock.on(StartExecutionCommand).rejects(serviceFault('ExecutionLimitExceeded', 400));
    await expect(executions.start(request)).rejects.toThrow(UnavailableError);
  });
});

describe('stop', () => {
  it('stops with a reason, shortened to what fits', async () => {
    mock.on(StopExecutionCommand).resolves({});
    await executions.stop(executionArn, 'x'.repeat(40_000));
    expect(mock).toHaveReceivedCommandExactlyOnceWith(StopExecutionCommand, {
      executionArn,
      cause: 'x'.repeat(32_768),
    });
  });

  it('takes one that is gone for stopped', async () => {
    mock.on(StopExecutionCommand).rejects(serviceFault('ExecutionDoesNotExist', 400));
    await expect(executions.stop(executionArn, 'cancelled')).resolves.toBeUndefined();
  });
});

describe('status', () => {
  it.each([
    ['RUNNING', 'RUNNING'],
    ['SUCCEEDED', 'SUCCEEDED'],
    ['FAILED', 'FAILED'],
    ['TIMED_OUT', 'TIMED_OUT'],
    ['ABORTED', 'ABORTED'],
    ['PENDING_REDRIVE', 'RUNNING'],
  ] as const)('reads %s as %s', async (status, expected) => {
    mock.on(DescribeExecutionCommand).resolves({ status });
    expect(await executions.status(executionArn)).toBe(expected);
    expect(mock).toHaveReceivedCommandWith(DescribeExecutionCommand, { executionArn });
  });

  it('does not know one that is gone', async () => {
    mock.on(DescribeExecutionCommand).rejects(serviceFault('ExecutionDoesNotExist', 400));
    expect(await executions.status(executionArn)).toBe('UNKNOWN');
  });
});

describe('succeed and fail', () => {
  it('answer a token', async () => {
    mock.onAnyCommand().resolves({});
    expect(await executions.succeed('token', { done: 3 })).toBe('delivered');
    expect(await executions.succeed('token', undefined)).toBe('delivered');
    expect(await executions.fail('token', 'e'.repeat(300), 'c'.repeat(40_000))).toBe('delivered');
    expect(mock).toHaveReceivedNthCommandWith(SendTaskSuccessCommand, 1, { taskToken: 'token', output: '{"done":3}' });
    expect(mock).toHaveReceivedNthCommandWith(SendTaskSuccessCommand, 2, { taskToken: 'token', output: 'null' });
    expect(mock).toHaveReceivedCommandExactlyOnceWith(SendTaskFailureCommand, {
      taskToken: 'token',
      error: 'e'.repeat(256),
      cause: 'c'.repeat(32_768),
    });
  });

  it.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])('say that %s is gone', async (name) => {
    mock.onAnyCommand().rejects(serviceFault(name, 400));
    expect(await executions.succeed('token', {})).toBe('gone');
    expect(await executions.fail('token', 'error', 'cause')).toBe('gone');
  });
});

describe('faults of Step Functions', () => {
  const calls = [
    async () => executions.start(request),
    async () => executions.stop(executionArn, 'cancelled'),
    async () => executions.status(executionArn),
    async () => executions.succeed('token', {}),
    async () => executions.fail('token', 'error', 'cause'),
  ];

  it.each(transientFaults)('calls %s unavailable', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    for (const call of calls) {
      await expect(call()).rejects.toThrow(UnavailableError);
    }
  });

  it.each(lastingFaults)('passes %s on', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    for (const call of calls) {
      await expect(call()).rejects.toBe(fault);
    }
  });
});
