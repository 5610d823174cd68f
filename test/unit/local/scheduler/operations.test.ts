import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AwsError } from '#local/contract.ts';
import { createScheduler, type Scheduler } from '#local/scheduler/create-scheduler.ts';
import { ManualClock } from './manual-clock.ts';

const roleArn = 'arn:aws:iam::123456789012:role/scheduler';
const prefix = 'arn:aws:scheduler:eu-west-1:123456789012:schedule';
const minute = 60_000;

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function create(options: { clock?: ManualClock; databasePath?: string; trusted?: string } = {}) {
  const { clock = new ManualClock(), databasePath, trusted = roleArn } = options;
  const payloads: unknown[] = [];
  const failures: Error[] = [];
  const scheduler = createScheduler({
    clock,
    ...(databasePath !== undefined && { databasePath }),
    region: 'eu-west-1',
    accountId: '123456789012',
    mayAssume: (role) => role === trusted,
    log: () => undefined,
    call: async ({ input }) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      payloads.push(input['Payload']);
      return {};
    },
  });
  return { scheduler, clock, payloads, failures };
}

function databasePath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'scheduler-'));
  directories.push(directory);
  return join(directory, 'schedules.sqlite');
}

const wanted = (more: Record<string, unknown> = {}, target: Record<string, unknown> = {}) => ({
  Name: 'daily',
  ScheduleExpression: 'rate(1 minute)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: 'arn:aws:lambda:eu-west-1:123456789012:function:f', RoleArn: roleArn, Input: '"a"', ...target },
  ...more,
});

const declaration = (input: string) => ({
  name: 'declared',
  arn: `${prefix}/default/declared`,
  scheduleExpression: 'rate(1 minute)',
  flexibleTimeWindow: { Mode: 'OFF' },
  target: { Arn: 'arn:aws:lambda:eu-west-1:123456789012:function:f', RoleArn: roleArn, Input: input },
});

const names = async (scheduler: Scheduler): Promise<unknown> =>
  (await scheduler.handle('ListSchedules', {}))['Schedules'];

describe('CreateSchedule', () => {
  it('puts a schedule in force and tells what it is', async () => {
    const { scheduler, clock, payloads } = create();
    const answer = await scheduler.handle('CreateSchedule', wanted({ Description: 'every minute' }));
    expect(answer).toEqual({ ScheduleArn: `${prefix}/default/daily` });
    await clock.advance(minute);
    expect(payloads).toEqual(['"a"', '"a"']);
    expect(await scheduler.handle('GetSchedule', { Name: 'daily' })).toEqual({
      Arn: `${prefix}/default/daily`,
      Name: 'daily',
      GroupName: 'default',
      Description: 'every minute',
      ScheduleExpression: 'rate(1 minute)',
      ScheduleExpressionTimezone: 'UTC',
      State: 'ENABLED',
      ActionAfterCompletion: 'NONE',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: 'arn:aws:lambda:eu-west-1:123456789012:function:f', RoleArn: roleArn, Input: '"a"' },
      CreationDate: Date.parse('2026-01-01T00:00:00Z') / 1000,
      LastModificationDate: Date.parse('2026-01-01T00:00:00Z') / 1000,
    });
  });

  it('answers a repetition as the first time and refuses another schedule of the same name', async () => {
    const { scheduler } = create();
    const first = await scheduler.handle('CreateSchedule', wanted({ ClientToken: 't1' }));
    expect(await scheduler.handle('CreateSchedule', wanted({ ClientToken: 't1' }))).toEqual(first);
    await expect(scheduler.handle('CreateSchedule', wanted({ ClientToken: 't2' }))).rejects.toMatchObject({
      code: 'ConflictException',
      statusCode: 409,
      message: 'Schedule daily already exists.',
    });
  });

  it.each([
    [{ Name: 'a b' }, 'ValidationException', 'name'],
    [{ ScheduleExpression: 'every minute' }, 'ValidationException', 'Invalid Schedule Expression'],
    [{ ScheduleExpression: undefined }, 'ValidationException', 'ScheduleExpression'],
    [{ FlexibleTimeWindow: undefined }, 'ValidationException', 'FlexibleTimeWindow'],
    [{ Target: undefined }, 'ValidationException', 'target'],
    [{ Colour: 'red' }, 'ValidationException', 'colour'],
    [{ GroupName: 'none' }, 'ResourceNotFoundException', 'Schedule group none does not exist.'],
    [{ StartDate: Date.parse('2025-12-31T23:54:59Z') / 1000 }, 'ValidationException', '5 minutes ago'],
    [{ ActionAfterCompletion: 'EXPLODE' }, 'ValidationException', 'actionAfterCompletion'],
  ])('refuses %j with %s', async (more, code, message) => {
    const { scheduler } = create();
    const failure = await scheduler.handle('CreateSchedule', wanted(more)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await names(scheduler)).toEqual([]);
  });

  it('refuses a role that the scheduler may not assume', async () => {
    const { scheduler } = create({ trusted: 'another' });
    await expect(scheduler.handle('CreateSchedule', wanted())).rejects.toThrow(
      'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
    );
  });

  it('knows the groups of the template', async () => {
    const { scheduler } = create();
    scheduler.addGroup('reports');
    await scheduler.handle('CreateSchedule', wanted({ GroupName: 'reports' }));
    await expect(scheduler.handle('GetSchedule', { Name: 'daily' })).rejects.toThrow('Schedule daily does not exist.');
    expect(await scheduler.handle('GetSchedule', { Name: 'daily', GroupName: 'reports' })).toMatchObject({
      Arn: `${prefix}/reports/daily`,
    });
  });
});

