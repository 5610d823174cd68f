import { lifecycleEffect } from '../contract/env.ts';
import { eventTypes } from '../contract/event-types.ts';
import type { Item } from '../table/table.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { traceOfAttempt } from '../trace/task-spans.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';

type Kind = LifecycleEvent['type'];

const eventOf = (task: Task, type: Kind, suffix: string, more: Partial<LifecycleEvent>): LifecycleEvent => {
  const { tenant, taskId, type: taskType, kind, place, agentId } = task;
  const inRun = place === undefined ? {} : { runId: place.runId, step: place.step, stage: place.stage };
  return {
    type,
    id: `${taskId}:${type}${suffix}`,
    tenant,
    source: agentId ?? taskId,
    coordinatorId: place?.runId ?? task.parentTask ?? taskId,
    timestamp: task.createdAt,
    traceparent: traceOfAttempt(task),
    ...more,
    facts: { taskId, type: taskType, kind, ...inRun, ...more.facts },
  };
};

const completed = (task: Task, endedAt: number): LifecycleEvent => {
  const { status, attempt, output, error, usage, agentId } = task;
  const facts = { status, attempt, output, error, usage, agentId, endedAt };
  return eventOf(task, eventTypes.taskCompleted, '', { timestamp: endedAt, facts });
};

/** Whether each change of a task is told, not only its end. */
const isFollowed = (task: Task): boolean => task.effects?.startsWith(lifecycleEffect) === true;

const assigned = (task: Task, before: Task | undefined): readonly LifecycleEvent[] => {
  const { status, attempt, agentId, agentName, assignedAt } = task;
  if (status !== 'ASSIGNED' || before?.attempt === attempt) return [];
  const more = { source: task.taskId, target: agentId, timestamp: assignedAt ?? task.createdAt };
  return [eventOf(task, eventTypes.taskAssigned, `:${attempt}`, { ...more, facts: { attempt, agentId, agentName } })];
};

/** What an agent said of how far it is: a milestone is told apart. Only seen as it changes. */
const progressed = (task: Task, before: Task | undefined, nowMs: number): readonly LifecycleEvent[] => {
  const { progress, attempt, rev } = task;
  if (before === undefined || progress === undefined) return [];
  if (JSON.stringify(progress) === JSON.stringify(before.progress)) return [];
  const { milestone } = progress;
  const isMilestone = milestone !== undefined && milestone !== before.progress?.milestone;
  const type = isMilestone ? eventTypes.milestoneReached : eventTypes.progressUpdate;
  return [eventOf(task, type, `:${rev}`, { timestamp: nowMs, facts: { attempt, ...progress } })];
};

/** Somebody is asked to answer an approval, or reminded: what a channel to people listens to. */
const asked = (task: Task, before: Task | undefined): readonly LifecycleEvent[] => {
  const { chain, approval, description, priority, input } = task;
  if (chain === undefined || chain.what === 'waiting') return [];
  if (before?.chain?.what === chain.what && before.chain.position === chain.position) return [];
  const { contact, position, what, since, nextAt } = chain;
  const type = what === 'asked' ? eventTypes.approvalRequested : eventTypes.approvalReminded;
  const facts = { contact, position, since, nextAt, options: approval?.options, description, priority, input };
  return [
    eventOf(task, type, `:${position}`, { source: task.taskId, timestamp: chain.history.at(-1)?.at ?? since, facts }),
  ];
};

/**
 * What a task's write means to the bus. Its end, where it asked for that at birth; every change, where its workflow did
 * (`taskEvents`). Without the item as it was before, all that is known to have happened.
 */
export const eventsOfTask = (task: Task, old: Item | undefined, nowMs: number): readonly LifecycleEvent[] => {
  const found = readTask(old);
  const before = found.kind === 'task' ? found.task : undefined;
  const chained = task.endedAt === undefined ? asked(task, before) : [];
  const ended = task.endedAt === undefined ? [] : [completed(task, task.endedAt)];
  if (!isFollowed(task)) return task.effects?.split(',').includes('event') === true ? [...chained, ...ended] : chained;
  const created = before === undefined ? [eventOf(task, eventTypes.taskCreated, '', { source: task.taskId })] : [];
  return [...created, ...chained, ...assigned(task, before), ...progressed(task, before, nowMs), ...ended];
};
