import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../../local/contract.ts';
import { createScheduler } from '../../../../local/scheduler/create-scheduler.ts';
import { ManualClock } from './manual-clock.ts';

const roleArn = 'arn:aws:iam::123456789012:role/scheduler';
const arn = 'arn:aws:scheduler:eu-west-1:123456789012:schedule/default/sweep';
const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:sweep';
const minute = 60_000;
const day = 86_400_000;

function createHarness(options: { databasePath?: string; clock?: ManualClock; random?: () => number } = {}) {
  const clock = options.clock ?? new ManualClock();
  const calls: { service: string; action: string; input: Record<string, unknown>; roleArn: string; at: string }[] = [];
  const failures: Error[] = [];
  const scheduler = createScheduler({
    ...options,
    clock,
    region: 'eu-west-1',
    accountId: '123456789012',
    call: async (request) => {
      const failure = request.service === 'sqs' ? undefined : failures.shift();
      if (failure !== undefined) throw failure;
      calls.push({ ...request, at: new Date(clock.now()).toISOString() });
      return request.service === 'events' ? { FailedEntryCount: 0 } : {};
    },
  });
  const times = () => calls.map((call) => call.at.slice(0, 19));
  return { scheduler, clock, calls, times, failNext: (...errors: Error[]) => failures.push(...errors) };
}

function schedule(overrides: Record<string, unknown> = {}, target: Record<string, unknown> = {}) {
  return {
    name: 'sweep',
    groupName: 'default',
    arn,
    scheduleExpression: 'rate(1 minute)',
    state: 'ENABLED' as const,
    flexibleTimeWindow: { mode: 'OFF' as const },
    target: { arn: functionArn, roleArn, ...target },
    ...overrides,
  };
}

describe('a schedule', () => {
  it('runs a new rate at once and then at its period', async () => {
    const { scheduler, clock, times, calls } = createHarness();
    scheduler.addSchedule(schedule({}, { input: '{"x":1}' }));
    await clock.advance(2 * minute);
    expect(times()).toEqual(['2026-01-01T00:00:00', '2026-01-01T00:01:00', '2026-01-01T00:02:00']);
    expect(calls[0]).toMatchObject({
      service: 'lambda',
      action: 'Invoke',
      roleArn,
      input: { FunctionName: functionArn, InvocationType: 'Event', Payload: '{"x":1}' },
    });
  });

  it('runs between its start and end dates only', async () => {
    const { scheduler, clock, times } = createHarness();
    scheduler.addSchedule(schedule({ startDate: '2026-01-01T00:05:30Z', endDate: '2026-01-01T00:07:30Z' }));
    await clock.advance(day);
    expect(times()).toEqual(['2026-01-01T00:05:30', '2026-01-01T00:06:30', '2026-01-01T00:07:30']);
  });

  it('runs a cron expression in its time zone', async () => {
    const { scheduler, clock, times } = createHarness();
    scheduler.addSchedule(
      schedule({ scheduleExpression: 'cron(0 9 * * ? *)', scheduleExpressionTimezone: 'Europe/Berlin' }),
    );
    await clock.advance(2 * day);
    expect(times()).toEqual(['2026-01-01T08:00:00', '2026-01-02T08:00:00']);
  });

  it('runs a one-time schedule once, and one of the past never', async () => {
    const { scheduler, clock, times } = createHarness();
    scheduler.addSchedule(schedule({ scheduleExpression: 'at(2026-01-01T12:34:56)' }));
    scheduler.addSchedule(schedule({ name: 'old', arn: `${arn}-old`, scheduleExpression: 'at(2025-01-01T00:00:00)' }));
    await clock.advance(3 * day);
    expect(times()).toEqual(['2026-01-01T12:34:56']);
  });

  it('does not run while it is disabled, and is replaced by its newer definition', async () => {
    const { scheduler, clock, times } = createHarness();
    scheduler.addSchedule(schedule({ scheduleExpression: 'rate(1 hour)', startDate: '2026-01-01T01:00:00Z' }));
    scheduler.addSchedule(schedule({ state: 'DISABLED' }));
    await clock.advance(day);
    expect(times()).toEqual([]);
  });

  it('spreads runs over a flexible window', async () => {
    const { scheduler, clock, times } = createHarness({ random: () => 0.5 });
    const flexibleTimeWindow = { mode: 'FLEXIBLE', maximumWindowInMinutes: 10 };
    scheduler.addSchedule(schedule({ scheduleExpression: 'at(2026-01-01T01:00:00)', flexibleTimeWindow }));
    await clock.advance(day);
    expect(times()).toEqual(['2026-01-01T01:05:00']);
  });
});

