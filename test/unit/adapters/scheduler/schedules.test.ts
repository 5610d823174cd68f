import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSchedulerSchedules } from '#adapters/scheduler/schedules.ts';
import { serviceFault } from '../faults.ts';

const client = new SchedulerClient({ region: 'eu-west-1' });
const mock = mockClient(client);
const schedules = createSchedulerSchedules({ client, groupName: 'g', queueArn: 'arn:queue', roleArn: 'arn:role' });
const request = {
  tenant: 'acme',
  trigger: 'every: morning',
  schedule: { expression: 'cron(0 8 ? * MON-FRI *)', timeZone: 'Europe/Berlin' },
  enabled: true,
};

beforeEach(() => {
  mock.reset();
});

describe('put', () => {
  it('makes a schedule that announces its times on the queue', async () => {
    mock.on(CreateScheduleCommand).resolves({});
    await schedules.put(request);
    const [call] = mock.commandCalls(CreateScheduleCommand);
    const input = call?.args[0].input;
    expect(input).toMatchObject({
      GroupName: 'g',
      Name: expect.stringMatching(/^trigger-[0-9a-f]{40}$/),
      ScheduleExpression: 'cron(0 8 ? * MON-FRI *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      State: 'ENABLED',
      Target: { Arn: 'arn:queue', RoleArn: 'arn:role' },
    });
    expect(JSON.parse(input?.Target?.Input ?? '')).toMatchObject({
      kind: 'schedule',
      tenant: 'acme',
      trigger: 'every: morning',
    });
  });

  it('changes one that is there', async () => {
    mock.on(CreateScheduleCommand).rejects(serviceFault('ConflictException', 409));
    mock.on(UpdateScheduleCommand).resolves({});
    await schedules.put({ ...request, enabled: false });
    expect(mock.commandCalls(UpdateScheduleCommand).map((call) => call.args[0].input.State)).toEqual(['DISABLED']);
  });

  it('says what Scheduler has against an expression', async () => {
    mock.on(CreateScheduleCommand).rejects(serviceFault('ValidationException', 400));
    await expect(schedules.put(request)).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'schedule' });
  });
});

describe('remove', () => {
  it('removes a schedule, and takes one that is not there for removed', async () => {
    mock.on(DeleteScheduleCommand).resolvesOnce({}).rejects(serviceFault('ResourceNotFoundException', 404));
    await schedules.remove('acme', 'every: morning');
    await schedules.remove('acme', 'every: morning');
    expect(mock).toHaveReceivedCommandTimes(DeleteScheduleCommand, 2);
  });
});
