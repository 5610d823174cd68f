import * as z from 'zod';
import { AgentId } from '../contract/ids.ts';
import type { AttemptView, TaskError } from '../contract/task.ts';
import type { Task } from './task.ts';

/** Attempts that a task remembers; a parent that waits often may have more. */
const keptAttempts = 50;
/** Of a message: the whole of the last one stands in the task. */
const messageLength = 200;

/** An attempt that was not the last, as it is kept with the task. */
const PastAttempt = z.looseObject({
  attempt: z.int(),
  agentId: AgentId,
  agentName: z.string().optional(),
  assignedAt: z.number().optional(),
  startedAt: z.number().optional(),
  endedAt: z.number(),
  outcome: z.enum(['failed', 'moved', 'waited', 'handed_off']),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

const placeOf = (attempt: number): string => `past:${attempt % keptAttempts}`;

/** Why an attempt is over and the task is not. */
export interface AttemptOver {
  readonly outcome: z.infer<typeof PastAttempt>['outcome'];
  readonly error?: TaskError | undefined;
  readonly nowMs: number;
}

/** What a task keeps of the attempt that it is in, by the attribute that it is kept under. */
export const pastAttempt = (task: Task, { outcome, error, nowMs }: AttemptOver): Readonly<Record<string, unknown>> => {
  const { attempt, agentId, agentName, assignedAt, startedAt } = task;
  const why =
    error === undefined ? {} : { error: { code: error.code, message: error.message.slice(0, messageLength) } };
  return {
    [placeOf(attempt)]: { attempt, agentId, agentName, assignedAt, startedAt, endedAt: nowMs, outcome, ...why },
  };
};

const present = (task: Task): readonly AttemptView[] => {
  const { attempt, agentId, agentName, assignedAt, startedAt, endedAt, error } = task;
  if (attempt === 0 || agentId === undefined) return [];
  const isRunning = task.status === 'ASSIGNED' && startedAt !== undefined;
  const outcome = (isRunning ? 'RUNNING' : task.status).toLowerCase();
  const why =
    error === undefined || endedAt === undefined ? {} : { error: { code: error.code, message: error.message } };
  return [{ attempt, agentId, agentName, assignedAt, startedAt, endedAt, outcome, ...why }];
};

/** Everything that was tried, oldest first, at most the last 50; the last one is the present one, or how the task ended. */
export const attemptsOf = (task: Task): readonly AttemptView[] => {
  const now = present(task);
  const past = Array.from({ length: keptAttempts }, (_, place) => PastAttempt.safeParse(task[placeOf(place)]).data)
    .filter((attempt) => attempt !== undefined)
    .filter(({ attempt }) => attempt !== now[0]?.attempt)
    .toSorted((left, right) => left.attempt - right.attempt);
  return [...past, ...now];
};
