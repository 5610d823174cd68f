import type { DagWorkflow } from '../contract/definitions/dag.ts';
import type { Step } from '../contract/definitions/step.ts';
import type { Json } from '../contract/json.ts';
import { orderByDependency } from '../coordination/order.ts';
import type { ModeRules } from './mode-rules.ts';
import { outputOfStage } from './output-of-stage.ts';
import type { StageSpec } from './stage-spec.ts';

type Node = Pick<Step, 'id'> & { readonly dependsOn?: readonly string[] | undefined };

/** The outputs of the nodes on which nothing depends: what the graph leads to. */
const outputOfSinks = (nodes: readonly Node[], stage: StageSpec): Json => {
  const needed = new Set(nodes.flatMap(({ dependsOn = [] }) => dependsOn));
  return outputOfStage({ ...stage, steps: stage.steps.filter(({ id }) => !needed.has(id)) });
};

/** Dag: all nodes are one stage, in which each begins when what it depends on has succeeded. */
export const dagRules = (definition: DagWorkflow): ModeRules => {
  const { nodes, onFailure } = definition;
  // Refuses a cycle, and a dependency on nothing, by name.
  orderByDependency(nodes.map(({ id, dependsOn = [] }) => ({ id, dependsOn })));
  const stage: StageSpec = {
    id: definition.name,
    steps: nodes,
    completion: onFailure === 'fail_fast' ? 'all' : 'drained',
    isDataflow: true,
  };
  return {
    machine: 'dag',
    outline: [stage],
    after: (_position, outcome) =>
      outcome === 'SUCCEEDED' ? { run: 'succeed', token: 'succeed' } : { run: 'fail', token: 'fail' },
    output: outputOfSinks(nodes, stage),
  };
};
