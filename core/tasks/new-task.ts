import { withPolicy } from '../approvals/policies.ts';
import { canonicalJson, hashUuid, sha256Hex } from '../common/hash-id.ts';
import type { RunReference } from '../contract/definitions/step.ts';
import { lifecycleEffect } from '../contract/env.ts';
import { TaskId, type TenantId } from '../contract/ids.ts';
import { type Json, jsonBytes } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import { isClaimCheck } from '../contract/payload.ts';
import type { TaskSubmission } from '../contract/task.ts';
import type { Traceparent } from '../contract/traceparent.ts';
import { InvalidFieldError, PayloadTooLargeError } from '../errors/errors.ts';
import { fitPayload, fitsItem } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { requirePayloadQuota } from '../tenants/payload-quota.ts';
import type { StagePlace, Task } from './task.ts';

/** What a task is made from. */
export interface NewTask {
  readonly tenant: TenantId;
  readonly taskId: TaskId;
  readonly submission: TaskSubmission;
  readonly submitter: Task['submitter'];
  readonly place?: StagePlace;
  /** Of kind `run`: the workflow that does it. */
  readonly run?: RunReference | undefined;
  /** The task that this one repeats. */
  readonly retryOf?: TaskId;
  /** The task under which it is submitted, which may wait for it. */
  readonly parentTask?: TaskId | undefined;
  /** How many tasks it is under. */
  readonly depth?: Task['depth'];
  /** The leader's term in whose name it is done. */
  readonly term?: Task['term'];
  /** The trace that it belongs to. */
  readonly traceparent?: Traceparent | undefined;
  /** Whether each of its changes is put on the bus. */
  readonly isFollowed?: boolean;
  /** Agents that are never given it. */
  readonly excluded?: Task['excluded'];
  /** When it has to end at the latest, whatever its own timeout: the deadline of its run. Epoch milliseconds. */
  readonly endsBy?: number;
  /** What waits for its answer. */
  readonly settles?: string | undefined;
  /** The log of its run, where that is kept. */
  readonly runLog?: string | undefined;
}

/** The id of a submitted task: the same principal's same key names the same task, for ever. */
export const submittedTaskId = (tenant: string, principal: string, idempotencyKey: string): TaskId =>
  TaskId.parse(`tsk_${hashUuid('submit', tenant, principal, idempotencyKey)}`);

/** The id of a stage's member. */
export const memberTaskId = (tenant: string, runId: string, stage: number, index: number): TaskId =>
  TaskId.parse(`tsk_${hashUuid('stage', tenant, runId, String(stage), String(index))}`);

/** What is kept of a submission to tell a repeat from a different request, in as few bytes as a text can have it. */
export const submissionHash = (submission: TaskSubmission): string =>
  Buffer.from(sha256Hex(canonicalJson(submission)), 'hex').toString('base64url');

const effectsOf = ({
  submission,
  place,
  parentTask,
  isFollowed,
  settles,
}: NewTask): Pick<Task, 'effects' | 'settles'> => {
  const effects = [
    // The first, because the stream looks at how the names begin.
    ...(isFollowed === true ? [lifecycleEffect] : []),
    ...(place === undefined ? [] : ['join']),
    ...(parentTask === undefined ? [] : ['wake']),
    ...(submission.publishEvent ? ['event'] : []),
    ...(settles === undefined ? [] : ['settle']),
  ];
  return {
    ...(effects.length === 0 ? {} : { effects: effects.join(',') }),
    ...(settles === undefined ? {} : { settles }),
  };
};

/** Where what becomes of it is seen. */
const followedBy = ({ traceparent, runLog }: NewTask): Pick<Task, 'traceparent' | 'runLog'> => ({
  ...(traceparent === undefined ? {} : { traceparent }),
  ...(runLog === undefined ? {} : { runLog }),
});

const startOf = (runAt: number | undefined, nowMs: number): number => {
  if (runAt === undefined || runAt <= nowMs) return nowMs;
  if (runAt - nowMs > limits.maxDelayMs) {
    throw new InvalidFieldError('runAt', 'The start is more than seven days ahead.', {
      limit: nowMs + limits.maxDelayMs,
    });
  }
  return runAt;
};

/** An input as it is kept beside the rest of its task. */
const keptInput = async (services: Services, tenant: TenantId, input: Json, restBytes: number): Promise<Json> => {
  const bytes = jsonBytes(input);
  // A claim check is small and must still be looked at: it names a tenant.
  if (isClaimCheck(input) || !fitsItem(input, restBytes + bytes)) return fitPayload(services, tenant, 'input', input);
  await requirePayloadQuota(services, tenant, 'input', bytes);
  return input;
};

/** Who is asked, as the settings have it now: what is submitted names it, so that the same is the same once they have changed. */
const termsOf = async (
  services: Services,
  tenant: TenantId,
  approval: TaskSubmission['approval'],
): Promise<Pick<Task, 'approval'>> =>
  approval === undefined ? {} : { approval: await withPolicy(services, tenant, approval) };

/**
 * A task as it begins: PENDING, attempt 0. A large input goes to the payload store.
 * @throws PayloadTooLargeError when what stays beside the input does not fit a frame, InvalidFieldError for a start too
 * far ahead.
 */
export const newTask = async (services: Services, wanted: NewTask): Promise<Task> => {
  const { tenant, taskId, submission, submitter, place, run, retryOf, parentTask, depth, term } = wanted;
  const nowMs = services.clock.now();
  const { input, requirements, timeoutSeconds, runAt, approval, ...said } = submission;
  const rest = { ...said, ...(await termsOf(services, tenant, approval)) };
  const startsAt = startOf(runAt, nowMs);
  const restBytes = jsonBytes(rest);
  if (restBytes > limits.inlinePayloadBytes / 2) {
    throw new PayloadTooLargeError('task (all but its input)', restBytes, limits.inlinePayloadBytes / 2);
  }
  return {
    ...rest,
    tenant,
    taskId,
    requirements,
    input: await keptInput(services, tenant, input, restBytes),
    submitter,
    submissionHash: submissionHash(submission),
    ...(place === undefined ? {} : { place }),
    ...(run === undefined ? {} : { run }),
    ...(retryOf === undefined ? {} : { retryOf }),
    ...(parentTask === undefined ? {} : { parentTask }),
    ...(depth === undefined ? {} : { depth }),
    ...(term === undefined ? {} : { term }),
    ...followedBy(wanted),
    ...(wanted.excluded === undefined ? {} : { excluded: wanted.excluded }),
    ...(startsAt > nowMs ? { runAt: startsAt } : {}),
    ...effectsOf(wanted),
    status: 'PENDING',
    attempt: 0,
    rev: 1,
    createdAt: nowMs,
    timeoutMs: timeoutSeconds * 1000,
    deadlineAt: Math.min(startsAt + timeoutSeconds * 1000, wanted.endsBy ?? Infinity),
  };
};
