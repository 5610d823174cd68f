import type { HierarchicalWorkflow } from '../contract/definitions/hierarchical.ts';
import type { TaskBody } from '../contract/definitions/step.ts';
import { Json } from '../contract/json.ts';
import type { Requirements, TaskKind } from '../contract/task.ts';
import { chooseLayer } from '../coordination/hierarchical/choose-layer.ts';
import { piecesOf, positions, rolloutOf, sharesOf, type TeamShare, taskOf, type WorkPiece } from './hierarchy-plan.ts';
import { failureBrief, lastOutcomes, piecesAgain } from './hierarchy-recovery.ts';
import { concludeFailedWork, concludeHierarchy, progressOf, reportsOf, told } from './hierarchy-report.ts';
import { teamsOf } from './hierarchy-teams.ts';
import type { AfterStage, ModeContext, ModeRules } from './mode-rules.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';
import { stepOf } from './step-of.ts';

type Brief = Readonly<Record<string, Json>>;

const kinds = {
  plan: 'plan',
  split: 'plan',
  recover: 'plan',
  aggregate: 'reduce',
  integrate: 'reduce',
} as const satisfies Record<string, TaskKind>;
type Phase = keyof typeof kinds;

/** A step of a supervisor or a leader: of the latter one for each team. */
const briefed = (body: TaskBody, phase: Phase, brief: Json, team?: string): StageStep =>
  stepOf(body, {
    id: team === undefined ? phase : `${phase}-${team}`,
    kind: kinds[phase],
    inputField: team === undefined ? 'supervisor.input' : 'lead.input',
    given: { brief },
    input: '{{ brief }}',
  });

const alone = (id: string, step: StageStep): StageSpec => ({ id, steps: [step], completion: 'all' });

/** What the supervisor is asked first. */
const planStage = async (context: ModeContext, definition: HierarchicalWorkflow): Promise<StageSpec> => {
  const teams = await teamsOf(context, definition);
  const rollout = await rolloutOf(context, definition);
  const brief = {
    phase: 'plan',
    task: await taskOf(context, definition),
    teams: teams.map(({ name, specialization, size }) => ({ name, specialization, size })),
    maxSubtasks: definition.policies.maxSubtasks,
    ...(definition.layers.length === 0 ? {} : { layers: definition.layers.map(({ name, upTo }) => ({ name, upTo })) }),
    ...(rollout === undefined ? {} : { rollout }),
  };
  return alone('plan', briefed(definition.supervisor, 'plan', Json.parse(brief)));
};

/** One task for each leader whose team has something to do, for that agent alone. */
const leadersStage = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
  phase: 'split' | 'aggregate',
  briefOf: (share: TeamShare) => Brief,
): Promise<StageSpec> => {
  const task = await taskOf(context, definition);
  const steps = (await sharesOf(context, definition)).map((share): StageStep => {
    const { team, subtasks } = share;
    const brief = Json.parse({ phase, task, team: team.name, subtasks, ...briefOf(share) });
    const step = briefed(definition.lead, phase, brief, team.name);
    return { ...step, requirements: { ...step.requirements, agentId: team.leader.agentId } };
  });
  return { id: phase, steps, completion: 'all', width: Math.max(1, steps.length) };
};

const splitStage = async (context: ModeContext, definition: HierarchicalWorkflow): Promise<StageSpec> => {
  const rollout = await rolloutOf(context, definition);
  return leadersStage(context, definition, 'split', ({ team }) => ({
    size: team.size,
    ...(team.workers === undefined ? {} : { workers: team.workers.map(({ name, load }) => ({ name, load })) }),
    ...(rollout === undefined ? {} : { rollout: Json.parse(rollout) }),
  }));
};

const aggregateStage = async (context: ModeContext, definition: HierarchicalWorkflow): Promise<StageSpec> => {
  const outcomes = await lastOutcomes(context, definition);
  return leadersStage(context, definition, 'aggregate', ({ team }) => ({
    results: outcomes.filter(({ piece }) => piece.team.name === team.name).map(told),
  }));
};

/** What a layer says of work, where there is one: how it is routed, and how urgent it is. */
const layerTerms = ({ layers }: HierarchicalWorkflow, complexity: number | undefined): Partial<StageStep> => {
  const { strategy, priority } = chooseLayer(layers, complexity) ?? {};
  return { ...(strategy === undefined ? {} : { strategy }), ...(priority === undefined ? {} : { priority }) };
};

/** Whoever may do it: of named workers one, of others whoever is able. */
const requirementsOf = (definition: HierarchicalWorkflow, { team, worker, complexity }: WorkPiece): Requirements => {
  const { requirements } = definition.work;
  const minConfidence = chooseLayer(definition.layers, complexity)?.minConfidence ?? requirements.minConfidence;
  const capabilities = [...requirements.capabilities, ...(team.capability === undefined ? [] : [team.capability])];
  return {
    ...requirements,
    capabilities: [...new Set(capabilities)],
    ...(worker === undefined ? {} : { agentId: worker.agentId }),
    ...(minConfidence === undefined ? {} : { minConfidence }),
  };
};

