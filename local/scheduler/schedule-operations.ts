import * as z from 'zod';
import { AwsError } from '../contract.ts';
import { lowerKeys, type Schedule } from './schedule.ts';

/** A schedule in force with what the API tells of its life. */
export interface KeptSchedule extends Schedule {
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly clientToken: string | undefined;
}

/** What the operations of the API work on. */
export interface ScheduleRegistry {
  now(): number;
  /** By group and name; every group, when none is named. */
  list(): readonly KeptSchedule[];
  hasGroup(name: string): boolean;
  arnOf(groupName: string, name: string): string;
  /** Puts a definition with small first letters in force. */
  put(definition: Readonly<Record<string, unknown>>, clientToken: string | undefined): KeptSchedule;
  remove(arn: string): void;
}

type Input = Readonly<Record<string, unknown>>;
type Operation = (registry: ScheduleRegistry, input: Input) => Record<string, unknown>;

const ScheduleName = z.looseObject({ Name: z.string(), GroupName: z.string().default('default') });
const WrittenSchedule = z.looseObject({
  Name: z.string(),
  GroupName: z.string().default('default'),
  ClientToken: z.string().optional(),
  ScheduleExpression: z.string(),
  FlexibleTimeWindow: z.unknown().refine((window) => window !== undefined, 'FlexibleTimeWindow is required'),
  StartDate: z.number().optional(),
});
const ListInput = z.looseObject({
  GroupName: z.string().optional(),
  NamePrefix: z.string().default(''),
  State: z.enum(['ENABLED', 'DISABLED']).optional(),
  MaxResults: z.coerce.number().int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});

/** How far in the past a start may lie. @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
const startGraceMs = 5 * 60_000;

function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new AwsError('ValidationException', z.prettifyError(parsed.error));
  return parsed.data;
}

/** The API's spelling: every key with a capital. */
function capitalizeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalizeKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [
    key.charAt(0).toUpperCase() + key.slice(1),
    capitalizeKeys(part),
  ]);
  return Object.fromEntries(entries);
}

const times = ({ createdMs, modifiedMs }: KeptSchedule): Record<string, number> => ({
  CreationDate: createdMs / 1000,
  LastModificationDate: modifiedMs / 1000,
});

function describeSchedule(schedule: KeptSchedule): Record<string, unknown> {
  const { name, groupName, arn, description, kmsKeyArn, scheduleExpression, state } = schedule;
  const { flexibleTimeWindow, target, actionAfterCompletion, zone, startMs, endMs } = schedule;
  const definition = { name, groupName, arn, description, kmsKeyArn, scheduleExpression, state, actionAfterCompletion };
  return {
    ...z.looseObject({}).parse(capitalizeKeys({ ...definition, flexibleTimeWindow, target })),
    ...times(schedule),
    ScheduleExpressionTimezone: zone.name,
    ...(startMs === undefined ? {} : { StartDate: startMs / 1000 }),
    ...(endMs === undefined ? {} : { EndDate: endMs / 1000 }),
  };
}

function find(registry: ScheduleRegistry, groupName: string, name: string): KeptSchedule | undefined {
  if (!registry.hasGroup(groupName)) {
    throw new AwsError('ResourceNotFoundException', `Schedule group ${groupName} does not exist.`, 404);
  }
  return registry.list().find((one) => one.name === name && one.groupName === groupName);
}

function requireSchedule(registry: ScheduleRegistry, input: Input): KeptSchedule {
  const { Name: name, GroupName: groupName } = parseInput(ScheduleName, input);
  const found = find(registry, groupName, name);
  if (found === undefined) throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
  return found;
}

/** Puts what a request says in force; what it leaves out takes its default, in an update as well. */
function write(registry: ScheduleRegistry, input: Input): Record<string, unknown> {
  const { ClientToken: clientToken, ...rest } = parseInput(WrittenSchedule, input);
  if (rest.StartDate !== undefined && rest.StartDate * 1000 < registry.now() - startGraceMs) {
    throw new AwsError('ValidationException', 'The StartDate you specify cannot be earlier than 5 minutes ago.');
  }
  const definition = z.looseObject({}).parse(lowerKeys(rest));
  const schedule = registry.put({ ...definition, arn: registry.arnOf(rest.GroupName, rest.Name) }, clientToken);
  return { ScheduleArn: schedule.arn };
}

const createSchedule: Operation = (registry, input) => {
  const { Name: name, GroupName: groupName, ClientToken: clientToken } = parseInput(WrittenSchedule, input);
  const existing = find(registry, groupName, name);
  if (existing === undefined) return write(registry, input);
  // A repetition of the request that created it, whose answer was lost.
  if (clientToken !== undefined && existing.clientToken === clientToken) return { ScheduleArn: existing.arn };
  throw new AwsError('ConflictException', `Schedule ${name} already exists.`, 409);
};

const updateSchedule: Operation = (registry, input) => {
  requireSchedule(registry, input);
  return write(registry, input);
};

const deleteSchedule: Operation = (registry, input) => {
  registry.remove(requireSchedule(registry, input).arn);
  return {};
};

const listSchedules: Operation = (registry, input) => {
  const { GroupName, NamePrefix, State, MaxResults, NextToken = '' } = parseInput(ListInput, input);
  const after = Buffer.from(NextToken, 'base64url').toString();
  const chosen = registry
    .list()
    .filter(({ groupName }) => GroupName === undefined || groupName === GroupName)
    .filter(({ name, state }) => name.startsWith(NamePrefix) && (State === undefined || state === State))
    .filter(({ arn }) => arn > after)
    .toSorted((left, right) => (left.arn < right.arn ? -1 : 1));
  const page = chosen.slice(0, MaxResults);
  const last = page.at(-1);
  const summaries = page.map((schedule) => {
    const { name, groupName, arn, state, target } = schedule;
    return {
      Name: name,
      GroupName: groupName,
      Arn: arn,
      State: state,
      Target: { Arn: target.arn },
      ...times(schedule),
    };
  });
  const isMore = chosen.length > page.length && last !== undefined;
  return { Schedules: summaries, ...(isMore && { NextToken: Buffer.from(last.arn).toString('base64url') }) };
};

const operations: Readonly<Record<string, Operation>> = {
  CreateSchedule: createSchedule,
  UpdateSchedule: updateSchedule,
  DeleteSchedule: deleteSchedule,
  GetSchedule: (registry, input) => describeSchedule(requireSchedule(registry, input)),
  ListSchedules: listSchedules,
};

/** Answers an operation of the Scheduler API. @throws AwsError as the service answers it */
export function answerOperation(registry: ScheduleRegistry, operation: string, input: Input): Record<string, unknown> {
  const run = operations[operation];
  if (run === undefined) {
    throw new AwsError('UnknownOperationException', `The local scheduler does not support ${operation}.`);
  }
  return run(registry, input);
}
