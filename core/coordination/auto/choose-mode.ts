/** Every mode that a run can have. */
export type CoordinationMode =
  | 'sequential'
  | 'parallel'
  | 'pipeline'
  | 'map_reduce'
  | 'consensus'
  | 'hierarchical'
  | 'auction'
  | 'swarm'
  | 'leader_elect'
  | 'dag';

/** What is known of the work. Whatever is left out does not hold. */
export interface WorkTraits {
  readonly tasks: readonly { readonly id: string; readonly dependsOn: readonly string[] }[];
  /** Elements that one and the same task is done for; `unknown`, where only a run's input tells. */
  readonly itemCount?: number | 'unknown';
  /** Whether several have to agree on one answer. */
  readonly needsAgreement?: boolean;
  /** Whether each task takes the output of the one before it, checked or transformed between. */
  readonly handsOn?: boolean;
  /** Whether the task has to be divided by an agent first. */
  readonly needsDecomposition?: boolean;
  /** Whether teams with leaders are named. */
  readonly teamCount?: number;
  /** Whether agents should compete for the task by price and speed. */
  readonly isCompetitive?: boolean;
  /** Whether one agent has to be in charge, and be replaced when it is lost. */
  readonly needsLeader?: boolean;
  readonly preferred?: CoordinationMode;
}

/** A mode, and in a sentence why. */
export interface ModeChoice {
  readonly mode: CoordinationMode;
  readonly why: string;
}

interface Shape {
  readonly traits: WorkTraits;
  readonly dependencies: number;
  /** Whether every task waits for the one before it and for nothing else. */
  readonly isChain: boolean;
}

/** Modes whose stages keep an order of dependencies. */
const keepsOrder: readonly CoordinationMode[] = ['sequential', 'dag', 'pipeline'];

const isChain = (tasks: WorkTraits['tasks']): boolean => {
  const starts = tasks.filter(({ dependsOn }) => dependsOn.length === 0);
  const names = tasks.flatMap(({ dependsOn }) => [...new Set(dependsOn)]);
  return (
    starts.length === 1 &&
    new Set(names).size === names.length &&
    tasks.every(({ dependsOn }) => new Set(dependsOn).size <= 1)
  );
};

const refusalOf = (mode: CoordinationMode, { dependencies, isChain }: Shape): string | undefined => {
  if (dependencies === 0) return undefined;
  if (!keepsOrder.includes(mode)) return `${mode} keeps no order, and ${dependencies} dependencies ask for one`;
  return mode === 'pipeline' && !isChain ? 'the tasks are no chain, as a pipeline needs' : undefined;
};

type Rule = (shape: Shape) => ModeChoice | undefined;

const when =
  (holds: (shape: Shape) => boolean, mode: CoordinationMode, why: (shape: Shape) => string): Rule =>
  (shape) =>
    holds(shape) ? { mode, why: why(shape) } : undefined;

/** In order; the first that holds decides. What the work must have comes before what makes it fast. */
const rules: readonly Rule[] = [
  when(
    ({ traits }) => traits.needsAgreement === true,
    'consensus',
    () => 'several have to agree on one answer',
  ),
  when(
    ({ dependencies, isChain, traits }) => dependencies > 0 && isChain && traits.handsOn === true,
    'pipeline',
    ({ traits }) => `${traits.tasks.length} tasks hand their output on, one to the next`,
  ),
  when(
    ({ dependencies, isChain }) => dependencies > 0 && isChain,
    'sequential',
    ({ traits }) => `${traits.tasks.length} tasks are a chain, so none can be done beside another`,
  ),
  when(
    ({ dependencies }) => dependencies > 0,
    'dag',
    ({ dependencies, traits }) =>
      `${traits.tasks.length} tasks have ${dependencies} dependencies and are no chain: what is ready need not wait for the rest`,
  ),
  when(
    ({ traits }) => (traits.teamCount ?? 0) > 0,
    'hierarchical',
    ({ traits }) => `${traits.teamCount} teams with leaders are named`,
  ),
  when(
    ({ traits }) => traits.needsLeader === true,
    'leader_elect',
    () => 'one agent has to be in charge and be replaced when it is lost',
  ),
  when(
    ({ traits: { itemCount = 0 } }) => itemCount === 'unknown' || itemCount > 1,
    'map_reduce',
    ({ traits: { itemCount } }) =>
      `the same is done for ${itemCount === 'unknown' ? 'each item of a list' : `${itemCount} items`}, which do not depend on each other`,
  ),
  when(
    ({ traits }) => traits.needsDecomposition === true,
    'swarm',
    () => 'the task has to be divided first, into parts nobody knows yet',
  ),
  when(
    ({ traits }) => traits.isCompetitive === true && traits.tasks.length === 1,
    'auction',
    () => 'agents compete for one task by price and speed',
  ),
  when(
    ({ traits }) => traits.tasks.length > 1,
    'parallel',
    ({ traits }) => `${traits.tasks.length} tasks do not depend on each other`,
  ),
];

/**
 * Picks a mode for the work and says why. A stated preference decides unless it would break a dependency; then the rules
 * decide, and the answer says so.
 */
export const chooseMode = (traits: WorkTraits): ModeChoice => {
  const dependencies = traits.tasks.reduce((sum, { dependsOn }) => sum + new Set(dependsOn).size, 0);
  const shape: Shape = { traits, dependencies, isChain: isChain(traits.tasks) };
  const { preferred } = traits;
  const refusal = preferred === undefined ? undefined : refusalOf(preferred, shape);
  if (preferred !== undefined && refusal === undefined) return { mode: preferred, why: 'it was asked for' };
  let choice: ModeChoice = { mode: 'sequential', why: 'there is one task, and nothing to coordinate' };
  for (const rule of rules.toReversed()) choice = rule(shape) ?? choice;
  return refusal === undefined ? choice : { mode: choice.mode, why: `${choice.why}; ${refusal}` };
};
