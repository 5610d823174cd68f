import { taskIds } from '../fake-platform.ts';

export const [taskId = ''] = taskIds;
/** What the fixture's clock says. */
export const now = 1_800_000_000_000;

/** A task that failed for good, as the platform answers it. */
export const task = (rest: object = {}) => ({
  taskId,
  kind: 'work',
  type: 'review',
  status: 'FAILED',
  priority: 'normal',
  attempt: 3,
  maxAttempts: 3,
  requirements: { capabilities: [] },
  input: { change: 17 },
  createdAt: now - 10_000,
  deadlineAt: now + 60_000,
  endedAt: now - 1000,
  rev: 1,
  ...rest,
});
