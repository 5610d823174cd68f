import { findAgent } from '../agents/find-agent.ts';
import { readProfile } from '../agents/read-agent.ts';
import { announceSignature } from '../assignment/backlog.ts';
import { releaseAndFill } from '../assignment/fill-agent.ts';
import { placeStoredTask } from '../assignment/place-task.ts';
import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import type { Handoff, HandoffRequest } from '../contract/handoff.ts';
import type { AgentId } from '../contract/ids.ts';
import { type Json, jsonBytes } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { isTerminal, Requirements } from '../contract/task.ts';
import { InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import { fitPayload, fitsItem, storeApart } from '../payloads/fit-payload.ts';
import { lacksOf } from '../routing/candidate.ts';
import type { Services } from '../services.ts';
import type { Speaker } from '../tasks/complete-task.ts';
import { claimOfTask, endByPlatform } from '../tasks/end-task.ts';
import { AlreadyTerminalError, IdempotencyMismatchError, StaleAttemptError } from '../tasks/errors.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { type Handover, requeueTask, unpinTask } from '../tasks/task-writes.ts';
import { requirePayloadQuota } from '../tenants/payload-quota.ts';
import { tellOfTask } from '../watch/watchers.ts';
import { whyNoFurther } from './chain.ts';
import { NotHandedOverError } from './errors.ts';

/** What a task's submitter requires of whoever does it, whatever it was handed over for since. */
const originalOf = (task: Task): Requirements => task.submittedRequirements ?? task.requirements;

/**
 * What must hold of whoever goes on. The labels that the submitter requires hold for everybody; the rest is what the agent
 * says that it takes.
 *
 * @throws NotFoundError for an unknown agent, InvalidFieldError for the agent itself or one without the labels.
 */
const requirementsFor = async (
  services: Services,
  speaker: Speaker,
  task: Task,
  { toAgent, toCapability }: HandoffRequest,
): Promise<Requirements> => {
  const { labels, affinity } = originalOf(task);
  const kept = { ...(labels === undefined ? {} : { labels }), ...(affinity === undefined ? {} : { affinity }) };
  if (toCapability !== undefined) return Requirements.parse({ ...kept, capabilities: [toCapability] });
  if (toAgent === undefined) return originalOf(task);
  const agentId = await findAgent(services, speaker.tenant, toAgent);
  if (agentId === speaker.agentId) throw new InvalidFieldError('toAgent', 'An agent cannot hand a task to itself.');
  const requirements = Requirements.parse({ ...kept, agentId });
  const [lack] = lacksOf({ requirements }, await readProfile(services, speaker.tenant, agentId));
  if (lack !== undefined) throw new InvalidFieldError('toAgent', `${toAgent} may not have it: ${lack.what}.`);
  return requirements;
};

/** The note as it is kept with the chain: a long one apart, for a task has room for many. */
const keptNote = async (services: Services, speaker: Speaker, request: HandoffRequest): Promise<Json | undefined> => {
  const { context, blockingIssues, recommendations, evidence } = request;
  const note: Json = {
    ...(context === undefined ? {} : { context }),
    ...(blockingIssues === undefined ? {} : { blockingIssues }),
    ...(recommendations === undefined ? {} : { recommendations }),
    ...(evidence === undefined ? {} : { evidence }),
  };
  if (Object.keys(note).length === 0) return undefined;
  const { tenant } = speaker;
  const bytes = jsonBytes(note);
  await requirePayloadQuota(services, tenant, 'context', bytes);
  const isShort = bytes <= limits.handoffNoteBytes && fitsItem(note, bytes);
  return isShort ? note : storeApart(services, tenant, 'context', note);
};

/** Kept with an entry of the chain, and shown to nobody. */
const saidAs = 'hash';

/** Tells the same handoff said again from another one of the same attempt. */
const hashOf = (request: HandoffRequest): string => sha256Hex(canonicalJson(request)).slice(0, 24);

const readHeld = async (services: Services, speaker: Speaker, request: HandoffRequest): Promise<Task | 'done'> => {
  const { taskId, attempt } = request;
  const found = readTask(await services.table.get(keys.task(speaker.tenant, taskId), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', taskId);
  const { task } = found;
  // Said again: it has been handed over, or the chain has ended with it.
  const earlier = task.handoffs?.find((one) => one.attempt === attempt && one.from === speaker.agentId);
  if ((earlier?.[saidAs] ?? hashOf(request)) !== hashOf(request)) throw new IdempotencyMismatchError();
  if (earlier !== undefined) return 'done';
  if (isTerminal(task.status)) throw new AlreadyTerminalError(taskId, task.status);
  if (task.status !== 'ASSIGNED' || task.agentId !== speaker.agentId || task.attempt !== attempt)
    throw new StaleAttemptError(taskId, attempt);
  return task;
};

/** Whoever handed it over last may have it back from now on; who asked for it never may. */
const excludedOf = (task: Task, by: AgentId, named: AgentId | undefined): readonly AgentId[] => {
  const before = task.handoffs?.at(-1)?.from;
  return [...(task.excluded ?? []).filter((agentId) => agentId !== before && agentId !== named), by];
};

/** One more entry of the chain. */
const entryOf = (
  task: Task,
  request: HandoffRequest,
  to: { readonly requirements: Requirements; readonly note: Json | undefined; readonly nowMs: number },
): Handoff => {
  const { attempt, reason, toCapability } = request;
  const { agentId } = to.requirements;
  const told = { fromName: task.agentName, toAgent: agentId, toCapability, note: to.note };
  const said = Object.entries(told).filter(([, value]) => value !== undefined);
  return {
    at: to.nowMs,
    attempt,
    from: task.agentId ?? '',
    ...Object.fromEntries(said),
    reason,
    [saidAs]: hashOf(request),
  };
};

/** What holds of the task from now on. */
const handoverOf = (task: Task, by: AgentId, requirements: Requirements, handoffs: readonly Handoff[]): Handover => {
  const { agentId } = requirements;
  const askedAt = handoffs.at(-1)?.at ?? 0;
  return {
    requirements,
    submittedRequirements: originalOf(task),
    handoffs: [...handoffs],
    excluded: [...excludedOf(task, by, agentId)],
    ...(agentId === undefined ? {} : { pinnedUntil: askedAt + limits.handoffWaitMs }),
  };
};

/** Queues the task for whoever goes on. Returns it, or `undefined` when it has changed hands meanwhile. */
const queueFor = async (
  services: Services,
  task: Task,
  handover: Handover,
  said: { readonly workState?: Json | undefined; readonly nowMs: number },
): Promise<Task | undefined> => {
  const { nowMs } = said;
  const workState =
    said.workState === undefined ? undefined : await fitPayload(services, task.tenant, 'workState', said.workState);
  // Before it is queued: a task whose requirements are not announced is found by nobody after a crash.
  await announceSignature(services, { ...task, requirements: handover.requirements });
  const written = await services.table.update(
    requeueTask(task, { avoid: [], isUncounted: true, workState, nowMs, handover }),
  );
  const queued = written.won ? readTask(written.item) : undefined;
  return queued?.kind === 'task' ? queued.task : undefined;
};

/**
 * The holder hands its task over: to an agent that it names, to whoever has a capability, or to anybody else who is fit. Its
 * slot is free at once, and no attempt is counted. Whoever goes on gets the work state and the note; the chain is kept with
 * the task. A named agent that is away is waited for five minutes; then the task goes to whoever is fit for it as it was
 * submitted. A capability that nobody has is waited for until the deadline, as in a submission. It never goes back to who handed it
 * over, unless that one is named. A chain of more than 20 handoffs ends the
 * task with HANDOFF_LIMIT, one that goes to and fro among few with HANDOFF_LOOP.
 *
 * ```
 * agent   hand over under claim c   ✔ queued ── release c ── place
 * result  of the same attempt       ✘ another agent's by then: kept aside
 * crash                    after ✔: queued and announced, found by whoever has room; the sweep frees c
 * ```
 *
 * @throws StaleAttemptError when it is not the holder, AlreadyTerminalError when the task has ended, IdempotencyMismatchError
 * for another handoff of the same attempt, NotFoundError, InvalidFieldError for an agent that may not have it, NotHandedOverError
 * for what is asked of this agent alone.
 */
export const handOffTask = async (services: Services, speaker: Speaker, request: HandoffRequest): Promise<void> => {
  const task = await readHeld(services, speaker, request);
  if (task === 'done') return;
  const { taskId, attempt, reason, workState, toCapability = null } = request;
  if (originalOf(task).agentId !== undefined) throw new NotHandedOverError(taskId);
  const requirements = await requirementsFor(services, speaker, task, request);
  const note = await keptNote(services, speaker, request);
  const nowMs = services.clock.now();
  const handoffs = [...(task.handoffs ?? []), entryOf(task, request, { requirements, note, nowMs })];
  const error = whyNoFurther(handoffs);
  if (error !== undefined) {
    const ended = await endByPlatform(services, task, { status: 'FAILED', error, handoffs }, 'free');
    if (ended === undefined) throw new StaleAttemptError(taskId, attempt);
    return;
  }
  const handover = handoverOf(task, speaker.agentId, requirements, handoffs);
  const queued = await queueFor(services, task, handover, { workState, nowMs });
  if (queued === undefined) throw new StaleAttemptError(taskId, attempt);
  const claim = claimOfTask(task);
  if (claim !== undefined) await releaseAndFill(services, claim);
  await tellOfTask(services, queued, 'task.handed_off', {
    reason,
    toAgent: requirements.agentId ?? null,
    toCapability,
  });
  await placeStoredTask(services, queued);
};

/**
 * The agent that a queued task was handed to by name did not come for it in time: it goes to whoever is fit for it as it was
 * submitted. Repeatable; nothing happens to one that has changed since it was read.
 */
export const unpin = async (services: Services, task: Task): Promise<void> => {
  const requirements = originalOf(task);
  await announceSignature(services, { ...task, requirements });
  const written = await services.table.update(unpinTask(task, requirements));
  const queued = written.won ? readTask(written.item) : undefined;
  if (queued?.kind === 'task') await placeStoredTask(services, queued.task);
};
