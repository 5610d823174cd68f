import { Slots } from '#core/agents/agent.ts';
import { attachConnection, claimSlot, layOutSlots } from '#core/agents/slots.ts';
import { AgentId, ClaimId, TaskId, TenantId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import type { Item } from '#core/table/table.ts';
import { submissionHash } from '#core/tasks/new-task.ts';
import type { Task } from '#core/tasks/task.ts';
import { assigned, putTask } from '#core/tasks/task-writes.ts';
import { applyUpdate } from '#test/support/evaluate.ts';
import { toPlainItem } from '#test/support/item-paths.ts';
import { type Court, taskIn } from '../court.ts';
import type { Configuration, Process } from './model.ts';
import { canceller, dispatcher, type Place, submitter, sweeper, takeover, undertaker, worker } from './processes.ts';

const tenant = TenantId.parse('acme');
const numbered = (number: number): string => `00000000-0000-8000-8000-00000000000${number}`;
const [a1, a2] = [AgentId.parse(`agt_${numbered(1)}`), AgentId.parse(`agt_${numbered(2)}`)];
const [t1, t2] = [TaskId.parse(`tsk_${numbered(1)}`), TaskId.parse(`tsk_${numbered(2)}`)];
const place: Place = { tenant, agents: [a1, a2], tasks: [t1, t2] };
const onlyFirst: Place = { ...place, agents: [a1] };
const nowMs = 1_000_000;

const slotsItem = (agentId: AgentId): Item => {
  const agent = { tenant, agentId, name: 'agent', maxConcurrency: 1 };
  const attach = attachConnection({ ...agent, connection: 'socket-old', seq: 1, knownMaxConcurrency: 1, nowMs });
  return applyUpdate(attach, applyUpdate(layOutSlots(agent, nowMs), undefined)) ?? {};
};

const submission = TaskSubmission.parse({ type: 'work' });
const taskOf = (taskId: TaskId): Task => {
  const { input, requirements, timeoutSeconds, ...rest } = submission;
  return {
    ...rest,
    tenant,
    taskId,
    input,
    requirements,
    submitter: { principal: 'key:test' },
    submissionHash: submissionHash(submission),
    status: 'PENDING',
    attempt: 0,
    rev: 1,
    createdAt: nowMs,
    timeoutMs: timeoutSeconds * 1000,
    deadlineAt: nowMs + 3_600_000,
  };
};

const itemOf = (task: Task): Item => {
  const { item, key } = putTask(task);
  return toPlainItem({ ...item, ...key });
};
const queued = (taskId: TaskId): Item => itemOf({ ...taskOf(taskId), status: 'QUEUED', queuedAt: nowMs });

/** An agent and a task that it has. */
const holding = (agentId: AgentId, taskId: TaskId): readonly Item[] => {
  const slots = slotsItem(agentId);
  const claim = ClaimId.parse(`clm_${numbered(9)}`);
  const entry = { attempt: 1, claim, cost: 1, deadline: nowMs, at: nowMs, type: 'work' };
  const decision = { strategy: 'least_loaded', seen: 1, eligible: 1 };
  const task = assigned(taskOf(taskId), { agentId, agentName: 'agent', claim, decision, nowMs });
  return [applyUpdate(claimSlot(Slots.parse(slots), taskId, entry), slots) ?? {}, itemOf(task)];
};

/** After the last sweep every claim belongs to a task that is assigned under it. */
const nothingLeft = (court: Court): void => {
  for (const agentId of place.agents) {
    const item = court.item(keys.slots(tenant, agentId));
    if (item === undefined) continue;
    for (const [taskId, entry] of Object.entries(Slots.parse(item).assigned)) {
      const task = taskIn(court.item(keys.task(tenant, taskId)));
      if (task?.status !== 'ASSIGNED' || task.claim !== entry.claim)
        court.violate('S5 quiescent slots are free', `${taskId} holds a slot and is ${task?.status ?? 'absent'}`);
    }
  }
};

const configuration = (name: string, items: readonly Item[], processes: readonly Process[]): Configuration => ({
  name,
  items,
  processes,
  menders: [sweeper('last sweep of 1', place, a1), sweeper('last sweep of 2', place, a2)],
  quiet: nothingLeft,
});

/** Small fleets in which everything that can meet does. Each is explored completely. */
export const configurations: readonly Configuration[] = [
  configuration(
    'two dispatchers at one queued task, two agents, a sweep at each',
    [slotsItem(a1), slotsItem(a2), queued(t1)],
    [dispatcher('A', place, t1), dispatcher('B', place, t1), sweeper('S', place, a1), sweeper('T', place, a2)],
  ),
  configuration(
    'two tasks for one slot, a sweep, a takeover that raises the limit',
    [slotsItem(a1), queued(t1), queued(t2)],
    [
      dispatcher('A', onlyFirst, t1),
      dispatcher('B', onlyFirst, t2),
      sweeper('S', place, a1),
      takeover('K', place, a1, 2),
    ],
  ),
  configuration(
    'one task submitted twice, two sweeps',
    [slotsItem(a1)],
    [
      submitter('A', onlyFirst, taskOf(t1)),
      submitter('B', onlyFirst, taskOf(t1)),
      sweeper('S', place, a1),
      sweeper('T', place, a1),
    ],
  ),
  configuration(
    'an agent that is thought lost and answers, another that gets the task, a sweep',
    [...holding(a1, t1), slotsItem(a2)],
    [
      undertaker('U', place, a1),
      undertaker('V', place, a1),
      dispatcher('A', place, t1),
      worker('W', place, a1, t1),
      sweeper('S', place, a1),
    ],
  ),
  configuration(
    'an agent that goes from one task to the next, a dispatcher, a cancel, a sweep',
    [...holding(a1, t1), queued(t2)],
    [
      worker('W', place, a1, t1, t2),
      dispatcher('A', onlyFirst, t2),
      canceller('C', place, t1),
      sweeper('S', place, a1),
    ],
  ),
  configuration(
    'two dispatchers, two tasks, two agents of which one is thought lost and taken over, a sweep',
    [...holding(a1, t1), slotsItem(a2), queued(t2)],
    [
      dispatcher('A', place, t1),
      dispatcher('B', place, t2),
      undertaker('U', place, a1),
      takeover('K', place, a1, 1),
      sweeper('S', place, a1),
    ],
  ),
  configuration(
    'two takeovers with different limits, a dispatcher, an agent that finishes',
    [...holding(a1, t1), queued(t2)],
    [
      takeover('K', place, a1, 2),
      takeover('L', place, a1, 3),
      dispatcher('A', onlyFirst, t2),
      worker('W', place, a1, t1),
    ],
  ),
];
