import * as z from 'zod';
import type { HierarchicalWorkflow } from '../contract/definitions/hierarchical.ts';
import { StepId } from '../contract/definitions/step.ts';
import { type AgentId, Name } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import { delegate } from '../coordination/hierarchical/delegate.ts';
import { distributeWork, type Share } from '../coordination/hierarchical/distribute-work.ts';
import { planRollout, type RolloutStep } from '../coordination/hierarchical/plan-rollout.ts';
import { fillTemplate, listAt } from '../coordination/template.ts';
import { templateScope } from '../runs/outputs.ts';
import { type RunTeam, teamsOf } from './hierarchy-teams.ts';
import type { ModeContext } from './mode-rules.ts';
import { faultsOf, refusePlan } from './refuse-plan.ts';
import { readOutcomes } from './run-reader.ts';

/** Where the stages of a hierarchy are, in the order of time. */
export const positions = { plan: 0, split: 1, work: 2, recover: 3, again: 4, aggregate: 5, integrate: 6 } as const;

const Subtask = z.looseObject({
  id: StepId,
  input: Json.default(null),
  description: z.string().max(4096).optional(),
  team: z.string().optional(),
  specialization: z.string().optional(),
  complexity: z.number().min(0).max(1).optional(),
});
type Subtask = z.infer<typeof Subtask>;

const Item = z.looseObject({
  id: StepId,
  input: Json.default(null),
  description: z.string().max(4096).optional(),
  type: Name.optional(),
  effort: z.number().positive().default(1),
  /** Of the team's own, by name. */
  worker: z.string().optional(),
  subtask: z.string().optional(),
  complexity: z.number().min(0).max(1).optional(),
  /** Of the rollout, which step it does. */
  step: z.string().optional(),
});
type Item = z.infer<typeof Item>;

/** What a team was given by the supervisor. */
export interface TeamShare {
  readonly team: RunTeam;
  readonly subtasks: readonly Subtask[];
}

/** A piece of work, and whose it is. */
export interface WorkPiece {
  /** `team/item` */
  readonly id: string;
  readonly input: Json;
  readonly description?: string | undefined;
  readonly type?: string | undefined;
  readonly effort: number;
  readonly subtask?: string | undefined;
  readonly complexity?: number | undefined;
  readonly step?: string | undefined;
  readonly team: RunTeam;
  /** Of a team whose workers are named: by whom alone it is done. */
  readonly worker: { readonly name: string; readonly agentId: AgentId } | undefined;
  readonly dependsOn: readonly string[];
}

/** The steps of the rollout that the definition asks for, if it does. */
export const rolloutOf = async (
  { services, run }: ModeContext,
  { plan }: HierarchicalWorkflow,
): Promise<readonly RolloutStep[] | undefined> => {
  if (plan === undefined) return undefined;
  if (typeof plan === 'string') return planRollout({ kind: plan }, []);
  if (plan.kind !== 'rolling_update')
    return planRollout(
      plan.kind === 'canary' && plan.percentages !== undefined
        ? { kind: 'canary', percentages: plan.percentages }
        : { kind: plan.kind },
      [],
    );
  const units = listAt(plan.units, await templateScope(services, run, [plan.units]), limits.stepsPerWorkflow);
  return planRollout(
    { kind: 'rolling_update', batchSize: plan.batchSize },
    units.map((unit) => (typeof unit === 'string' ? unit : JSON.stringify(unit))),
  );
};

/** What is to be done, as a whole. */
export const taskOf = async ({ services, run }: ModeContext, { task }: HierarchicalWorkflow): Promise<Json> =>
  fillTemplate(task, await templateScope(services, run, [task]));

/**
 * What the supervisor gave to whom.
 * @throws InvalidFieldError naming every fault: a plan is refused whole.
 */
export const sharesOf = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
): Promise<readonly TeamShare[]> => {
  const [outcome] = await readOutcomes(context, positions.plan);
  const plan = z.looseObject({ subtasks: z.array(Json) }).safeParse(outcome?.output);
  if (!plan.success) return refusePlan('subtasks', 'The plan', ['It is no object with a list "subtasks".']);
  const { maxSubtasks } = definition.policies;
  // An oversized plan is not read further: its size may be the attack.
  if (plan.data.subtasks.length > maxSubtasks)
    refusePlan('subtasks', 'The plan', [
      `It has ${plan.data.subtasks.length} subtasks; at most ${maxSubtasks} are taken.`,
    ]);
  const read = plan.data.subtasks.map((part) => Subtask.safeParse(part));
  const faults = faultsOf('subtasks', read);
  if (faults.length > 0) refusePlan('subtasks', 'The plan', faults);
  const subtasks = read.flatMap(({ data }) => data ?? []);
  const teams = await teamsOf(context, definition);
  const delegation = delegate({
    subtasks: subtasks.map(({ id, team, specialization }) => ({
      id,
      ...(team === undefined ? {} : { team }),
      ...(specialization === undefined ? {} : { specialization }),
    })),
    teams: teams.map(({ name, leader, specialization }) => ({ name, leader: leader.name, specialization })),
    supervisor: outcome?.agentName ?? '',
    maxSubtasks,
  });
  if (delegation.kind === 'refused')
    return refusePlan(
      'subtasks',
      'The plan',
      delegation.problems.map(({ message }) => message),
    );
  return delegation.assignments.flatMap(({ team: name, subtasks: ids }) => {
    const team = teams.find((candidate) => candidate.name === name);
    return team === undefined ? [] : [{ team, subtasks: subtasks.filter(({ id }) => ids.includes(id)) }];
  });
};

