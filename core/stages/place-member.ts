import type { Looks } from '../agents/roster.ts';
import { placeNewTask } from '../assignment/place-task.ts';
import { isLive, readRun } from '../runs/run.ts';
import type { Services } from '../services.ts';
import type { Task } from '../tasks/task.ts';
import { readStage } from './stage.ts';

/** Whether a stage still wants its members. */
const isWanted = async (services: Services, { tenant, place }: Task): Promise<boolean> => {
  if (place === undefined) return false;
  const stage = await readStage(services, tenant, place.runId, place.stage);
  return stage?.status === 'OPEN' && isLive(await readRun(services, tenant, place.runId));
};

/**
 * Places a member that may work at once; returns what is there already. A mark in its place was left by the sweep, where
 * an earlier try had claimed and died, and is stepped over; or by whoever ended the stage, and then the member never
 * comes to be.
 */
export const placeMember = async (services: Services, task: Task, looks?: Looks): Promise<Task | undefined> => {
  const first = await placeNewTask(services, task, undefined, looks);
  if (first.kind !== 'elsewhere') return undefined;
  if (first.voidRev === undefined) return first.found;
  if (!(await isWanted(services, task))) return undefined;
  const second = await placeNewTask(services, task, first.voidRev);
  return second.kind === 'elsewhere' ? second.found : undefined;
};
