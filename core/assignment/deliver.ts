import type { Slots } from '../agents/agent.ts';
import { disconnectAgent } from '../agents/disconnect-agent.ts';
import { readSlots } from '../agents/read-agent.ts';
import type { PlatformFrame } from '../contract/platform-frames.ts';
import { showHandoff } from '../handoff/show-handoff.ts';
import { withReadUrl } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { attemptDeadline, type Task } from '../tasks/task.ts';
import { traceOfAttempt } from '../trace/task-spans.ts';
import { pushFrame } from '../watch/push-frame.ts';

/** Stable per (task, attempt): what an agent hands to the systems it calls. */
const idempotencyKeyOf = (task: Task): string => `${task.taskId}:${task.attempt}`;

/** The names of its secrets: the values are asked for. */
const secretsOf = ({ secrets }: Task): { readonly secrets?: string[] } =>
  secrets === undefined ? {} : { secrets: secrets.map(({ name }) => name) };

/** What the agent before said when it handed the task over. */
const handoffOf = async (
  services: Services,
  { tenant, handoffs = [] }: Task,
): Promise<Pick<PlatformFrame<'task.assigned'>['task'], 'handoff'>> => {
  const last = handoffs.at(-1);
  if (last === undefined) return {};
  return { handoff: await showHandoff(services, tenant, last) };
};

/** What an agent is told of an assignment. */
export const assignmentFrame = async (services: Services, task: Task): Promise<PlatformFrame<'task.assigned'>> => {
  const {
    taskId,
    kind,
    type,
    description,
    context,
    constraints,
    outputFormat,
    priority,
    place,
    ackTimeoutMs,
    workState,
    children,
    term,
  } = task;
  const traceparent = traceOfAttempt(task);
  return {
    task: {
      taskId,
      kind,
      type,
      priority,
      input: await withReadUrl(services, task.tenant, task.input),
      ...(description === undefined ? {} : { description }),
      ...(context === undefined ? {} : { context }),
      ...(constraints === undefined ? {} : { constraints }),
      ...(outputFormat === undefined ? {} : { outputFormat }),
      ...(ackTimeoutMs === undefined ? {} : { ackTimeoutMs }),
      ...(children === undefined ? {} : { children: await withReadUrl(services, task.tenant, children) }),
      ...(workState === undefined ? {} : { workState: await withReadUrl(services, task.tenant, workState) }),
      ...(place === undefined ? {} : { runId: place.runId, step: place.step }),
      ...(term === undefined ? {} : { term: term.number }),
      ...(await handoffOf(services, task)),
      ...secretsOf(task),
    },
    attempt: task.attempt,
    deadline: task.deadlineAt,
    ...(task.attemptTimeoutSeconds === undefined ? {} : { attemptDeadline: attemptDeadline(task) }),
    idempotencyKey: idempotencyKeyOf(task),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
};

/**
 * Hands an assignment to its agent; repeatable, the agent drops what it has. A gone socket is looked up once more: the
 * agent may have come back over another one. If not, its reconnect grace begins. Whatever is not delivered here is
 * delivered again by the agent's next heartbeat or registration.
 */
export const deliverAssignment = async (services: Services, task: Task, slots: Slots): Promise<void> => {
  const frame = await assignmentFrame(services, task);
  const deliverTo = (connectionId: string): ReturnType<typeof pushFrame> =>
    pushFrame(services, { connectionId, traceparent: frame.traceparent }, 'task.assigned', frame);
  if (slots.connection !== undefined && (await deliverTo(slots.connection)) !== 'gone') return;
  const now = await readSlots(services, slots.tenant, slots.agentId);
  if (now?.connection !== undefined && now.connection !== slots.connection) {
    await deliverTo(now.connection);
  } else if (now?.connection !== undefined) {
    await disconnectAgent(services, slots, now.connection);
  }
};
