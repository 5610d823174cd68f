import { type SlotEntry, Slots } from '#core/agents/agent.ts';
import {
  attachConnection,
  type Claim,
  claimSlot,
  detachConnection,
  releaseAndClaim,
  releaseSlot,
} from '#core/agents/slots.ts';
import { type AgentId, ClaimId, TaskId, type TenantId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { isTerminal } from '#core/contract/task.ts';
import { whyNotNow } from '#core/routing/candidate.ts';
import type { Item } from '#core/table/table.ts';
import { readTask, type Task } from '#core/tasks/task.ts';
import {
  assigned,
  assignTask,
  fenceTask,
  finishByAgent,
  finishByPlatform,
  putTask,
  requeueTask,
  voidTask,
} from '#core/tasks/task-writes.ts';
import { done, type Local, type Memory, type Process } from './model.ts';

/** Nothing here depends on time: every wait is over as soon as a process is scheduled. */
const nowMs = 1_000_000;
const far = nowMs + 3_600_000;

export interface Place {
  readonly tenant: TenantId;
  readonly agents: readonly AgentId[];
  readonly tasks: readonly TaskId[];
}

const parsed = new WeakMap<Item, Slots>();
const slotsIn = (item: Item | undefined): Slots | undefined => {
  if (item === undefined) return undefined;
  const known = parsed.get(item) ?? Slots.parse(item);
  parsed.set(item, known);
  return known;
};

const found = new WeakMap<Item, ReturnType<typeof readTask>>();
const taskIn = (item: Item | undefined): ReturnType<typeof readTask> => {
  if (item === undefined) return { kind: 'none' };
  const known = found.get(item) ?? readTask(item);
  found.set(item, known);
  return known;
};

const claimIdOf = (text: string): ClaimId =>
  ClaimId.parse(`clm_00000000-0000-7000-8000-${Buffer.from(text.padStart(6, '_').slice(-6)).toString('hex')}`);

const entryFor = (by: string, task: Task): SlotEntry => ({
  attempt: task.attempt + 1,
  claim: claimIdOf(`${by}${task.taskId.slice(-1)}${task.rev}`),
  cost: task.slotCost,
  deadline: far,
  at: nowMs,
  type: task.type,
});

const assignmentOf = (claim: Claim) => ({
  agentId: claim.agentId,
  agentName: 'agent',
  claim: claim.claim,
  decision: { strategy: 'least_loaded', seen: 1, eligible: 1 },
  nowMs,
});

const ending = (status: 'SUCCEEDED' | 'CANCELLED') => ({ status, fields: {}, nowMs, expiresAtEpochSeconds: 1 });

/** What an earlier step left for this one. */
const need = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('a step runs before the one that prepares it');
  return value;
};

type Step = (local: Local, memory: Memory) => Local | readonly Local[];

/** A process as its steps by name; it begins with the first. */
const processOf = (name: string, start: Local, steps: Readonly<Record<string, Step>>): Process => ({
  name,
  start,
  step: (local, memory) => need(steps[local.pc])(local, memory),
});

const release: Step = (local, memory) => {
  memory.write(releaseSlot(need(local.claim)));
  return done;
};

const claimStep =
  (by: string, next: string): Step =>
  (local, memory) => {
    const [task, slots] = [need(local.task), need(local.slots)];
    const entry = entryFor(by, task);
    if (!memory.write(claimSlot(slots, task.taskId, entry)).won) return done;
    const { tenant, agentId } = slots;
    const claim: Claim = { tenant, agentId, taskId: task.taskId, claim: entry.claim, cost: entry.cost };
    return { ...local, pc: next, claim };
  };

const seeAgents =
  (place: Place): Step =>
  (local, memory) => {
    const seen = place.agents
      .map((agentId) => slotsIn(memory.get(keys.slots(place.tenant, agentId))))
      .filter((slots) => slots !== undefined)
      .filter((slots) => whyNotNow(need(local.task).slotCost, slots, nowMs) === undefined);
    return seen.length === 0 ? done : seen.map((slots) => ({ ...local, pc: 'claim', slots }));
  };

