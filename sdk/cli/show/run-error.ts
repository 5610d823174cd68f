import type { RunView } from '../../../core/contract/workflow.ts';

/** Why a run failed, in lines: its error, and the task that made it fail where the error does not name it. */
export const runErrorLines = (error: RunView['error']): readonly string[] => {
  if (error === undefined) return [];
  const { code, message, failedTask } = error;
  const head = `${code}: ${message}`;
  if (failedTask === undefined || message.includes(failedTask.taskId)) return [head];
  const { step, taskId, agentName, agentId = 'nobody' } = failedTask;
  return [head, `step ${step} (${taskId} on ${agentName ?? agentId}): ${failedTask.code}: ${failedTask.message}`];
};
