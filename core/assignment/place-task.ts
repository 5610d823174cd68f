import type { Looks } from '../agents/roster.ts';
import { beginChain } from '../approvals/chain.ts';
import { keys } from '../contract/keys.ts';
import type { Services } from '../services.ts';
import type { Written } from '../table/table.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { type Assignment, assigned, assignTask, holdTask, putTask, queueTask } from '../tasks/task-writes.ts';
import { waitsOn } from '../tasks/waits-on.ts';
import { requireNotStopped } from '../tenants/require-not-stopped.ts';
import { tellOfTask } from '../watch/watchers.ts';
import { announceSignature } from './backlog.ts';
import { type Claimed, claimAgent } from './claim-agent.ts';
import { deliverAssignment } from './deliver.ts';
import { releaseAndFill } from './fill-agent.ts';
import { setTimers } from './set-timers.ts';

/** What became of a task. `elsewhere`: somebody else wrote it first; `found` is what they wrote. */
export type Placement =
  | { readonly kind: 'held'; readonly task: Task }
  | { readonly kind: 'assigned'; readonly task: Task }
  | { readonly kind: 'queued'; readonly task: Task }
  | { readonly kind: 'elsewhere'; readonly found: Task | undefined; readonly voidRev?: number };

const elsewhere = (written: Written): Placement => {
  const found = readTask(written.item);
  if (found.kind === 'void') return { kind: 'elsewhere', found: undefined, voidRev: found.rev };
  return { kind: 'elsewhere', found: found.kind === 'task' ? found.task : undefined };
};

const announce = async (services: Services, task: Task, claimed: Claimed): Promise<Placement> => {
  await Promise.all([
    deliverAssignment(services, task, claimed.slots),
    tellOfTask(services, task, 'task.assigned'),
    setTimers(services, task),
  ]);
  return { kind: 'assigned', task };
};

const assignmentOf = (services: Services, claimed: Claimed): Assignment => ({
  agentId: claimed.slots.agentId,
  agentName: claimed.slots.name,
  claim: claimed.claim.claim,
  decision: claimed.decision,
  nowMs: services.clock.now(),
});

/** QUEUED or PENDING → ASSIGNED when somebody is free; otherwise nothing changes. `unrunnable`: nobody there could ever have it. */
const assignIfFree = async (services: Services, task: Task): Promise<Placement | 'nobody' | 'unrunnable'> => {
  const claimed = await claimAgent(services, task);
  if (claimed.kind === 'nobody') return claimed.isUnrunnable ? 'unrunnable' : 'nobody';
  if (claimed.kind === 'taken') return { kind: 'elsewhere', found: task };
  const written = await services.table.update(assignTask(task, assignmentOf(services, claimed)));
  const now = written.won ? readTask(written.item) : undefined;
  if (now?.kind === 'task') return announce(services, now.task, claimed);
  await releaseAndFill(services, claimed.claim);
  return elsewhere(written);
};

/** After queueing, looks once more: an agent that became free in between did not see the task in the backlog. */
const queued = async (services: Services, task: Task): Promise<Placement> => {
  const second = await assignIfFree(services, task);
  if (typeof second === 'object') return second;
  await Promise.all([tellOfTask(services, task, 'task.queued'), setTimers(services, task)]);
  return { kind: 'queued', task };
};

/** Said at submit of a task that is accepted all the same: an agent that fits may register before its deadline. */
const nobodyFits =
  'No registered agent meets the requirements. The task waits for one until its deadline; explain says what is missing.';

/** Writes a task that must not start yet. */
const holdNewTask = async (services: Services, task: Task, voidRev?: number): Promise<Placement> => {
  const written = await services.table.put(putTask(task, voidRev));
  if (!written.won) return elsewhere(written);
  await Promise.all([tellOfTask(services, task, 'task.held'), setTimers(services, task)]);
  return { kind: 'held', task };
};

/** An approval whose chain begins now, if it has one. */
const asked = ({ clock }: Services, task: Task): Task => {
  const chain = task.approval?.chain === undefined ? undefined : beginChain(task.approval.chain, clock.now());
  return chain === undefined ? task : { ...task, chain };
};

/** A run does the task: it is started by the tasks queue, whose function may start executions. */
const follow = async (services: Services, task: Task): Promise<Placement> => {
  const { tenant, taskId } = task;
  if (task.waitingOn === 'run') await services.queues.sendTasks(tenant, [{ kind: 'follow', tenant, taskId }]);
  return { kind: 'held', task };
};

