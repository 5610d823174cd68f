import type { Handoff } from '../contract/handoff.ts';
import { limits } from '../contract/limits.ts';
import type { TaskError } from '../contract/task.ts';

/**
 * Why a chain of handoffs is no way to get a task done, if it is none: too many of them, or the last ones among the same
 * few agents, who give it to and fro. Pure.
 */
export const whyNoFurther = (handoffs: readonly Pick<Handoff, 'from'>[]): TaskError | undefined => {
  const { handoffsPerTask, handoffWindow, handoffPartners } = limits;
  if (handoffs.length > handoffsPerTask)
    return {
      code: 'HANDOFF_LIMIT',
      message: `The task was handed over more than ${handoffsPerTask} times.`,
      retryable: false,
    };
  const last = handoffs.slice(-handoffWindow);
  const partners = new Set(last.map(({ from }) => from)).size;
  if (last.length < handoffWindow || partners > handoffPartners) return undefined;
  return {
    code: 'HANDOFF_LOOP',
    message: `The last ${handoffWindow} handoffs were among ${partners} agents, who give the task to and fro.`,
    retryable: false,
  };
};
