import type { AuctionWorkflow } from '../contract/definitions/auction.ts';
import type { ConsensusWorkflow } from '../contract/definitions/consensus.ts';
import type { HierarchicalWorkflow, TeamDefinition } from '../contract/definitions/hierarchical.ts';
import type { LeaderElectWorkflow } from '../contract/definitions/leader-elect.ts';
import type { MapReduceWorkflow } from '../contract/definitions/map-reduce.ts';
import type { RunReference, TaskBody } from '../contract/definitions/step.ts';
import type { SwarmFanoutWorkflow } from '../contract/definitions/swarm-fanout.ts';
import type { SwarmStigmergicWorkflow } from '../contract/definitions/swarm-stigmergic.ts';
import type { Requirements, TaskKind } from '../contract/task.ts';
import type { WorkflowDefinition } from '../contract/workflow.ts';
import type { ModeShape } from '../coordination/estimate/transitions.ts';
import { requirementsOf } from '../modes/auction-bids.ts';
import { isList } from '../modes/output-of-stage.ts';
import { rulesOf } from '../modes/rules-of.ts';
import type { StageSpec, StageStep } from '../modes/stage-spec.ts';

/** A step as a run is expected to have it. */
export interface ExpectedStep {
  readonly id: string;
  readonly stage: number;
  /** What it waits for; without, it is the whole stage before its own. */
  readonly dependsOn?: readonly string[];
  readonly kind: TaskKind;
  readonly type: string | undefined;
  readonly requirements: Requirements;
  /** By name, where its tasks are these agents' and nobody else's. */
  readonly agents?: readonly string[];
  readonly run?: RunReference | undefined;
  /** How many tasks it has; `undefined` where only the run's input tells, and one is reckoned with. */
  readonly count: number | undefined;
}

/** The work of a run as far as its definition tells. */
export interface ExpectedWork {
  readonly steps: readonly ExpectedStep[];
  /** When nothing has to be done again: one round, one term, one iteration. */
  readonly shape: ModeShape;
  /** When everything that may be done again is. */
  readonly longest: ModeShape;
}

type Draft = Omit<ExpectedStep, 'stage'>;
type Body = Pick<TaskBody, 'type' | 'run' | 'approval' | 'requirements'>;

const draft = (id: string, body: Body, more: Partial<Draft> = {}): Draft => ({
  id,
  type: body.type,
  kind: body.run !== undefined ? 'run' : body.approval === undefined ? 'work' : 'approval',
  requirements: body.requirements,
  run: body.run,
  count: 1,
  ...more,
});

/** Stages one after the other; empty ones are nobody's work. */
const inStages = (stages: readonly (readonly Draft[])[]): readonly ExpectedStep[] =>
  stages.filter(({ length }) => length > 0).flatMap((steps, stage) => steps.map((step) => ({ ...step, stage })));

const same = (shape: ModeShape): Pick<ExpectedWork, 'shape' | 'longest'> => ({ shape, longest: shape });

const planned = (step: StageStep): Draft => draft(step.id, step, { count: isList(step) ? undefined : 1 });
const ofOutline = (outline: readonly StageSpec[]): readonly ExpectedStep[] =>
  inStages(outline.map(({ steps }) => steps.map(planned)));

const ofMapReduce = ({ split, map, reduce }: MapReduceWorkflow): readonly ExpectedStep[] =>
  inStages([
    'task' in split ? [draft('split', split.task, { kind: 'plan' })] : [],
    [draft('map', map, { count: undefined })],
    'task' in reduce ? [draft('reduce', reduce.task, { kind: 'reduce' })] : [],
  ]);

const ofConsensus = (definition: ConsensusWorkflow): ExpectedWork => {
  const { voters, type, maxRounds } = definition;
  const named = 'agents' in voters ? { agents: voters.agents, count: voters.agents.length } : { count: voters.count };
  const capabilities = 'agents' in voters ? [] : [voters.capability];
  const votes = draft('votes', { type, requirements: { capabilities } }, { kind: 'vote', ...named });
  return {
    steps: inStages([[votes]]),
    shape: { mode: 'consensus', rounds: 1 },
    longest: { mode: 'consensus', rounds: maxRounds },
  };
};

