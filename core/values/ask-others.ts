import * as z from 'zod';
import { EscalationRequest } from '../contract/escalation.ts';
import type { RunId, TaskId, TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import {
  type ValueVersion,
  type ValueWrite,
  type WriteChain,
  type WriteResolution,
  type Written,
  writeOptions,
} from '../contract/value.ts';
import { NotFoundError } from '../errors/errors.ts';
import { raiseEscalation } from '../escalations/raise-escalation.ts';
import type { Principal } from '../identity/principal.ts';
import { Run } from '../runs/run.ts';
import { type StartRequest, startRun } from '../runs/start-run.ts';
import type { Services } from '../services.ts';
import { readTask } from '../tasks/task.ts';

/** A conflict of two writes that no rule settles. */
export interface Question {
  readonly principal: Principal;
  readonly write: ValueWrite;
  readonly chain: Omit<WriteChain, 'scope'>;
  readonly current: Written;
  readonly proposed: Written;
  readonly strategy: 'consensus_required' | 'manual';
  /** Which version the question becomes: the same question is asked once. */
  readonly version: number;
}

const said = ({ value, by, at, priority }: Written) => ({ value, by, at, priority });

/** The run that votes; `undefined` when there is no such workflow. */
const startVote = async (services: Services, request: StartRequest): Promise<RunId | undefined> => {
  try {
    return (await startRun(services, request)).runId;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
};

/** Starts the vote, or asks people: also where the workflow that is to vote is none. */
export const askOthers = async (
  services: Services,
  question: Question,
): Promise<{ runId?: RunId; escalationId?: TaskId }> => {
  const { principal, write, chain, strategy, version } = question;
  const { scope, name } = write;
  const idempotencyKey = `value:${scope}/${name}@${version}`;
  const input = { scope, name, current: said(question.current), proposed: said(question.proposed) };
  if (strategy === 'consensus_required' && chain.workflow !== undefined) {
    const voted = await startVote(services, {
      principal,
      idempotencyKey,
      request: { workflow: chain.workflow, input },
    });
    if (voted !== undefined) return { runId: voted };
  }
  const request = EscalationRequest.parse({
    severity: 'medium',
    issue: `Two writes of ${scope}/${name} did not know of each other, and no strategy of the scope settles them.`,
    context: input,
    options: writeOptions,
  });
  return { escalationId: (await raiseEscalation(services, { principal, idempotencyKey }, request)).taskId };
};

const Answer = z.looseObject({ decision: z.string(), by: z.string().optional() });
type Decision = { readonly option: string; readonly by: string };

/** Anything but a choice leaves the value as it is. */
const decisionOf = (output: unknown, by: string): Decision => {
  const answer = Answer.safeParse(output).data;
  return { option: answer?.decision ?? 'current', by: answer?.by ?? by };
};

const decided = async (
  services: Services,
  tenant: TenantId,
  { runId, escalationId }: WriteResolution,
): Promise<Decision | undefined> => {
  if (runId !== undefined) {
    const run = Run.safeParse(await services.table.get(keys.run(tenant, runId), { consistent: true })).data;
    if (run !== undefined && run.endedAt === undefined) return undefined;
    return decisionOf(run?.status === 'SUCCEEDED' ? run.output : undefined, runId);
  }
  if (escalationId === undefined) return decisionOf(undefined, 'nobody');
  const found = readTask(await services.table.get(keys.task(tenant, escalationId), { consistent: true }));
  if (found.kind !== 'task') return decisionOf(undefined, 'nobody');
  if (!isTerminal(found.task.status)) return undefined;
  return decisionOf(found.task.status === 'SUCCEEDED' ? found.task.output : undefined, 'nobody');
};

/** The version that follows one that waits, once it is decided. */
export const settlePending = async (
  services: Services,
  tenant: TenantId,
  current: ValueVersion,
): Promise<ValueVersion | undefined> => {
  const { resolution, ...kept } = current;
  if (resolution?.outcome !== 'pending') return undefined;
  const decision = await decided(services, tenant, resolution);
  if (decision === undefined) return undefined;
  const isProposed = decision.option === 'proposed';
  const { value, by, at, priority } = isProposed ? resolution.proposed : kept;
  return {
    ...kept,
    value,
    by,
    at,
    priority,
    version: current.version + 1,
    writtenAt: services.clock.now(),
    resolution: { ...resolution, outcome: isProposed ? 'proposed' : 'current', decidedBy: decision.by },
  };
};
