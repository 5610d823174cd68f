import type { TaskKind } from '../contract/task.ts';
import type { Task } from './task.ts';

/** On whom a task waits that no agent is given. */
export const waitsOn = (kind: TaskKind): NonNullable<Task['waitingOn']> | undefined =>
  kind === 'run' ? 'run' : kind === 'approval' ? 'person' : undefined;
