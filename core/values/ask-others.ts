import * as z from 'zod';
import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { EscalationRequest } from '../contract/escalation.ts';
import type { RunId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import { type WriteChain, type WriteResolution, type Written, writeOptions } from '../contract/value.ts';
import { NotFoundError } from '../errors/errors.ts';
import { raiseEscalation } from '../escalations/raise-escalation.ts';
import type { Principal } from '../identity/principal.ts';
import { cancelRun, RunEndedError } from '../runs/cancel-run.ts';
import { Run } from '../runs/run.ts';
import { type StartRequest, startRun } from '../runs/start-run.ts';
import type { Services } from '../services.ts';
import { cancelTask } from '../tasks/cancel-task.ts';
import { AlreadyTerminalError } from '../tasks/errors.ts';
import { readTask } from '../tasks/task.ts';
import { PayloadQuotaError } from '../tenants/errors.ts';
import type { ValueRef } from './value-store.ts';

/** A conflict of two writes that no rule settles. */
export interface Question {
  readonly ref: ValueRef;
  readonly principal: Principal;
  readonly chain: Omit<WriteChain, 'scope'>;
  readonly current: Written;
  readonly proposed: Written;
  readonly strategy: 'consensus_required' | 'manual';
  /** Which version the question becomes: of the same proposal the same question is asked once. */
  readonly version: number;
}

/** Whom a question was put to. */
type Asked = Pick<WriteResolution, 'runId' | 'escalationId'>;

const said = ({ value, by, at, priority }: Written) => ({ value, by, at, priority });

/** Who wrote, and when: what was written is read with the value's versions. */
const named = ({ by, at, priority }: Written) => ({ by, at, priority });

/** The run that votes; `undefined` when there is no such workflow, or it may not be given both values. */
const startVote = async (services: Services, request: StartRequest): Promise<RunId | undefined> => {
  try {
    return (await startRun(services, request)).runId;
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof PayloadQuotaError) return undefined;
    throw error;
  }
};

/** Asks people, and leaves both values out where the tenant's quota is below them: they read them where they are. */
const askPeople = async (services: Services, question: Question, key: string): Promise<Asked> => {
  const { principal, current, proposed } = question;
  const { scope, name } = question.ref;
  const ask = (shown: typeof said | typeof named, idempotencyKey: string) =>
    raiseEscalation(
      services,
      { principal, idempotencyKey },
      EscalationRequest.parse({
        severity: 'medium',
        issue: `Two writes of ${scope}/${name} did not know of each other, and no strategy of the scope settles them.`,
        context: { scope, name, current: shown(current), proposed: shown(proposed) },
        options: writeOptions,
      }),
      `value:${scope}/${name}`,
    );
  try {
    return { escalationId: (await ask(said, key)).taskId };
  } catch (error) {
    if (!(error instanceof PayloadQuotaError)) throw error;
    return { escalationId: (await ask(named, `${key}:named`)).taskId };
  }
};

/** Starts the vote, or asks people: also where the workflow that is to vote is none. */
export const askOthers = async (services: Services, question: Question): Promise<Asked> => {
  const { principal, chain, strategy, version } = question;
  const { scope, name } = question.ref;
  const proposed = said(question.proposed);
  // Another proposal for the same version is another question, whoever asked first, and whether or not it was added.
  const idempotencyKey = `value:${scope}/${name}@${version}:${sha256Hex(canonicalJson(proposed))}`;
  const input = { scope, name, current: said(question.current), proposed };
  if (strategy === 'consensus_required' && chain.workflow !== undefined) {
    const voted = await startVote(services, {
      principal,
      idempotencyKey,
      request: { workflow: chain.workflow, input },
      startedBy: { kind: 'value', name: `${scope}/${name}` },
    });
    if (voted !== undefined) return { runId: voted };
  }
  return askPeople(services, question, idempotencyKey);
};

/**
 * Closes a question that need not be answered any more. Whoever answers it later hears that it was cancelled. Returns
 * whether it was open: one that was answered meanwhile has to be taken instead.
 */
export const closeQuestion = async (
  services: Services,
  principal: Principal,
  { runId, escalationId }: Asked,
  reason: string,
): Promise<boolean> => {
  try {
    if (runId !== undefined) await cancelRun(services, principal, runId, reason);
    if (escalationId !== undefined) await cancelTask(services, principal, escalationId, reason);
    return true;
  } catch (error) {
    if (error instanceof AlreadyTerminalError || error instanceof RunEndedError || error instanceof NotFoundError)
      return false;
    throw error;
  }
};

const Answer = z.looseObject({ decision: z.string(), by: z.string().optional() });

/** Which of the two, and who says so. */
export interface Decision {
  readonly option: string;
  readonly by: string;
}

/** Of an answer that is none the value stays as it is. */
const decisionOf = (output?: unknown): Decision => {
  const answer = Answer.safeParse(output).data;
  return { option: answer?.decision ?? 'current', by: answer?.by ?? 'nobody' };
};

/** What a vote came to. */
const votedOn = async (
  services: Services,
  tenant: string,
  runId: RunId,
): Promise<Decision | 'not_agreed' | undefined> => {
  const run = Run.safeParse(await services.table.get(keys.run(tenant, runId), { consistent: true })).data;
  if (run !== undefined && run.endedAt === undefined) return undefined;
  const answer = run?.status === 'SUCCEEDED' ? Answer.safeParse(run.output).data : undefined;
  return answer === undefined ? 'not_agreed' : { option: answer.decision, by: runId };
};

/** What became of a question; `undefined` while it is open, `not_agreed` of a vote that came to nothing. */
export const decisionOn = async (
  services: Services,
  tenant: string,
  { runId, escalationId }: Asked,
): Promise<Decision | 'not_agreed' | undefined> => {
  if (runId !== undefined) return votedOn(services, tenant, runId);
  if (escalationId === undefined) return decisionOf();
  const found = readTask(await services.table.get(keys.task(tenant, escalationId), { consistent: true }));
  if (found.kind !== 'task') return decisionOf();
  if (!isTerminal(found.task.status)) return undefined;
  return decisionOf(found.task.status === 'SUCCEEDED' ? found.task.output : undefined);
};