/** Assigns a task that is queued: read it, look at the agents, claim one, assign, give back when somebody was faster. */
export const dispatcher = (by: string, place: Place, taskId: TaskId): Process =>
  processOf(
    by,
    { pc: 'read task' },
    {
      'read task': (_local, memory) => {
        const read = taskIn(memory.get(keys.task(place.tenant, taskId)));
        return read.kind === 'task' && read.task.status === 'QUEUED' ? { pc: 'look', task: read.task } : done;
      },
      look: seeAgents(place),
      claim: claimStep(by, 'assign'),
      assign: (local, memory) =>
        memory.write(assignTask(need(local.task), assignmentOf(need(local.claim)))).won
          ? done
          : { ...local, pc: 'unclaim' },
      unclaim: release,
    },
  );

/** Submits a task: claims, then puts it as assigned; steps over a mark that a sweep left. */
export const submitter = (by: string, place: Place, fresh: Task): Process =>
  processOf(
    by,
    { pc: 'look', task: fresh },
    {
      look: seeAgents(place),
      claim: claimStep(by, 'put'),
      put: (local, memory) => {
        const mine = assigned(need(local.task), assignmentOf(need(local.claim)));
        const written = memory.write(putTask(mine, local.voidRev));
        if (written.won) return done;
        const now = taskIn(written.item);
        return { ...local, pc: 'unclaim', seenVoid: now.kind === 'void' ? now.rev : -1 };
      },
      unclaim: (local, memory) => {
        release(local, memory);
        const seenVoid = Number(local['seenVoid']);
        if (seenVoid < 0 || local.voidRev !== undefined) return done;
        return { pc: 'look', task: { ...fresh, rev: seenVoid + 1 }, voidRev: seenVoid };
      },
    },
  );

const nextClaim = (local: Local, slots: Slots | undefined): Local => {
  const looked = Array.isArray(local['looked']) ? local['looked'].map(String) : [];
  const [next] = Object.entries(slots?.assigned ?? {}).filter(([id]) => !looked.includes(id));
  if (slots === undefined || next === undefined) return done;
  const [id, entry] = next;
  const taskId = TaskId.parse(id);
  const { tenant, agentId } = slots;
  const claim = { tenant, agentId, taskId, claim: entry.claim, cost: entry.cost };
  return { pc: 'read task', slots, claim, looked: [...looked, taskId] };
};

const fence: Step = (local, memory) => {
  const claim = need(local.claim);
  const request =
    local.task === undefined ? voidTask(claim, local.voidRev ?? 0, 1) : fenceTask(local.task, claim.claim);
  return memory.write(request).won ? { ...local, pc: 'release' } : nextClaim(local, local.slots);
};

const readClaimed =
  (isLost: boolean): Step =>
  (local, memory) => {
    const claim = need(local.claim);
    const read = taskIn(memory.get(keys.task(claim.tenant, claim.taskId)));
    if (read.kind !== 'task') return { ...local, pc: 'fence', ...(read.kind === 'void' ? { voidRev: read.rev } : {}) };
    const { task } = read;
    if (task.status !== 'ASSIGNED' || task.claim !== claim.claim) return { ...local, pc: 'fence', task };
    return isLost ? { ...local, pc: 'requeue', task } : nextClaim(local, local.slots);
  };

/** Goes through an agent's claims: orphans are fenced and freed; of a lost agent, tasks are taken back, too. */
const mend = (by: string, place: Place, agentId: AgentId, isLost: boolean): Process =>
  processOf(
    by,
    { pc: 'read slots' },
    {
      'read slots': (local, memory) => nextClaim(local, slotsIn(memory.get(keys.slots(place.tenant, agentId)))),
      'read task': readClaimed(isLost),
      fence,
      requeue: (local, memory) =>
        memory.write(requeueTask(need(local.task), { avoid: [agentId], nowMs })).won
          ? { ...local, pc: 'release' }
          : nextClaim(local, local.slots),
      release: (local, memory) => {
        release(local, memory);
        return nextClaim(local, local.slots);
      },
    },
  );

/** The sweep at one agent. */
export const sweeper = (by: string, place: Place, agentId: AgentId): Process => mend(by, place, agentId, false);

/** Somebody who believes that an agent is gone. */
export const undertaker = (by: string, place: Place, agentId: AgentId): Process => mend(by, place, agentId, true);

const finish =
  (place: Place, agentId: AgentId, taskId: TaskId, then: string): Step =>
  (local, memory) => {
    const attempt = Number(local['attempt']);
    const end = { ...ending('SUCCEEDED'), fields: { agentId, output: { by: agentId, taskId, attempt } } };
    const written = memory.write(finishByAgent({ tenant: place.tenant, taskId }, { agentId, attempt }, end));
    const ended = written.won ? taskIn(written.item) : undefined;
    if (ended?.kind !== 'task' || ended.task.claim === undefined) return done;
    const { claim, slotCost: cost } = ended.task;
    return { pc: then, claim: { tenant: place.tenant, agentId, taskId, claim, cost } };
  };

