import type { Traceparent } from '../contract/traceparent.ts';
import type { Services } from '../services.ts';
import type { Task } from '../tasks/task.ts';
import { childOf, logSpan } from './span.ts';

type Traced = Pick<Task, 'taskId' | 'attempt' | 'traceparent'>;

const coordinateOf = (taskId: string): readonly string[] => ['coordinate', taskId];
const executeOf = (taskId: string, attempt: number): readonly string[] => ['execute', taskId, String(attempt)];

/** Under what an attempt's own work lies: what its agent is handed, and whatever is begun on behalf of the task. */
export const traceOfAttempt = ({ taskId, attempt, traceparent }: Traced): Traceparent | undefined =>
  traceparent === undefined ? undefined : childOf(traceparent, ...executeOf(taskId, attempt));

/** The whole of a task, the choice of its agent, and the attempt that ended it: written when it has ended. */
export const traceTask = (services: Pick<Services, 'log'>, task: Task): void => {
  const { taskId, type, attempt, traceparent, createdAt, queuedAt, assignedAt, endedAt, decision, status } = task;
  if (traceparent === undefined || endedAt === undefined) return;
  const coordinate = coordinateOf(taskId);
  const parent = childOf(traceparent, ...coordinate);
  logSpan(services, {
    name: 'orchestrator.coordinate',
    parent: traceparent,
    of: coordinate,
    startedAt: createdAt,
    endedAt,
    attributes: { 'task.id': taskId, 'task.type': type, 'agents.available': decision?.eligible ?? 0 },
  });
  if (assignedAt !== undefined)
    logSpan(services, {
      name: 'orchestrator.select_agents',
      parent,
      of: ['select', taskId, String(attempt)],
      startedAt: queuedAt ?? createdAt,
      endedAt: assignedAt,
      attributes: { 'task.id': taskId, 'agents.selected': 1 },
    });
  // A run or a person does it without being assigned.
  const begunAt = assignedAt ?? task.startedAt;
  if (begunAt !== undefined)
    logSpan(services, {
      name: 'orchestrator.execute',
      parent,
      of: executeOf(taskId, attempt),
      startedAt: begunAt,
      endedAt,
      attributes: { 'task.id': taskId, 'results.count': 1, 'results.success': status === 'SUCCEEDED' ? 1 : 0 },
    });
};
