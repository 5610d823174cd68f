import { readAgentView } from '../agents/agent-view.ts';
import { findAgent, resolveAgent } from '../agents/find-agent.ts';
import type { ClientFrame } from '../contract/client-frames.ts';
import type { AgentId, TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import { openLog, replayLog, type Subject } from '../event-log/follow-log.ts';
import { type Principal, requireScope } from '../identity/principal.ts';
import { readRunView } from '../runs/run-view.ts';
import type { Services } from '../services.ts';
import { topicOf } from '../state/tell-subscribers.ts';
import { readTask } from '../tasks/task.ts';
import { markWatched } from '../tasks/task-notes.ts';
import { pushFrame } from './push-frame.ts';
import { addWatcher, removeWatcher, tellOfTask } from './watchers.ts';

type WatchFrame = ClientFrame<'watch'>;

const showRun = async (
  services: Services,
  principal: Principal,
  runId: NonNullable<WatchFrame['runId']>,
  connectionId: string,
): Promise<void> => {
  const run = await readRunView(services, principal.tenant, runId);
  await pushFrame(services, connectionId, 'event', {
    seq: Number(run['rev'] ?? 0),
    type: isTerminal(run.status) ? 'run.completed' : 'run.state',
    at: services.clock.now(),
    runId,
    data: {
      status: run.status,
      steps: run.steps.map(({ step, status, tasks }) => ({ step, status, tasks: tasks.length })),
    },
  });
};

const showAgent = async (
  services: Services,
  principal: Principal,
  agentId: AgentId,
  connectionId: string,
): Promise<void> => {
  const { name, status, state, connected, freeSlots, maxConcurrency, tasks } = await readAgentView(
    services,
    principal.tenant,
    agentId,
  );
  await pushFrame(services, connectionId, 'event', {
    seq: 0,
    type: 'agent.state',
    at: services.clock.now(),
    agentId,
    data: { name, status, state, connected, freeSlots, maxConcurrency, tasks: tasks.map(({ taskId }) => taskId) },
  });
};

/**
 * Lets a connection follow the log of a run or task from a cursor on: first what is there, then what comes. Followed before
 * the log is read, so nothing falls between the two.
 * @throws NotFoundError, ForbiddenError.
 */
const follow = async (
  services: Services,
  principal: Principal,
  subject: Subject,
  to: { readonly connectionId: string; readonly cursor: number },
): Promise<void> => {
  const { topic } = await openLog(services, principal, subject);
  await addWatcher(services, principal, topic, { connectionId: to.connectionId, follows: true });
  await replayLog(services, principal, topic, to);
};

const watchTask = async (
  services: Services,
  principal: Principal,
  taskId: TaskId,
  connectionId: string,
): Promise<void> => {
  const marked = await services.table.update(markWatched({ tenant: principal.tenant, taskId }));
  const found = readTask(marked.item);
  if (!marked.won || found.kind !== 'task') throw new NotFoundError('task', taskId);
  await addWatcher(services, principal, taskId, { connectionId });
  await tellOfTask(services, found.task, isTerminal(found.task.status) ? 'task.completed' : 'task.state');
};

/**
 * Shows a connection a run, a task or an agent: first how it stands, then each change. Watched before the state is read,
 * so nothing falls between the two. With a cursor, what its log has from there on.
 * @throws NotFoundError when there is none of this tenant's; ForbiddenError for what its role may not read otherwise either.
 */
export const watch = async (
  services: Services,
  principal: Principal,
  topic: WatchFrame,
  connectionId: string,
): Promise<void> => {
  const { tenant } = principal;
  const { runId, taskId, agentId, cursor } = topic;
  if (runId !== undefined) {
    requireScope(principal, 'runs:read');
    if (cursor !== undefined) return follow(services, principal, { runId }, { connectionId, cursor });
    const known = await services.table.get(keys.run(tenant, runId), { consistent: true });
    if (known === undefined) throw new NotFoundError('run', runId);
    await addWatcher(services, principal, runId, { connectionId });
    return showRun(services, principal, runId, connectionId);
  }
  if (taskId !== undefined) {
    if (cursor !== undefined) return follow(services, principal, { taskId }, { connectionId, cursor });
    return watchTask(services, principal, taskId, connectionId);
  }
  if (agentId !== undefined) {
    requireScope(principal, 'agents:read');
    const id = await findAgent(services, tenant, agentId);
    await addWatcher(services, principal, id, { connectionId });
    return showAgent(services, principal, id, connectionId);
  }
};

/** Stops showing. Stopping what was not watched is fine. */
export const unwatch = async (
  services: Services,
  principal: Principal,
  topic: ClientFrame<'unwatch'>,
  connectionId: string,
): Promise<void> => {
  const scope = topic.scope === undefined ? undefined : topicOf(topic.scope);
  const agentId =
    topic.agentId === undefined ? undefined : await resolveAgent(services, principal.tenant, topic.agentId);
  const topics = [topic.runId, topic.taskId, agentId, scope].filter((id) => id !== undefined);
  await Promise.all(topics.map((id) => removeWatcher(services, principal, id, connectionId)));
};