/** A task that no agent is given waits for its run or for a person; one that does already has its run looked after again. */
const holdStoredTask = async (
  services: Services,
  task: Task,
  waitingOn: NonNullable<Task['waitingOn']>,
): Promise<Placement> => {
  if (task.waitingOn !== undefined) return follow(services, task);
  const written = await services.table.update(holdTask(asked(services, task), waitingOn, services.clock.now()));
  const now = written.won ? readTask(written.item) : undefined;
  if (now?.kind !== 'task') return elsewhere(written);
  await Promise.all([tellOfTask(services, now.task, 'task.held'), setTimers(services, now.task)]);
  return follow(services, now.task);
};

/**
 * Whether a task may be taken that is to wait. What an environment remembers of the tenant may be older than a stop; a member
 * of a run belongs to work that was taken.
 */
const requireMayWait = async (services: Services, { place, tenant }: Task): Promise<void> => {
  if (place === undefined) await requireNotStopped(services, tenant);
};

/** Writes a new task that begins later, or that no agent is given. */
const holdFresh = async (
  services: Services,
  task: Task,
  waitingOn: Task['waitingOn'],
  voidRev?: number,
): Promise<Placement> => {
  if (task.runAt !== undefined) {
    await requireMayWait(services, task);
    return holdNewTask(services, task, voidRev);
  }
  const begun = { ...asked(services, task), waitingOn, startedAt: services.clock.now() };
  const held = await holdNewTask(services, begun, voidRev);
  return held.kind === 'held' ? follow(services, held.task) : held;
};

/** Writes a new task that nobody is free for. */
const queueFresh = async (services: Services, task: Task, voidRev?: number): Promise<Placement> => {
  // Nobody may be free because everything is stopped.
  await requireMayWait(services, task);
  const waiting: Task = { ...task, status: 'QUEUED', queuedAt: services.clock.now() };
  // Announced before it is queued: whoever dies in between leaves nothing that nobody would look for.
  await announceSignature(services, waiting);
  const written = await services.table.put(putTask(waiting, voidRev));
  return written.won ? queued(services, waiting) : elsewhere(written);
};

/**
 * Writes a new task: as ASSIGNED when somebody is free (claim first, then one put), else as QUEUED.
 * `voidRev` steps over a mark that the sweep left under this id; `looks` are those of the tasks that are placed at the same
 * time. The look after queueing is never shared: it must begin after that write.
 *
 * @throws SystemStoppedError for what is no part of a run and would have to wait, while the tenant is stopped.
 */
export const placeNewTask = async (
  services: Services,
  fresh: Task,
  voidRev?: number,
  looks?: Looks,
): Promise<Placement> => {
  const task: Task = voidRev === undefined ? fresh : { ...fresh, rev: voidRev + 1 };
  const waitingOn = waitsOn(task.kind);
  if (task.runAt !== undefined || waitingOn !== undefined) return holdFresh(services, task, waitingOn, voidRev);
  const claimed = await claimAgent(services, task, looks);
  if (claimed.kind === 'claimed') {
    const mine = assigned(task, assignmentOf(services, claimed));
    const written = await services.table.put(putTask(mine, voidRev));
    if (written.won) return announce(services, mine, claimed);
    await releaseAndFill(services, claimed.claim);
    return elsewhere(written);
  }
  if (claimed.kind === 'taken') {
    const found = readTask(await services.table.get(keys.task(task.tenant, task.taskId), { consistent: true }));
    if (found.kind === 'task') return { kind: 'elsewhere', found: found.task };
  }
  const unrunnable = claimed.kind === 'nobody' && claimed.isUnrunnable ? { unrunnable: nobodyFits } : {};
  return queueFresh(services, { ...task, ...unrunnable }, voidRev);
};

/** Assigns a task that is already stored (PENDING or QUEUED, as read), or queues it. */
export const placeStoredTask = async (services: Services, task: Task): Promise<Placement> => {
  const waitingOn = waitsOn(task.kind);
  if (waitingOn !== undefined) return holdStoredTask(services, task, waitingOn);
  const first = await assignIfFree(services, task);
  if (typeof first === 'object') return first;
  const unrunnable = first === 'unrunnable' && task.unrunnable === undefined ? nobodyFits : undefined;
  if (task.status === 'QUEUED' && unrunnable === undefined) return queued(services, task);
  if (task.status !== 'QUEUED') await announceSignature(services, task);
  const written = await services.table.update(
    queueTask({ ...task, ...(unrunnable === undefined ? {} : { unrunnable }) }, services.clock.now()),
  );
  const now = written.won ? readTask(written.item) : undefined;
  return now?.kind === 'task' ? queued(services, now.task) : elsewhere(written);
};