const itemFaults = (
  share: TeamShare,
  items: readonly Item[],
  rollout: readonly RolloutStep[] | undefined,
): readonly string[] => {
  const { team, subtasks } = share;
  const ids = items.map(({ id }) => id);
  const whose = `of the team "${team.name}"`;
  const perItem = items.flatMap(({ id, worker, subtask, step }, position) => [
    ...(ids.indexOf(id) === position ? [] : [`Two items ${whose} are called "${id}".`]),
    ...(worker === undefined || team.workers?.some(({ name }) => name === worker) === true
      ? []
      : [`"${worker}" is no worker ${whose}.`]),
    ...(subtask === undefined || subtasks.some((known) => known.id === subtask)
      ? []
      : [`The item "${id}" ${whose} is of "${subtask}", which it was not given.`]),
    ...(rollout === undefined || rollout.some((known) => known.id === step)
      ? []
      : [`The item "${id}" ${whose} names no step of the rollout.`]),
  ]);
  return items.length === 0 ? [`The team "${team.name}" has work and no items.`] : perItem;
};

/** Who of a team's named workers does what: as its leader says, the rest shared out evenly. */
const workersFor = ({ workers }: RunTeam, items: readonly Item[]): ReadonlyMap<string, string> => {
  if (workers === undefined) return new Map();
  const chosen = items.flatMap(({ id, worker }) => (worker === undefined ? [] : [[id, worker] as const]));
  const given = (name: string): number =>
    items.reduce((sum, { worker, effort }) => sum + (worker === name ? effort : 0), 0);
  const shares: readonly Share[] = distributeWork(
    items.filter(({ worker }) => worker === undefined).map(({ id, effort }) => ({ id, effort })),
    workers.map(({ name, load }) => ({ agentId: name, load: load + given(name) })),
  );
  return new Map([...chosen, ...shares.flatMap(({ agentId, items: ids }) => ids.map((id) => [id, agentId] as const))]);
};

const piecesOfTeam = ({ team, subtasks }: TeamShare, items: readonly Item[]): readonly WorkPiece[] => {
  const workers = workersFor(team, items);
  return items.map((item) => {
    const { input, description, type, effort, step } = item;
    const name = workers.get(item.id);
    const [only, ...others] = subtasks;
    const subtask = subtasks.find(({ id }) => id === item.subtask) ?? (others.length === 0 ? only : undefined);
    const complexity = item.complexity ?? subtask?.complexity;
    return {
      input,
      description,
      type,
      effort,
      step,
      complexity,
      subtask: subtask?.id,
      id: `${team.name}/${item.id}`,
      team,
      worker: team.workers?.find((worker) => worker.name === name),
      dependsOn: [],
    };
  });
};

/** What does a step of the rollout waits for all that does the step before it. */
export const inOrderOf = (rollout: readonly RolloutStep[], pieces: readonly WorkPiece[]): readonly WorkPiece[] => {
  let before: readonly string[] = [];
  return rollout.flatMap(({ id }) => {
    const own = pieces.filter(({ step }) => step === id).map((piece) => ({ ...piece, dependsOn: before }));
    if (own.length > 0) before = own.map((piece) => piece.id);
    return own;
  });
};

/**
 * All work, as the leaders split it.
 * @throws InvalidFieldError naming every fault of what they proposed.
 */
export const piecesOf = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
): Promise<readonly WorkPiece[]> => {
  const shares = await sharesOf(context, definition);
  const rollout = await rolloutOf(context, definition);
  const outcomes = await readOutcomes(context, positions.split);
  const faults: string[] = [];
  const pieces = shares.flatMap((share) => {
    const output = outcomes.find(({ step }) => step === `split-${share.team.name}`)?.output;
    const split = z.looseObject({ items: z.array(Json).max(definition.policies.maxItems) }).safeParse(output);
    const read = (split.data?.items ?? []).map((item) => Item.safeParse(item));
    const items = read.flatMap(({ data }) => data ?? []);
    if (!split.success)
      faults.push(
        `What the leader of "${share.team.name}" answered is no object with a list "items" of at most ${definition.policies.maxItems}.`,
      );
    else faults.push(...faultsOf(`${share.team.name}.items`, read), ...itemFaults(share, items, rollout));
    return piecesOfTeam(share, items);
  });
  if (pieces.length > definition.policies.maxItems)
    faults.push(`There are ${pieces.length} items; at most ${definition.policies.maxItems} are taken.`);
  const idle = (rollout ?? []).filter(({ id }) => !pieces.some(({ step }) => step === id));
  faults.push(...idle.map(({ id }) => `No item does the step "${id}" of the rollout.`));
  if (faults.length > 0) refusePlan('items', 'The split', faults);
  return rollout === undefined ? pieces : inOrderOf(rollout, pieces);
};