/** From one task to the next in one write, and the second write of that assignment. */
const goOn = (by: string): Readonly<Record<string, Step>> => ({
  'go on': (local, memory) => {
    const [task, claim] = [need(local.task), need(local.claim)];
    const entry = entryFor(by, task);
    const handed = memory.write(releaseAndClaim(claim, need(local.slots), { taskId: task.taskId, entry }));
    if (!handed.won) return { ...local, pc: 'release' };
    return { pc: 'assign', task, claim: { ...claim, taskId: task.taskId, claim: entry.claim, cost: entry.cost } };
  },
  assign: (local, memory) =>
    memory.write(assignTask(need(local.task), assignmentOf(need(local.claim)))).won
      ? done
      : { pc: 'release', claim: need(local.claim) },
});

/** An agent that finishes what it was given, whenever: the task first, then the slot, or at once on to the next task. */
export const worker = (by: string, place: Place, agentId: AgentId, taskId: TaskId, next?: TaskId): Process =>
  processOf(
    by,
    { pc: 'hear' },
    {
      hear: (_local, memory) => {
        const read = taskIn(memory.get(keys.task(place.tenant, taskId)));
        const isMine = read.kind === 'task' && read.task.status === 'ASSIGNED' && read.task.agentId === agentId;
        return isMine ? { pc: 'finish', attempt: read.task.attempt } : done;
      },
      finish: finish(place, agentId, taskId, next === undefined ? 'release' : 'see'),
      see: (local, memory) => {
        const now = slotsIn(memory.get(keys.slots(place.tenant, agentId)));
        return now?.assigned[taskId]?.claim === local.claim?.claim && now !== undefined
          ? { ...local, pc: 'peek', slots: now }
          : done;
      },
      peek: (local, memory) => {
        const read = taskIn(memory.get(keys.task(place.tenant, next ?? taskId)));
        return read.kind === 'task' && read.task.status === 'QUEUED'
          ? { ...local, pc: 'go on', task: read.task }
          : { ...local, pc: 'release' };
      },
      ...goOn(by),
      release,
    },
  );

/** Cancels a task as it reads it, and frees the slot of an agent that is not there to let go. */
export const canceller = (by: string, place: Place, taskId: TaskId): Process =>
  processOf(
    by,
    { pc: 'read task' },
    {
      'read task': (_local, memory) => {
        const read = taskIn(memory.get(keys.task(place.tenant, taskId)));
        return read.kind === 'task' && !isTerminal(read.task.status) ? { pc: 'end', task: read.task } : done;
      },
      end: (local, memory) => {
        const task = need(local.task);
        if (!memory.write(finishByPlatform(task, ending('CANCELLED'))).won) return { pc: 'read task' };
        const { tenant, agentId, claim, slotCost: cost } = task;
        if (agentId === undefined || claim === undefined) return done;
        return { pc: 'release', claim: { tenant, agentId, taskId, claim, cost } };
      },
      release,
    },
  );

/** The agent comes back over another socket, with another limit; the old socket's end is told at some time, too. */
export const takeover = (by: string, place: Place, agentId: AgentId, maxConcurrency: number): Process =>
  processOf(
    by,
    { pc: 'read slots', tries: 0 },
    {
      'read slots': (local, memory) => {
        const slots = slotsIn(memory.get(keys.slots(place.tenant, agentId)));
        return slots === undefined ? done : { ...local, pc: 'attach', known: slots.maxConcurrency };
      },
      attach: (local, memory) => {
        const { tenant } = place;
        const known = { knownMaxConcurrency: Number(local['known']) };
        const socket = { connection: `socket-${by}`, seq: 1, maxConcurrency };
        const attachment = { tenant, agentId, name: 'agent', ...socket, ...known, nowMs };
        const tries = Number(local['tries']) + 1;
        if (memory.write(attachConnection(attachment)).won || tries > 2) return { pc: 'detach old' };
        return { pc: 'read slots', tries };
      },
      'detach old': (_local, memory) => {
        memory.write(detachConnection({ tenant: place.tenant, agentId }, 'socket-old', nowMs));
        return done;
      },
    },
  );
