import type { Task } from '../tasks/task.ts';

/** Whether the work goes on by an answer: by every one but `denied`, unless the approval says by which. */
export const goesOnBy = ({ approval }: Pick<Task, 'approval'>, decision: string): boolean => {
  const { options = [], proceedOn } = approval ?? {};
  return (proceedOn ?? options.filter((option) => option !== 'denied')).includes(decision);
};