const workStep = (definition: HierarchicalWorkflow, piece: WorkPiece): StageStep => {
  const { id, team, type, description, input, dependsOn, step: doneFor = null } = piece;
  const given = { brief: { item: input, team: team.name, id, step: doneFor }, item: input };
  const step = stepOf(definition.work, { id, kind: 'work', inputField: 'work.input', given, input: '{{ item }}' });
  return {
    ...step,
    ...(type === undefined || step.type === undefined ? {} : { type }),
    ...(description === undefined ? {} : { description }),
    ...layerTerms(definition, piece.complexity),
    requirements: requirementsOf(definition, piece),
    dependsOn: [...dependsOn],
  };
};

const workStage = (definition: HierarchicalWorkflow, id: string, pieces: readonly WorkPiece[]): StageSpec => {
  const teams = new Map(pieces.map(({ team }) => [team.name, team.size]));
  const size = [...teams.values()].reduce((sum, own) => sum + own, 0);
  return {
    id,
    steps: pieces.map((piece) => workStep(definition, piece)),
    completion: 'drained',
    width: Math.max(1, Math.min(size, definition.maxParallelAgents)),
    isDataflow: definition.plan !== undefined,
    reportsProgress: true,
  };
};

const supervisorStage = async (
  context: ModeContext,
  definition: HierarchicalWorkflow,
  phase: 'recover' | 'integrate',
  more: Brief,
): Promise<StageSpec> => {
  const brief = { phase, task: await taskOf(context, definition), ...more };
  return alone(phase, briefed(definition.supervisor, phase, brief));
};

const integrateStage = async (context: ModeContext, definition: HierarchicalWorkflow): Promise<StageSpec> => {
  const outcomes = await lastOutcomes(context, definition);
  const skipped = outcomes.filter(({ outcome }) => outcome?.status !== 'SUCCEEDED').map(({ piece }) => piece.id);
  const progress = await progressOf(context, definition);
  return supervisorStage(context, definition, 'integrate', {
    reports: [...(await reportsOf(context, definition))],
    skipped,
    progress,
  });
};

const outlineOf = (definition: HierarchicalWorkflow): readonly StageSpec[] => {
  const { supervisor, lead, work, teams, task } = definition;
  const forLeaders = (phase: 'split' | 'aggregate'): StageSpec => ({
    id: phase,
    steps: teams.map(({ name }) => briefed(lead, phase, null, name)),
    completion: 'all',
  });
  const workers = stepOf(work, {
    id: 'work',
    kind: 'work',
    inputField: 'work.input',
    given: { brief: null, item: null },
    input: '{{ item }}',
  });
  const { given: _given, ...plain } = workers;
  const checked = [workers, { ...plain, id: 'task', input: task, inputField: 'task' }];
  return [
    alone('plan', briefed(supervisor, 'plan', null)),
    forLeaders('split'),
    { id: 'items', steps: checked, completion: 'drained', isSketch: true },
    { ...alone('recover', briefed(supervisor, 'recover', null)), isSketch: true },
    { id: 'again', steps: [], completion: 'drained', isSketch: true },
    forLeaders('aggregate'),
    alone('integrate', briefed(supervisor, 'integrate', null)),
  ];
};

const planOf = async (context: ModeContext, definition: HierarchicalWorkflow, position: number): Promise<StageSpec> => {
  switch (position) {
    case positions.plan:
      return planStage(context, definition);
    case positions.split:
      return splitStage(context, definition);
    case positions.work:
      return workStage(definition, 'items', await piecesOf(context, definition));
    case positions.recover:
      return supervisorStage(context, definition, 'recover', await failureBrief(context, definition));
    case positions.again:
      return workStage(definition, 'again', await piecesAgain(context, definition));
    case positions.aggregate:
      return aggregateStage(context, definition);
    default:
      return integrateStage(context, definition);
  }
};

/**
 * Hierarchical: the supervisor plans, leaders split, workers work, leaders aggregate, the supervisor integrates. When work
 * fails its token fails, which the state machine catches: it asks the supervisor, once, what is to become of it.
 */
export const hierarchicalRules = (definition: HierarchicalWorkflow): ModeRules => ({
  machine: 'hierarchical',
  outline: outlineOf(definition),
  plan: (context, position) => planOf(context, definition, position),
  after: (position, outcome): AfterStage => {
    if (outcome === 'SUCCEEDED')
      return { run: position === positions.integrate ? 'succeed' : 'continue', token: 'succeed' };
    const isHandled = position === positions.work && definition.policies.onFailure === 'supervisor';
    return { run: isHandled ? 'continue' : 'fail', token: 'fail' };
  },
  conclude: async (context, position) => {
    if (position === positions.integrate) return concludeHierarchy(context, definition);
    return position === positions.work || position === positions.again ? concludeFailedWork(context, definition) : {};
  },
  progress: (context) => progressOf(context, definition),
  output: '{{ result }}',
});
