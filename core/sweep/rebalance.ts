import type { Slots } from '../agents/agent.ts';
import { lookForAgents } from '../agents/roster.ts';
import { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { timings } from '../contract/limits.ts';
import { whyNotNow, whyNotThis } from '../routing/candidate.ts';
import { type Excess, planRebalance, type RebalancePlan } from '../routing/plan-rebalance.ts';
import type { Services } from '../services.ts';
import { giveBackTask } from '../tasks/give-back-task.ts';
import { readTask, type Task } from '../tasks/task.ts';

/** An assignment that its agent has not said a word about. */
const readUnstarted = async (services: Services, slots: Slots, taskId: TaskId): Promise<Task | undefined> => {
  const found = readTask(await services.table.get(keys.task(slots.tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') return undefined;
  const { task } = found;
  const isUnstarted = task.status === 'ASSIGNED' && task.agentId === slots.agentId && task.startedAt === undefined;
  return isUnstarted && task.requirements.agentId === undefined ? task : undefined;
};

/** Whether one of those with room could have the task. */
const hasTaker = async (services: Services, task: Task, to: RebalancePlan['to']): Promise<boolean> => {
  const { candidates } = await lookForAgents(services, task.tenant, task, 'first');
  const nowMs = services.clock.now();
  return candidates.some(({ agent, slots }) => to.has(agent.agentId) && whyNotThis(task, slots, nowMs) === undefined);
};

const relieve = async (services: Services, { slots, excess }: Excess, to: RebalancePlan['to']): Promise<number> => {
  const nowMs = services.clock.now();
  let moved = 0;
  for (const [id, entry] of Object.entries(slots.assigned)) {
    if (moved >= excess) break;
    if (entry.revokedAt !== undefined || nowMs - entry.at < timings.assignmentSettleMs) continue;
    const task = await readUnstarted(services, slots, TaskId.parse(id));
    if (task === undefined || !(await hasTaker(services, task, to))) continue;
    const error = {
      code: 'REBALANCED',
      message: `${slots.name} has more than its share; another agent takes the task.`,
      retryable: true,
    };
    await giveBackTask(services, task, { error, slot: 'let_go', avoidAgent: true, delayMs: 0, isUncounted: true });
    moved += 1;
  }
  return moved;
};

/**
 * Moves assignments that have not begun from agents with more than one and a half times the average load to agents with
 * less than half of it, at most the excess over the average. Work that has begun is never moved. Returns how many moved.
 */
export const rebalance = async (services: Services, fleet: readonly Slots[]): Promise<number> => {
  const nowMs = services.clock.now();
  const tenants = Map.groupBy(
    fleet.filter((slots) => whyNotNow(0, slots, nowMs) === undefined),
    ({ tenant }) => tenant,
  );
  let moved = 0;
  for (const agents of tenants.values()) {
    const { from, to } = planRebalance(agents);
    for (const excess of from) moved += await relieve(services, excess, to);
  }
  return moved;
};