describe('targets', () => {
  it('fills the context attributes of the input', async () => {
    const { scheduler, clock, calls } = createHarness();
    const input =
      '{"s":"<aws.scheduler.schedule-arn>","t":"<aws.scheduler.scheduled-time>","n":"<aws.scheduler.attempt-number>"}';
    const queue = { arn: 'arn:aws:sqs:eu-west-1:123456789012:q', input, sqsParameters: { messageGroupId: 'g' } };
    scheduler.addSchedule(schedule({}, queue));
    await clock.advance(0);
    expect(calls[0]?.input).toEqual({
      QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/q',
      MessageBody: `{"s":"${arn}","t":"2026-01-01T00:00:00Z","n":"1"}`,
      MessageGroupId: 'g',
    });
  });

  it('sends an event of its own when there is no input', async () => {
    const { scheduler, clock, calls } = createHarness();
    scheduler.addSchedule(schedule({}, { arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:m' }));
    await clock.advance(0);
    expect(calls[0]).toMatchObject({ service: 'states', action: 'StartExecution' });
    expect(JSON.parse(String(calls[0]?.input['input']))).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      time: '2026-01-01T00:00:00Z',
      resources: [arn],
      detail: '{}',
    });
  });

  it('takes a target and a window as a template writes them', async () => {
    const { scheduler, clock, calls } = createHarness();
    const target = { Arn: functionArn, RoleArn: roleArn, Input: '{}', RetryPolicy: { MaximumRetryAttempts: 1 } };
    scheduler.addSchedule({ ...schedule(), flexibleTimeWindow: { Mode: 'OFF' }, target });
    await clock.advance(0);
    expect(calls).toMatchObject([{ service: 'lambda', input: { Payload: '{}' } }]);
  });

  it('puts an event on a bus', async () => {
    const { scheduler, clock, calls } = createHarness();
    const eventBridgeParameters = { source: 'my.app', detailType: 'Tick' };
    const target = {
      arn: 'arn:aws:events:eu-west-1:123456789012:event-bus/b',
      eventBridgeParameters,
      input: '{"a":1}',
    };
    scheduler.addSchedule(schedule({}, target));
    await clock.advance(0);
    expect(calls[0]).toMatchObject({
      action: 'PutEvents',
      input: { Entries: [{ Source: 'my.app', DetailType: 'Tick', Detail: '{"a":1}', EventBusName: target.arn }] },
    });
  });

  it.each([
    ['arn:aws:scheduler:::aws-sdk:sqs:sendMessage', 'Universal targets are not supported'],
    ['arn:aws:ecs:eu-west-1:123456789012:cluster/c', 'Targets of this type are not supported'],
    ['arn:aws:events:eu-west-1:123456789012:event-bus/b', 'EventBridgeParameters must be provided'],
  ])('refuses %s', (target, message) => {
    const { scheduler } = createHarness();
    expect(() => scheduler.addSchedule(schedule({}, { arn: target }))).toThrow(message);
  });

  it.each([
    [{ scheduleExpression: 'rate(0 minutes)' }, 'Invalid Schedule Expression'],
    [{ scheduleExpressionTimezone: 'Nowhere' }, 'ScheduleExpressionTimezone is invalid'],
    [{ flexibleTimeWindow: { mode: 'FLEXIBLE' } }, 'MaximumWindowInMinutes'],
    [{ startDate: '2026-02-01T00:00:00Z', endDate: '2026-01-01T00:00:00Z' }, 'EndDate must be after StartDate'],
    [{ colour: 'k' }, 'colour'],
  ])('refuses %j', (overrides, message) => {
    const { scheduler } = createHarness();
    expect(() => scheduler.addSchedule(schedule(overrides))).toThrow(message);
  });

  it('tries again, then hands the run to the dead-letter queue on behalf of its role', async () => {
    const { scheduler, clock, calls, failNext } = createHarness();
    const deadLetterConfig = { arn: 'arn:aws:sqs:eu-west-1:123456789012:dead' };
    const target = { deadLetterConfig, retryPolicy: { maximumRetryAttempts: 2 }, input: '{"a":1}' };
    failNext(...Array.from({ length: 3 }, () => new AwsError('TooManyRequestsException', 'busy', 429)));
    scheduler.addSchedule(schedule({ scheduleExpression: 'rate(1 day)' }, target));
    await clock.advance(minute);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      action: 'SendMessage',
      roleArn,
      at: '2026-01-01T00:00:03.000Z',
      input: {
        MessageBody: '{"a":1}',
        MessageAttributes: {
          ERROR_CODE: { StringValue: 'TooManyRequestsException' },
          EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
          RETRY_ATTEMPTS: { StringValue: '2' },
          SCHEDULE_ARN: { StringValue: arn },
          TARGET_ARN: { StringValue: functionArn },
        },
      },
    });
  });
});