describe('UpdateSchedule', () => {
  it('replaces all of the schedule: what is left out takes its default', async () => {
    const { scheduler, clock, payloads } = create();
    await scheduler.handle('CreateSchedule', wanted({ Description: 'old', State: 'DISABLED' }));
    await clock.advance(minute);
    await scheduler.handle('UpdateSchedule', wanted({}, { Input: '"b"' }));
    await clock.advance(minute);
    expect(payloads).toEqual(['"b"', '"b"']);
    const updated = await scheduler.handle('GetSchedule', { Name: 'daily' });
    expect(updated).toMatchObject({
      State: 'ENABLED',
      CreationDate: Date.parse('2026-01-01T00:00:00Z') / 1000,
      LastModificationDate: Date.parse('2026-01-01T00:01:00Z') / 1000,
    });
    expect(updated['Description']).toBeUndefined();
  });

  it('refuses a schedule that does not exist', async () => {
    await expect(create().scheduler.handle('UpdateSchedule', wanted())).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });
});

describe('DeleteSchedule', () => {
  it('takes back a run that waits for its next try', async () => {
    const { scheduler, clock, payloads, failures } = create();
    failures.push(new AwsError('TooManyRequestsException', 'busy', 429));
    await scheduler.handle('CreateSchedule', wanted());
    await clock.advance(0);
    await scheduler.handle('DeleteSchedule', { Name: 'daily' });
    await clock.advance(minute);
    expect(payloads).toEqual([]);
  });
});

describe('ActionAfterCompletion', () => {
  it('deletes a one-time schedule once its run has reached the target, after all its tries', async () => {
    const { scheduler, clock, payloads, failures } = create();
    failures.push(new AwsError('TooManyRequestsException', 'busy', 429));
    const once = { ScheduleExpression: 'at(2026-01-01T00:01:00)', ActionAfterCompletion: 'DELETE' };
    await scheduler.handle('CreateSchedule', wanted(once));
    await clock.advance(minute);
    expect(await names(scheduler)).toMatchObject([{ Name: 'daily' }]);
    await clock.advance(minute);
    expect(payloads).toEqual(['"a"']);
    expect(await names(scheduler)).toEqual([]);
  });

  it('leaves a schedule that has further runs', async () => {
    const { scheduler, clock } = create();
    await scheduler.handle('CreateSchedule', wanted({ ActionAfterCompletion: 'DELETE' }));
    await clock.advance(2 * minute);
    expect(await names(scheduler)).toHaveLength(1);
  });
});

describe('ListSchedules', () => {
  it('pages, and selects by group, prefix and state', async () => {
    const { scheduler } = create();
    scheduler.addGroup('g');
    for (const Name of ['a1', 'a2', 'b1']) await scheduler.handle('CreateSchedule', wanted({ Name }));
    await scheduler.handle('CreateSchedule', wanted({ Name: 'a3', GroupName: 'g', State: 'DISABLED' }));
    const first = await scheduler.handle('ListSchedules', { MaxResults: '3' });
    expect(first['Schedules']).toMatchObject([{ Name: 'a1' }, { Name: 'a2' }, { Name: 'b1' }]);
    const second = await scheduler.handle('ListSchedules', { MaxResults: '3', NextToken: first['NextToken'] });
    expect(second).toEqual({ Schedules: [expect.objectContaining({ Name: 'a3', GroupName: 'g', State: 'DISABLED' })] });
    const byPrefix = await scheduler.handle('ListSchedules', { NamePrefix: 'a', State: 'ENABLED' });
    expect(byPrefix['Schedules']).toMatchObject([{ Name: 'a1' }, { Name: 'a2' }]);
    expect((await scheduler.handle('ListSchedules', { GroupName: 'g' }))['Schedules']).toHaveLength(1);
  });
});

describe('a restart', () => {
  it('keeps what was created, updated and deleted at run time', async () => {
    const path = databasePath();
    const before = create({ databasePath: path });
    before.scheduler.addSchedule(declaration('"template"'));
    await before.scheduler.handle('CreateSchedule', wanted());
    await before.scheduler.handle('CreateSchedule', wanted({ Name: 'gone' }));
    await before.scheduler.handle('UpdateSchedule', wanted({}, { Input: '"updated"' }));
    await before.scheduler.handle('DeleteSchedule', { Name: 'gone' });
    await before.scheduler.handle('DeleteSchedule', { Name: 'declared' });
    await before.clock.advance(0);
    await before.scheduler.stop();

    const after = create({ databasePath: path, clock: before.clock });
    after.scheduler.addSchedule(declaration('"template"'));
    after.scheduler.restore();
    await after.clock.advance(minute);
    expect(after.payloads).toEqual(['"updated"']);
    expect(await names(after.scheduler)).toMatchObject([{ Name: 'daily' }]);
    await after.scheduler.stop();
  });

  it('gives the template its word again when it says something new, and drops what it no longer has', async () => {
    const path = databasePath();
    const before = create({ databasePath: path });
    before.scheduler.addSchedule(declaration('"one"'));
    await before.scheduler.handle('DeleteSchedule', { Name: 'declared' });
    await before.scheduler.stop();

    const changed = create({ databasePath: path, clock: before.clock });
    changed.scheduler.addSchedule(declaration('"two"'));
    changed.scheduler.restore();
    await changed.clock.advance(0);
    expect(changed.payloads).toEqual(['"two"']);
    await changed.scheduler.stop();

    const without = create({ databasePath: path, clock: before.clock });
    without.scheduler.restore();
    await without.clock.advance(minute);
    expect(await names(without.scheduler)).toEqual([]);
    await without.scheduler.stop();
  });
});