const workersOf = ({ name, workers }: TeamDefinition, work: TaskBody): Draft => {
  const { requirements } = work;
  const step = draft(`${name}_work`, work, { count: undefined });
  if ('agents' in workers) return { ...step, agents: workers.agents };
  const capabilities = [...new Set([...requirements.capabilities, workers.capability])];
  return { ...step, requirements: { ...requirements, capabilities } };
};

const ofHierarchy = ({ supervisor, lead, work, teams }: HierarchicalWorkflow): readonly ExpectedStep[] => {
  const byLeaders = (phase: string, kind: TaskKind): readonly Draft[] =>
    teams.map(({ name, leader }) => draft(`${name}_${phase}`, lead, { kind, agents: [leader] }));
  return inStages([
    [draft('plan', supervisor, { kind: 'plan' })],
    byLeaders('split', 'plan'),
    teams.map((team) => workersOf(team, work)),
    byLeaders('aggregate', 'reduce'),
    [draft('integrate', supervisor, { kind: 'reduce' })],
  ]);
};

const ofFanout = ({ decompose, work, aggregate }: SwarmFanoutWorkflow): readonly ExpectedStep[] =>
  inStages([
    'task' in decompose ? [draft('decompose', decompose.task, { kind: 'plan' })] : [],
    [draft('work', work, { count: undefined })],
    aggregate !== undefined && 'task' in aggregate ? [draft('aggregate', aggregate.task, { kind: 'reduce' })] : [],
  ]);

const ofAuction = ({ task, bidders }: AuctionWorkflow): readonly ExpectedStep[] => {
  const body = { ...task, requirements: requirementsOf({ task, bidders }) };
  return inStages([[draft('bids', body, { kind: 'bid', type: undefined, count: undefined })], [draft('task', body)]]);
};

const ofElection = ({ task, candidates, maxTerms }: LeaderElectWorkflow): ExpectedWork => {
  const body = { ...task, requirements: requirementsOf({ task, bidders: candidates }) };
  return {
    steps: inStages([[draft('lead', body)]]),
    shape: { mode: 'leader_elect', terms: 1 },
    longest: { mode: 'leader_elect', terms: maxTerms },
  };
};

const ofAnts = ({ type, agents, maxIterations }: SwarmStigmergicWorkflow): ExpectedWork => {
  const body = { type, requirements: { capabilities: [agents.capability] } };
  return {
    steps: inStages([[draft('move', body, { count: agents.count })]]),
    shape: { mode: 'swarm_stigmergic', iterations: 1 },
    longest: { mode: 'swarm_stigmergic', iterations: maxIterations },
  };
};

/** What a run of a definition will have to do. */
export const expectedWork = (definition: WorkflowDefinition): ExpectedWork => {
  const { mode } = definition;
  switch (mode) {
    case 'sequential': {
      const { outline } = rulesOf(definition);
      return { steps: ofOutline(outline), ...same({ mode, stages: outline.length }) };
    }
    case 'parallel':
      return { steps: ofOutline(rulesOf(definition).outline), ...same({ mode }) };
    case 'dag':
      return {
        steps: definition.nodes.map((node) => ({ ...planned(node), stage: 0, dependsOn: node.dependsOn ?? [] })),
        ...same({ mode }),
      };
    case 'pipeline':
      return {
        steps: inStages(definition.stages.map((stage) => [draft(stage.id, stage)])),
        ...same({ mode, stages: definition.stages.length }),
      };
    case 'map_reduce':
      return { steps: ofMapReduce(definition), ...same({ mode }) };
    case 'consensus':
      return ofConsensus(definition);
    case 'hierarchical':
      return { steps: ofHierarchy(definition), ...same({ mode }) };
    case 'auction':
      return { steps: ofAuction(definition), ...same({ mode }) };
    case 'leader_elect':
      return ofElection(definition);
    case 'swarm':
      return definition.variant === 'fanout'
        ? { steps: ofFanout(definition), ...same({ mode: 'swarm_fanout' }) }
        : ofAnts(definition);
  }
};
