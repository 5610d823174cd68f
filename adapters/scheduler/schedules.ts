import { createHash } from 'node:crypto';
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { InvalidFieldError } from '#core/errors/errors.ts';
import type { ScheduleRequest, Schedules } from '#core/ports/schedules.ts';
import { callService, isNamed } from '../service-errors.ts';

/** Where schedules are kept, and what they send to. */
export interface SchedulerOptions {
  readonly client: SchedulerClient;
  readonly groupName: string;
  /** The triggers queue. */
  readonly queueArn: string;
  /** Under which Scheduler sends to it. */
  readonly roleArn: string;
}

const service = 'EventBridge Scheduler';

/** A trigger's name may have characters that a schedule's may not. */
const scheduleName = (tenant: string, trigger: string): string =>
  `trigger-${createHash('sha256').update(`${tenant}#${trigger}`).digest('hex').slice(0, 40)}`;

const requestOf = (
  options: SchedulerOptions,
  { tenant, trigger, schedule, enabled }: ScheduleRequest,
): CreateScheduleCommandInput => ({
  Name: scheduleName(tenant, trigger),
  GroupName: options.groupName,
  Description: `Trigger ${trigger} of ${tenant}`.slice(0, 512),
  ScheduleExpression: schedule.expression,
  ScheduleExpressionTimezone: schedule.timeZone,
  State: enabled ? 'ENABLED' : 'DISABLED',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: {
    Arn: options.queueArn,
    RoleArn: options.roleArn,
    Input: JSON.stringify({
      kind: 'schedule',
      tenant,
      trigger,
      // Filled in by Scheduler; the time alone tells repeats of one time from the next time.
      id: '<aws.scheduler.scheduled-time>',
      time: '<aws.scheduler.scheduled-time>',
    }),
  },
});

const put = async (options: SchedulerOptions, request: ScheduleRequest): Promise<void> => {
  const input = requestOf(options, request);
  try {
    await callService(service, () => options.client.send(new CreateScheduleCommand(input)));
  } catch (error) {
    if (isNamed(error, 'ConflictException')) {
      await callService(service, () => options.client.send(new UpdateScheduleCommand(input)));
      return;
    }
    throw error;
  }
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Schedules of EventBridge Scheduler, named by tenant and trigger. Every method may be repeated. */
export const createSchedulerSchedules = (options: SchedulerOptions): Schedules => ({
  put: async (request) => {
    try {
      await put(options, request);
    } catch (error) {
      if (isNamed(error, 'ValidationException'))
        throw new InvalidFieldError('schedule', `EventBridge Scheduler takes no such schedule: ${reasonOf(error)}`);
      throw error;
    }
  },
  remove: async (tenant, trigger) => {
    const command = new DeleteScheduleCommand({
      Name: scheduleName(tenant, trigger),
      GroupName: options.groupName,
    });
    try {
      await callService(service, () => options.client.send(command));
    } catch (error) {
      if (!isNamed(error, 'ResourceNotFoundException')) throw error;
    }
  },
});