describe('a restart', () => {
  async function restart(expression: string, downMs: number) {
    const directory = mkdtempSync(join(tmpdir(), 'scheduler-'));
    try {
      const databasePath = join(directory, 'schedules.sqlite');
      const before = createHarness({ databasePath });
      before.scheduler.addSchedule(schedule({ scheduleExpression: expression }));
      await before.clock.advance(90 * 1000);
      await before.scheduler.stop();
      await before.clock.advance(downMs);
      const after = createHarness({ databasePath, clock: before.clock });
      after.scheduler.addSchedule(schedule({ scheduleExpression: expression }));
      await after.clock.advance(2 * minute);
      await after.scheduler.stop();
      return { before: before.times(), after: after.times() };
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  it('keeps the beat of a rate and does not make up for the runs it missed', async () => {
    expect(await restart('rate(1 minute)', 10 * minute)).toEqual({
      before: ['2026-01-01T00:00:00', '2026-01-01T00:01:00'],
      after: ['2026-01-01T00:12:00', '2026-01-01T00:13:00'],
    });
  });

  it('does make up for the only run of a one-time schedule', async () => {
    expect(await restart('at(2026-01-01T00:05:00)', 10 * minute)).toEqual({
      before: [],
      after: ['2026-01-01T00:11:30'],
    });
  });

  it('does not repeat the run of a one-time schedule', async () => {
    expect(await restart('at(2026-01-01T00:01:00)', minute)).toEqual({ before: ['2026-01-01T00:01:00'], after: [] });
  });
});

describe('operations', () => {
  it('gets, lists and deletes schedules', async () => {
    const { scheduler, clock, calls } = createHarness();
    scheduler.addSchedule(schedule({ scheduleExpression: 'cron(0 9 * * ? *)' }));
    expect(await scheduler.handle('GetSchedule', { Name: 'sweep' })).toMatchObject({
      Name: 'sweep',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: functionArn, RoleArn: roleArn },
    });
    expect(await scheduler.handle('ListSchedules', {})).toMatchObject({ Schedules: [{ Name: 'sweep', Arn: arn }] });
    await scheduler.handle('DeleteSchedule', { Name: 'sweep' });
    await clock.advance(2 * day);
    expect(calls).toEqual([]);
    await expect(scheduler.handle('GetSchedule', { Name: 'sweep' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
    await expect(scheduler.handle('TagResource', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
  });
});
