import * as z from 'zod';
import type { ScheduleExpression } from '#schedule-expression/parse-schedule.ts';
import { AwsError } from '../contract.ts';
import { parseScheduleExpression } from './schedule-expression.ts';
import { createTimeZone, type TimeZone } from './time-zone.ts';

const RetryPolicy = z.strictObject({
  maximumRetryAttempts: z.number().int().min(0).max(185).optional(),
  maximumEventAgeInSeconds: z.number().int().min(60).max(86_400).optional(),
});

/** Whom a schedule calls. The fields are those of the API with a lower-case first letter. */
export const ScheduleTarget = z.strictObject({
  arn: z.string(),
  roleArn: z.string(),
  input: z.string().optional(),
  retryPolicy: RetryPolicy.optional(),
  deadLetterConfig: z.strictObject({ arn: z.string().optional() }).optional(),
  sqsParameters: z.strictObject({ messageGroupId: z.string().optional() }).optional(),
  eventBridgeParameters: z.strictObject({ detailType: z.string(), source: z.string() }).optional(),
});
export type ScheduleTarget = z.infer<typeof ScheduleTarget>;

const FlexibleTimeWindow = z.strictObject({
  mode: z.enum(['OFF', 'FLEXIBLE']),
  maximumWindowInMinutes: z.number().int().min(1).max(1440).optional(),
});

const Moment = z.union([z.string(), z.number(), z.date()]);

const Definition = z.strictObject({
  name: z.string().regex(/^[0-9a-zA-Z-_.]{1,64}$/),
  groupName: z.string().default('default'),
  arn: z.string(),
  description: z.string().max(512).optional(),
  kmsKeyArn: z.string().optional(),
  actionAfterCompletion: z.enum(['NONE', 'DELETE']).default('NONE'),
  scheduleExpression: z.string(),
  scheduleExpressionTimezone: z.string().optional(),
  state: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  startDate: Moment.optional(),
  endDate: Moment.optional(),
  flexibleTimeWindow: FlexibleTimeWindow.default({ mode: 'OFF' }),
  target: ScheduleTarget,
});

/**
 * What {@link Scheduler.addSchedule} takes. Moments are ISO 8601 text, a Date, or epoch seconds as in the API; the
 * target and the window may have CloudFormation's capitals in their keys.
 */
export interface NewSchedule {
  readonly name: string;
  readonly groupName?: string | undefined;
  readonly arn: string;
  readonly description?: string | undefined;
  readonly kmsKeyArn?: string | undefined;
  readonly actionAfterCompletion?: string | undefined;
  readonly scheduleExpression: string;
  readonly scheduleExpressionTimezone?: string | undefined;
  readonly state?: string | undefined;
  readonly startDate?: string | number | Date | undefined;
  readonly endDate?: string | number | Date | undefined;
  readonly flexibleTimeWindow?: unknown;
  readonly target: unknown;
}

/** A schedule in force. */
export interface Schedule extends Omit<z.infer<typeof Definition>, 'startDate' | 'endDate'> {
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly windowMs: number;
  readonly expression: ScheduleExpression;
  readonly zone: TimeZone;
}

function refuse(message: string): never {
  throw new AwsError('ValidationException', message);
}

/** CloudFormation and the API write `RoleArn`, the rest of this folder `roleArn`. */
export function lowerKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, part]): [string, unknown] => {
    return [key.charAt(0).toLowerCase() + key.slice(1), lowerKeys(part)];
  });
  return Object.fromEntries(entries);
}

function readMoment(moment: z.infer<typeof Moment> | undefined, field: string): number | undefined {
  if (moment === undefined) return undefined;
  const epochMs = typeof moment === 'number' ? moment * 1000 : new Date(moment).getTime();
  return Number.isFinite(epochMs) ? epochMs : refuse(`${field} is not a time: ${String(moment)}`);
}

function checkTarget(target: ScheduleTarget): void {
  const [, , service = '', region = ''] = target.arn.split(':');
  if (service === 'scheduler' && region === '') {
    refuse(`Universal targets are not supported by the local scheduler: ${target.arn}`);
  }
  if (!['lambda', 'sqs', 'states', 'events'].includes(service)) {
    refuse(`Targets of this type are not supported by the local scheduler: ${target.arn}`);
  }
  if (service === 'events' && target.eventBridgeParameters === undefined) {
    refuse('EventBridgeParameters must be provided for an event bus target.');
  }
}

/** @throws AwsError `ValidationException` naming what the local scheduler, or AWS, does not accept */
export function parseSchedule(input: NewSchedule | Readonly<Record<string, unknown>>): Schedule {
  const parsed = Definition.safeParse({
    ...input,
    flexibleTimeWindow: lowerKeys(input.flexibleTimeWindow),
    target: lowerKeys(input.target),
  });
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const { startDate, endDate, ...schedule } = parsed.data;
  checkTarget(schedule.target);
  const window = schedule.flexibleTimeWindow;
  if ((window.mode === 'FLEXIBLE') !== (window.maximumWindowInMinutes !== undefined)) {
    refuse('MaximumWindowInMinutes is required with FlexibleTimeWindow mode FLEXIBLE, and only there.');
  }
  const startMs = readMoment(startDate, 'StartDate');
  const endMs = readMoment(endDate, 'EndDate');
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs) refuse('EndDate must be after StartDate.');
  return {
    ...schedule,
    startMs,
    endMs,
    windowMs: (window.maximumWindowInMinutes ?? 0) * 60_000,
    expression: parseScheduleExpression(schedule.scheduleExpression, 'scheduler'),
    zone: createTimeZone(schedule.scheduleExpressionTimezone ?? 'UTC'),
  };
}
