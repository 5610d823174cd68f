import { loadOf } from '../agents/slots.ts';
import type { LeaderElectWorkflow } from '../contract/definitions/leader-elect.ts';
import { AgentId } from '../contract/ids.ts';
import { elect, nextTerm } from '../coordination/leader/term.ts';
import { AppError } from '../errors/app-error.ts';
import { beginTerm, type ElectedTerm, readTerm } from '../runs/terms.ts';
import { requirementsOf } from './auction-bids.ts';
import { eligibleAgents } from './eligible-agents.ts';
import type { ModeContext, ModeDecision, ModeRules } from './mode-rules.ts';
import { readOutcomes } from './run-reader.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';

const leadId = 'lead';

const requiredOf = ({ task, candidates }: LeaderElectWorkflow) => requirementsOf({ task, bidders: candidates });

/** A leader has one try and one term: the next leader is what a failure is answered with. */
const leadStep = (definition: LeaderElectWorkflow): StageStep => ({
  ...definition.task,
  id: leadId,
  inputField: 'task.input',
  requirements: requiredOf(definition),
  timeoutSeconds: Math.min(definition.task.timeoutSeconds, definition.termSeconds),
  retry: { ...definition.task.retry, maxAttempts: 1 },
});

const leadStage = async (
  { services, run }: ModeContext,
  definition: LeaderElectWorkflow,
  position: number,
): Promise<StageSpec> => {
  const term = await readTerm(services, run, position + 1);
  if (term === undefined) throw new AppError('NOT_FOUND', `Nobody was elected for term ${position + 1}.`);
  const step = leadStep(definition);
  const requirements = { ...step.requirements, agentId: term.leader };
  return { id: leadId, steps: [{ ...step, requirements, term: term.number }], completion: 'all' };
};

/** Those that led before, latest last. */
const ledBefore = async ({ services, run }: ModeContext, position: number): Promise<readonly ElectedTerm[]> => {
  const terms = await Promise.all(
    Array.from({ length: position }, (_, earlier) => readTerm(services, run, earlier + 1)),
  );
  return terms.flatMap((term) => term ?? []);
};

/** An agent that led before leads again only when nobody else is there. */
const choose = async (
  context: ModeContext,
  definition: LeaderElectWorkflow,
  before: readonly ElectedTerm[],
): Promise<ElectedTerm | undefined> => {
  const live = (
    await eligibleAgents(context, { requirements: requiredOf(definition), type: definition.task.type })
  ).filter(({ isLive }) => isLive);
  const candidates = live.map(({ agent, slots }) => ({
    agentId: agent.agentId,
    priority: agent.priority,
    load: loadOf(slots),
  }));
  const elected =
    elect(
      candidates,
      before.map(({ leader }) => leader),
    ) ?? elect(candidates);
  const found = live.find(({ agent }) => agent.agentId === elected?.agentId);
  if (found === undefined) return undefined;
  const nowMs = context.services.clock.now();
  const { agentId, name } = found.agent;
  const term = nextTerm(before.at(-1), { leader: agentId, nowMs, termMs: definition.termSeconds * 1000 });
  return { ...term, leader: AgentId.parse(term.leader), name };
};

const failed = (decision: string, code: string, message: string): ModeDecision => ({
  answer: { decision },
  run: 'fail',
  error: { code, message, retryable: false },
});

const nobodyLeads = async (context: ModeContext, before: readonly ElectedTerm[]): Promise<ModeDecision> => {
  const last = before.at(-1);
  if (last === undefined) return failed('no_candidates', 'NO_LEADER', 'No agent is there that may lead.');
  const [outcome] = await readOutcomes(context, before.length - 1);
  const why = `${last.name}: ${outcome?.error?.message ?? 'it did not finish'}`;
  return failed('no_leader', 'LEADER_LOST', `Nobody leads after term ${last.number}; the last leader was ${why}`);
};

const decideElection = async (
  context: ModeContext,
  definition: LeaderElectWorkflow,
  position: number,
): Promise<ModeDecision> => {
  const { services, run } = context;
  const before = await ledBefore(context, position);
  const known = await readTerm(services, run, position + 1);
  const chosen = known ?? (position < definition.maxTerms ? await choose(context, definition, before) : undefined);
  const term = chosen === undefined ? undefined : await beginTerm(services, run, chosen);
  const endedTerm = position > 0 ? { endedTerm: position } : {};
  if (term === undefined) return { ...(await nobodyLeads(context, before)), ...endedTerm };
  return { answer: { decision: 'elected', position }, run: 'continue', ...endedTerm };
};

/**
 * Leader election: one agent leads for a term, its task pinned to it; when it fails, dies or its term is over, another is
 * elected. Stage k is the task of term k + 1.
 */
export const leaderElectRules = (definition: LeaderElectWorkflow): ModeRules => ({
  machine: 'leader_elect',
  outline: [{ id: leadId, steps: [leadStep(definition)], completion: 'all' }],
  plan: (context, position) => leadStage(context, definition, position),
  after: (_position, outcome) =>
    outcome === 'SUCCEEDED' ? { run: 'succeed', token: 'succeed' } : { run: 'continue', token: 'fail' },
  decide: (context, { position }) => decideElection(context, definition, position),
  output: `{{ steps.${leadId}.output }}`,
});
