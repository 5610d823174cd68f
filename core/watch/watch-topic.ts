import { readAgentView } from '../agents/agent-view.ts';
import { readProfile } from '../agents/read-agent.ts';
import type { ClientFrame } from '../contract/client-frames.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { NotFoundError } from '../errors/errors.ts';
import { type Principal, requireScope } from '../identity/principal.ts';
import { readRunView } from '../runs/run-view.ts';
import type { Services } from '../services.ts';
import { readTask } from '../tasks/task.ts';
import { markWatched } from '../tasks/task-writes.ts';
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
  agentId: NonNullable<WatchFrame['agentId']>,
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
 * Shows a connection a run, a task or an agent: first how it stands, then each change. Watched before the state is read,
 * so nothing falls between the two.
 * @throws NotFoundError when there is none of this tenant's; ForbiddenError for what its role may not read otherwise either.
 */
export const watch = async (
  services: Services,
  principal: Principal,
  topic: WatchFrame,
  connectionId: string,
): Promise<void> => {
  const { tenant } = principal;
  if (topic.runId !== undefined) {
    requireScope(principal, 'runs:read');
    const known = await services.table.get(keys.run(tenant, topic.runId), { consistent: true });
    if (known === undefined) throw new NotFoundError('run', topic.runId);
    await addWatcher(services, principal, topic.runId, connectionId);
    return showRun(services, principal, topic.runId, connectionId);
  }
  if (topic.taskId !== undefined) {
    const marked = await services.table.update(markWatched({ tenant, taskId: topic.taskId }));
    const found = readTask(marked.item);
    if (!marked.won || found.kind !== 'task') throw new NotFoundError('task', topic.taskId);
    await addWatcher(services, principal, topic.taskId, connectionId);
    return tellOfTask(services, found.task, isTerminal(found.task.status) ? 'task.completed' : 'task.state');
  }
  if (topic.agentId !== undefined) {
    requireScope(principal, 'agents:read');
    await readProfile(services, tenant, topic.agentId);
    await addWatcher(services, principal, topic.agentId, connectionId);
    return showAgent(services, principal, topic.agentId, connectionId);
  }
};

/** Stops showing. Stopping what was not watched is fine. */
export const unwatch = async (
  services: Services,
  principal: Principal,
  topic: ClientFrame<'unwatch'>,
  connectionId: string,
): Promise<void> => {
  const topics = [topic.runId, topic.taskId, topic.agentId].filter((id) => id !== undefined);
  await Promise.all(topics.map((id) => removeWatcher(services, principal, id, connectionId)));
};
