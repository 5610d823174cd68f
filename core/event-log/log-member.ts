import type { TaskId, TenantId } from '../contract/ids.ts';
import type { Services } from '../services.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { logTask } from '../tasks/task-notes.ts';

/** A member of a run's stage. */
export interface MemberRef {
  readonly tenant: TenantId;
  readonly runId: string;
  readonly position: number;
}

const taskIdOf = ({ tenant, runId, position }: MemberRef, index: number): TaskId =>
  memberTaskId(tenant, runId, position, index);

/** Lets a member's changes go into its run's log from now on. Repeatable. Returns whether there is such a task yet. */
export const logMember = async (services: Services, member: MemberRef, index: number): Promise<boolean> => {
  const ref = { tenant: member.tenant, taskId: taskIdOf(member, index) };
  return (await services.table.update(logTask(ref, 'runLog', member.runId))).won;
};
