import type { AutoWorkflow, ModeChoice } from '../contract/definitions/auto.ts';
import type { Step } from '../contract/definitions/step.ts';
import { type AskedWorkflow, WorkflowDefinition } from '../contract/workflow.ts';
import { chooseMode } from '../coordination/auto/choose-mode.ts';
import { withoutImplied } from '../coordination/auto/dependencies.ts';
import { layersOf } from '../coordination/dag/levels.ts';
import { pathsIn } from '../coordination/template.ts';
import { InvalidDefinitionError } from './check-definition.ts';

/** A workflow as it runs, and where its mode was chosen, which and why. */
export interface ResolvedWorkflow {
  readonly definition: WorkflowDefinition;
  readonly choice: ModeChoice | undefined;
}

/** The steps that a step's templates name. */
const namedSteps = ({ input, forEach }: Step): readonly string[] =>
  [...pathsIn(input), ...pathsIn(forEach ?? null)].flatMap(([root, id]) => (root === 'steps' && id ? [id] : []));

/** The steps in an order that keeps their dependencies, those that their templates show among them. */
const ordered = ({ steps }: AutoWorkflow): readonly Step[] => {
  const byId = new Map(steps.map((step) => [step.id, step]));
  if (byId.size < steps.length) throw new InvalidDefinitionError('steps', 'Two steps have the same id.');
  const nodes = steps.map((step) => ({ id: step.id, dependsOn: [...(step.dependsOn ?? []), ...namedSteps(step)] }));
  return withoutImplied(nodes).flatMap(({ id, dependsOn }) => {
    const step = byId.get(id);
    return step === undefined ? [] : [{ ...step, dependsOn: [...dependsOn] }];
  });
};

const bodyOf = ({ id: _id, forEach: _forEach, dependsOn: _dependsOn, ...body }: Step) => body;

/** What only one mode has use for, with the field that says it. */
const askedFor = {
  consensus: 'agreement',
  auction: 'bidders',
  leader_elect: 'candidates',
  swarm: 'decompose',
  hierarchical: 'hierarchy',
} as const;

/** The one step of a mode that has one task. */
const theStep = (asked: AutoWorkflow, field: string): Step => {
  const [step] = asked.steps;
  if (step === undefined || asked.steps.length > 1)
    throw new InvalidDefinitionError(field, `It goes with one step, and there are ${asked.steps.length}.`);
  if (step.forEach !== undefined && field !== 'forEach')
    throw new InvalidDefinitionError(`steps.${step.id}.forEach`, `It does not go with ${field}.`);
  return step;
};

const chosen = (asked: AutoWorkflow, steps: readonly Step[]): ModeChoice => {
  const { agreement, bidders, candidates, decompose, hierarchy, preferred, handsOn } = asked;
  const [first] = steps;
  const choice: ModeChoice = {
    ...chooseMode({
      tasks: steps.map(({ id, dependsOn = [] }) => ({ id, dependsOn })),
      needsAgreement: agreement !== undefined,
      isCompetitive: bidders !== undefined,
      needsLeader: candidates !== undefined,
      needsDecomposition: decompose !== undefined,
      handsOn,
      ...(hierarchy === undefined ? {} : { teamCount: hierarchy.teams.length }),
      ...(steps.length === 1 && first?.forEach !== undefined ? { itemCount: 'unknown' } : {}),
      ...(preferred === undefined ? {} : { preferred }),
    }),
  };
  const hasLists = steps.some(({ forEach }) => forEach !== undefined);
  if (!hasLists || (choice.mode !== 'dag' && choice.mode !== 'pipeline')) return choice;
  const why = `${choice.why}; but a step with forEach is no single task, as ${choice.mode} needs, so what can go at once is a stage`;
  return { mode: 'sequential', why };
};

/** A name that no step has. */
const freeName = (name: string, taken: ReadonlySet<string>): string =>
  taken.has(name) ? freeName(`${name}_`, taken) : name;

