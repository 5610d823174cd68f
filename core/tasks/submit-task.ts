import { requirePolicy } from '../approvals/policies.ts';
import { placeNewTask } from '../assignment/place-task.ts';
import type { TaskId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { ApprovalTerms, isTerminal, type TaskSubmission } from '../contract/task.ts';
import type { Traceparent } from '../contract/traceparent.ts';
import { AppError } from '../errors/app-error.ts';
import { ConflictError, InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import { type Principal, requireScope } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { traceOfAttempt } from '../trace/task-spans.ts';
import { countUnder, depthUnder } from './delegation.ts';
import { AlreadyTerminalError, IdempotencyMismatchError } from './errors.ts';
import { checkTerm, endIfStale, noteInTerm } from './fence-child.ts';
import { newTask, submissionHash, submittedTaskId } from './new-task.ts';
import { readTask, type Task } from './task.ts';

/** Who submits what, under which key, and whom its end concerns. */
export interface SubmitRequest {
  readonly principal: Principal;
  readonly submission: TaskSubmission;
  /** What its sender calls `approval.policy`. @default that */
  readonly policyField?: string;
  /** `Idempotency-Key`, or the envelope's id. */
  readonly idempotencyKey: string;
  /** Where `task.completed` goes. */
  readonly connectionId?: string;
  /** The task under which it is submitted: one that its submitter works on. */
  readonly parentTask?: TaskId | undefined;
  /** Agents that are never given it. */
  readonly excluded?: Task['excluded'];
  /** What waits for its answer, as `SettleMessage` names it. */
  readonly settles?: string | undefined;
  /** The trace that it belongs to. @default that of its parent */
  readonly traceparent?: Traceparent | undefined;
}

/**
 * @throws NotFoundError for an unknown parent, AlreadyTerminalError for one that has ended, StaleTermError for one of a
 * leader that was replaced.
 */
const checkParent = async (services: Services, principal: Principal, parentTask: TaskId): Promise<Task> => {
  const found = readTask(await services.table.get(keys.task(principal.tenant, parentTask), { consistent: true }));
  if (found.kind !== 'task') throw new NotFoundError('task', parentTask);
  await checkTerm(services, found.task);
  if (isTerminal(found.task.status)) throw new AlreadyTerminalError(parentTask, found.task.status);
  return found.task;
};

/** An approval that names no terms has the usual ones. */
const withTerms = (submission: TaskSubmission): TaskSubmission =>
  submission.kind === 'approval' && submission.approval === undefined
    ? { ...submission, approval: ApprovalTerms.parse({}) }
    : submission;

/** How often a submit steps over marks that the sweep leaves under its id; more than one is already rare. */
const maxTries = 3;

/** Places a task; under an id that is taken already, returns what is there. */
const placeOnce = async (services: Services, task: Task): Promise<Task> => {
  let voidRev: number | undefined;
  for (let tries = 0; tries < maxTries; tries++) {
    const placed = await placeNewTask(services, task, voidRev);
    if (placed.kind !== 'elsewhere') return placed.task;
    if (placed.found !== undefined) {
      if (placed.found.submissionHash !== task.submissionHash) throw new IdempotencyMismatchError();
      return placed.found;
    }
    voidRev = placed.voidRev;
  }
  throw new ConflictError(`Task ${task.taskId}`);
};

/** @throws InvalidFieldError for a policy that there is not. */
const requirePolicyOf = (
  services: Services,
  { principal: { tenant }, submission: { approval }, policyField = 'approval.policy' }: SubmitRequest,
): Promise<void> => requirePolicy(services, tenant, approval?.policy, policyField);

const submitOnce = async (services: Services, request: SubmitRequest): Promise<Task> => {
  const { principal, submission, idempotencyKey, connectionId, parentTask, traceparent } = request;
  if (submission.kind === 'run')
    throw new InvalidFieldError('kind', 'A run is a step of a workflow. Start one with POST /v1/runs.');
  await requirePolicyOf(services, request);
  // An agent's own subtask would be given whatever secret it named: it is not an agent's to name one.
  if (submission.secrets !== undefined) requireScope(principal, 'secrets:use');
  const parent = parentTask === undefined ? undefined : await checkParent(services, principal, parentTask);
  const task = await newTask(services, {
    tenant: principal.tenant,
    taskId: submittedTaskId(principal.tenant, principal.id, idempotencyKey),
    submission: withTerms(submission),
    parentTask,
    ...(parent === undefined ? {} : await depthUnder(services, parent, submission)),
    term: parent?.term,
    excluded: request.excluded,
    settles: request.settles,
    traceparent: traceparent ?? (parent === undefined ? undefined : traceOfAttempt(parent)),
    submitter: {
      principal: principal.id,
      ...(connectionId === undefined ? {} : { connectionId, envelopeId: idempotencyKey }),
    },
  });
  if (parent !== undefined) {
    await countUnder(services, parent, task);
    await noteInTerm(services, parent, task);
  }
  const placed = await placeOnce(services, task);
  if (parent !== undefined) await endIfStale(services, parent, placed);
  return placed;
};

/** What a task is refused with by what may have changed since the same was taken. */
const laterRefusals: ReadonlySet<string> = new Set([
  'INVALID_FIELD',
  'NOT_FOUND',
  'ALREADY_TERMINAL',
  'DELEGATION_LIMIT',
  'PAYLOAD_TOO_LARGE',
]);

/** What was taken of the very same submission, if it was. */
const takenBefore = async (
  { table }: Services,
  { principal: { tenant, id }, submission, idempotencyKey }: SubmitRequest,
): Promise<Task | undefined> => {
  const taskId = submittedTaskId(tenant, id, idempotencyKey);
  const found = readTask(await table.get(keys.task(tenant, taskId), { consistent: true }));
  return found.kind === 'task' && found.task.submissionHash === submissionHash(withTerms(submission))
    ? found.task
    : undefined;
};

/**
 * Accepts a task and gives it to an agent, or queues it. Submitting twice with one key gives one task and the same reply, also
 * when the same would be refused by now: a policy is gone, a quota lower, the parent has ended.
 * When this returns, the task is stored and will end (I3).
 *
 * @throws IdempotencyMismatchError when the key was used for a different task.
 * @throws InvalidFieldError for a policy that there is not; ForbiddenError when it names secrets and its submitter may not.
 * @throws PayloadTooLargeError when it does not fit; NotFoundError or AlreadyTerminalError for its parent;
 * DelegationLimitError when it would be one too many under it, or too deep.
 */
export const submitTask = async (services: Services, request: SubmitRequest): Promise<Task> => {
  try {
    return await submitOnce(services, request);
  } catch (error) {
    // Only who is refused pays for the look.
    if (!(error instanceof AppError) || !laterRefusals.has(error.code)) throw error;
    const taken = await takenBefore(services, request);
    if (taken === undefined) throw error;
    return taken;
  }
};
