import { eachFleetPage } from '../agents/fleet.ts';
import { readDirectory } from '../assignment/backlog.ts';
import { indexKeys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { Cleared } from '../contract/system.ts';
import { AppError } from '../errors/app-error.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { sweepAgent } from '../sweep/sweep-agent.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import { cancelTask } from '../tasks/cancel-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { endOverdue } from '../timers/handle-timer.ts';

/** Queued tasks that one call looks at. */
const mostQueued = 1000;

const queuedTasks = async (services: Services, { tenant }: Principal): Promise<readonly Task[]> => {
  const tasks: Task[] = [];
  for (const { sk } of await readDirectory(services, tenant)) {
    if (tasks.length >= mostQueued) break;
    const page = await readIndexPage(services.table, {
      partition: indexKeys.backlogOf(tenant, String(sk)),
      index: 'backlog',
      limit: 100,
    });
    tasks.push(
      ...page.items.flatMap((item) => {
        const found = readTask(item);
        return found.kind === 'task' && found.task.status === 'QUEUED' ? [found.task] : [];
      }),
    );
  }
  return tasks;
};

/** What is done about one queued task; one that somebody else ends meanwhile is no fault. */
const clearQueued = async (
  services: Services,
  principal: Principal,
  task: Task,
  olderThanMs: number,
): Promise<'ended' | 'cancelled' | 'left'> => {
  const nowMs = services.clock.now();
  try {
    if (task.deadlineAt <= nowMs) return await endOverdue(services, task).then(() => 'ended');
    if (task.unrunnable === undefined || nowMs - (task.queuedAt ?? nowMs) < olderThanMs) return 'left';
    await cancelTask(services, principal, task.taskId, `Cleared as stuck: ${task.unrunnable}`);
    return 'cancelled';
  } catch (error) {
    if (error instanceof AppError) return 'left';
    throw error;
  }
};

/**
 * Does for one tenant at once what the sweep does every minute, agents' claims first, and cancels queued tasks that no
 * registered agent could ever have when they have waited longer than that. Repeatable; looks at the oldest of each kind.
 */
export const clearStuck = async (services: Services, principal: Principal, olderThanMs: number): Promise<Cleared> => {
  const report = { agents: 0, repaired: 0, ended: 0, cancelled: 0 };
  await eachFleetPage(services, principal.tenant, limits.countedAgents, async ({ slots }) => {
    for (const agent of slots) {
      report.agents += 1;
      report.repaired += await sweepAgent(services, agent);
    }
  });
  for (const task of await queuedTasks(services, principal)) {
    const outcome = await clearQueued(services, principal, task, olderThanMs);
    if (outcome !== 'left') report[outcome] += 1;
  }
  return report;
};