/** The steps one after the other; those of a graph that can go at once together, unless their order was asked for. */
const inOrder = ({ preferred }: AutoWorkflow, steps: readonly Step[]): readonly unknown[] => {
  if (preferred === 'sequential') return steps;
  const taken = new Set(steps.map(({ id }) => id));
  return layersOf(steps.map((step) => ({ ...step, dependsOn: step.dependsOn ?? [] }))).map((layer, index) => {
    const parallel = layer.map(({ dependsOn: _dependsOn, ...step }) => step);
    return parallel.length === 1 ? parallel[0] : { id: freeName(`stage-${index + 1}`, taken), parallel };
  });
};

/** A mode's own part of a definition. */
const partsOf = (asked: AutoWorkflow, mode: ModeChoice['mode'], steps: readonly Step[]): Record<string, unknown> => {
  const { agreement, bidders, candidates, decompose, hierarchy, completion } = asked;
  switch (mode) {
    case 'sequential':
      return { steps: inOrder(asked, steps) };
    case 'parallel':
      return { tasks: steps.map((step) => ({ ...bodyOf(step), id: step.id, forEach: step.forEach })), completion };
    case 'dag':
      return { nodes: steps.map(({ forEach: _forEach, ...node }) => node) };
    case 'pipeline':
      return { stages: steps.map((step) => ({ ...bodyOf(step), id: step.id })) };
    case 'map_reduce': {
      const step = theStep(asked, 'forEach');
      const split = { over: step.forEach };
      return { split, map: bodyOf(step), reduce: asked.reduce ?? { aggregate: 'concat' } };
    }
    case 'consensus': {
      const { type, description, input } = theStep(asked, 'agreement');
      return { ...agreement, type, question: input, description };
    }
    case 'auction':
      return { task: bodyOf(theStep(asked, 'bidders')), bidders };
    case 'leader_elect':
      return { task: bodyOf(theStep(asked, 'candidates')), candidates };
    case 'swarm': {
      const size = Math.min(5, asked.maxParallelAgents);
      return { variant: 'fanout', decompose, work: bodyOf(theStep(asked, 'decompose')), size };
    }
    case 'hierarchical':
      return { ...hierarchy, work: bodyOf(theStep(asked, 'hierarchy')) };
  }
};

/** Refuses what asks for a mode that is not the chosen one, and a mode that lacks what it needs. */
const checkAsked = (asked: AutoWorkflow, { mode, why }: ModeChoice): void => {
  const given = Object.entries(askedFor).filter(([, field]) => asked[field] !== undefined);
  for (const [wanted, field] of given)
    if (wanted !== mode) throw new InvalidDefinitionError(field, `It asks for ${wanted}, and it is ${mode}: ${why}.`);
  const needed = Object.entries(askedFor).find(([wanted]) => wanted === mode);
  if (needed !== undefined && given.length === 0)
    throw new InvalidDefinitionError('preferred', `${mode} needs "${needed[1]}", which is missing.`);
  if (mode === 'map_reduce' && asked.steps[0]?.forEach === undefined)
    throw new InvalidDefinitionError('preferred', 'map_reduce needs one step with forEach.');
};

/**
 * A workflow as it runs: of `auto` the one that the rules of `coordination/auto` make of it, for good.
 * @throws InvalidDefinitionError naming the field, CycleError, UnknownDependencyError.
 */
export const resolveWorkflow = (asked: AskedWorkflow): ResolvedWorkflow => {
  if (asked.mode !== 'auto') return { definition: asked, choice: undefined };
  const steps = ordered(asked);
  const choice = chosen(asked, steps);
  checkAsked(asked, choice);
  const { name, description, timeoutSeconds, maxParallelAgents, strategy, priority, taskEvents, output } = asked;
  const common = { name, description, timeoutSeconds, maxParallelAgents, strategy, priority, taskEvents, output };
  // What is left out must not be there at all, in whatever depth.
  const text = JSON.stringify({ ...common, mode: choice.mode, ...partsOf(asked, choice.mode, steps) });
  const built = WorkflowDefinition.safeParse(JSON.parse(text));
  if (built.success) return { definition: built.data, choice };
  const [issue] = built.error.issues;
  throw new InvalidDefinitionError(
    issue?.path.join('.') ?? 'mode',
    `As ${choice.mode}: ${issue?.message ?? 'refused'}.`,
  );
};
