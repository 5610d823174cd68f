import type { AskedByLink } from '../contract/approval-link.ts';
import { isTerminal } from '../contract/task.ts';
import type { Task } from '../tasks/task.ts';

const outputOf = ({ output }: Pick<Task, 'output'>): Readonly<Record<string, unknown>> =>
  typeof output === 'object' && output !== null && !Array.isArray(output) ? output : {};

/** Whether an approval that has ended was answered by nobody: it expired, or its default was taken. */
export const endedUnanswered = (task: Pick<Task, 'status' | 'output'>): boolean =>
  (task.status === 'TIMED_OUT' && task.output === undefined) || outputOf(task)['isDefault'] === true;

/** What has become of an approval, as people are told. Nobody's answer is no denial, whatever was taken for it. */
export const howItStands = (task: Pick<Task, 'status' | 'output'>): Pick<AskedByLink, 'state' | 'decision'> => {
  if (!isTerminal(task.status)) return { state: 'open' };
  const { decision } = outputOf(task);
  const said = typeof decision === 'string' ? { decision } : {};
  if (endedUnanswered(task)) return { state: 'expired', ...said };
  return { state: typeof decision === 'string' ? 'answered' : 'cancelled', ...said };
};
