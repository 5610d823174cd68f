import * as z from 'zod';
import type { HierarchicalWorkflow } from '../contract/definitions/hierarchical.ts';
import { Json } from '../contract/json.ts';
import { rollbackOrder } from '../coordination/hierarchical/plan-rollout.ts';
import { AppError } from '../errors/app-error.ts';
import { piecesOf, positions, rolloutOf, type WorkPiece } from './hierarchy-plan.ts';
import type { ModeContext } from './mode-rules.ts';
import { refusePlan } from './refuse-plan.ts';
import { type MemberOutcome, readOutcomes } from './run-reader.ts';

const Choice = z.enum(['reassign', 'skip', 'give_up']);

/** What a supervisor says about work that failed: one word for all of it, or one for each piece. */
const Handling = z.looseObject({
  action: Choice.optional(),
  reason: z.string().max(2048).optional(),
  decisions: z
    .array(z.looseObject({ item: z.string(), action: Choice, worker: z.string().optional() }))
    .max(1000)
    .default([]),
});
type Handling = z.infer<typeof Handling>;

/** A piece of work and what it came to. */
export interface PieceOutcome {
  readonly piece: WorkPiece;
  readonly outcome: MemberOutcome | undefined;
}

const isDone = ({ outcome }: PieceOutcome): boolean => outcome?.status === 'SUCCEEDED';

/** Every piece with what it came to at first. */
export const firstOutcomes = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
): Promise<readonly PieceOutcome[]> => {
  const outcomes = await readOutcomes(context, positions.work);
  const byStep = new Map(outcomes.map((outcome) => [outcome.step, outcome]));
  return (await piecesOf(context, definition)).map((piece) => ({ piece, outcome: byStep.get(piece.id) }));
};

/** A piece that did not succeed, as a supervisor is told of it. */
const toldOfFailure = ({ piece, outcome }: PieceOutcome): Json => ({
  item: piece.id,
  team: piece.team.name,
  input: piece.input,
  status: outcome?.status ?? 'SKIPPED',
  ...(outcome === undefined ? {} : { taskId: outcome.taskId }),
  ...(outcome?.agentName === undefined ? {} : { agent: outcome.agentName }),
  ...(outcome?.error === undefined ? {} : { error: { code: outcome.error.code, message: outcome.error.message } }),
  ...(piece.team.workers === undefined ? {} : { workers: piece.team.workers.map(({ name }) => name) }),
});

/** What the supervisor is asked once work has failed. */
export const failureBrief = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
): Promise<Record<string, Json>> => {
  const all = await firstOutcomes(context, definition);
  const rollout = await rolloutOf(context, definition);
  const taken = (rollout ?? [])
    .filter(({ id }) => all.some((one) => one.piece.step === id && isDone(one)))
    .map(({ id }) => id);
  return {
    failed: all.filter((one) => !isDone(one)).map(toldOfFailure),
    succeeded: all.filter(isDone).map(({ piece }) => piece.id),
    actions: [...Choice.options],
    ...(rollout === undefined ? {} : { rollback: [...rollbackOrder(rollout, taken)] }),
  };
};

/** Another worker of the team where there is one: whoever failed gets it again only if nobody else is left. */
const otherWorker = ({ team, worker }: WorkPiece, wanted: string | undefined): WorkPiece['worker'] => {
  const { workers } = team;
  if (workers === undefined) return undefined;
  return (
    workers.find(({ name }) => name === wanted) ??
    workers.filter(({ agentId }) => agentId !== worker?.agentId).toSorted((a, b) => a.load - b.load)[0] ??
    worker
  );
};

const handlingFaults = (handling: Handling, failed: readonly PieceOutcome[]): readonly string[] => {
  const { action, decisions } = handling;
  const known = new Map(failed.map(({ piece }) => [piece.id, piece]));
  return [
    ...decisions.filter(({ item }) => !known.has(item)).map(({ item }) => `"${item}" is no item that failed.`),
    ...decisions
      .filter(
        ({ item, worker }) =>
          worker !== undefined && known.get(item)?.team.workers?.some(({ name }) => name === worker) !== true,
      )
      .map(({ item, worker }) => `"${worker}" is no worker of the team of "${item}".`),
    ...failed
      .filter(({ piece }) => action === undefined && !decisions.some(({ item }) => item === piece.id))
      .map(({ piece }) => `Nothing is said about "${piece.id}".`),
  ];
};

/**
 * The work that the supervisor gives out again: by others where there are any, in the order of the rollout.
 * @throws InvalidFieldError naming the faults of what it said, UNRUNNABLE when it gave up.
 */
export const piecesAgain = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
): Promise<readonly WorkPiece[]> => {
  const [outcome] = await readOutcomes(context, positions.recover);
  const handling = Handling.safeParse(outcome?.output);
  if (!handling.success)
    return refusePlan('decisions', 'The handling of the failure', ['It has no "action" and no list "decisions".']);
  const failed = (await firstOutcomes(context, definition)).filter((one) => !isDone(one));
  const faults = handlingFaults(handling.data, failed);
  if (faults.length > 0) refusePlan('decisions', 'The handling of the failure', faults);
  const { action, reason, decisions } = handling.data;
  if (action === 'give_up' || decisions.some((decision) => decision.action === 'give_up'))
    throw new AppError(
      'UNRUNNABLE',
      `The supervisor gave up${reason === undefined ? '' : `: ${reason}`}. ${failureOf(failed)}`.slice(0, 4000),
    );
  const again = failed.flatMap(({ piece }) => {
    const own = decisions.find(({ item }) => item === piece.id);
    return (own?.action ?? action) === 'reassign' ? [{ ...piece, worker: otherWorker(piece, own?.worker) }] : [];
  });
  const ids = new Set(again.map(({ id }) => id));
  return again.map((piece) => ({ ...piece, dependsOn: piece.dependsOn.filter((id) => ids.has(id)) }));
};

/** The first of the pieces that failed by themselves: its item, its task, its agent and why. */
export const failureOf = (outcomes: readonly PieceOutcome[]): string => {
  const failed = outcomes.filter((one) => !isDone(one));
  const first = failed.find(({ outcome }) => outcome?.status !== 'SKIPPED') ?? failed[0];
  if (first === undefined) return '';
  const { piece, outcome } = first;
  const whose = outcome?.agentName === undefined ? '' : ` on ${outcome.agentName}`;
  return `${failed.length} of ${outcomes.length} items failed. First "${piece.id}" (${outcome?.taskId ?? 'never begun'}${whose}): ${outcome?.error?.message ?? outcome?.status ?? 'skipped'}`;
};

/** Every piece with what it came to in the end. */
export const lastOutcomes = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
): Promise<readonly PieceOutcome[]> => {
  const first = await firstOutcomes(context, definition);
  const again = new Map((await readOutcomes(context, positions.again)).map((outcome) => [outcome.step, outcome]));
  return first.map(({ piece, outcome }) => ({ piece, outcome: again.get(piece.id) ?? outcome }));
};
