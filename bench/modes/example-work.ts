import type { Step } from '#core/contract/definitions/step.ts';
import type { Json } from '#core/contract/json.ts';
import { AskedWorkflow, WorkflowDefinition, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { pathsIn, wholePath } from '#core/coordination/template.ts';
import { codeReviewWorkflow } from '../../examples/code-review/workflow.ts';
import { featureTeamWorkflow } from '../../examples/feature-team/workflow.ts';
import { incidentResponse } from '../../examples/incident-response/workflow.ts';
import { migrationWorkflow } from '../../examples/migration/workflow.ts';
import { techDebtWorkflow } from '../../examples/tech-debt/workflow.ts';

/** Elements of each list that a step is done for. */
const listLength = 4;

/** An example's steps as work for stand-ins: its dependencies are what its templates name, every task takes as long. */
export interface ExampleWork {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Lists wherever a `forEach` looks for one. */
  readonly input: Json;
  /** What the tasks of each step answer, by type. */
  readonly outputs: Readonly<Record<string, Json>>;
}

/** A value that has a list at each of some paths. */
const withLists = (paths: readonly (readonly string[])[]): Json => {
  const list: Json = Array.from({ length: listLength }, (_, index) => index);
  if (paths.some(({ length }) => length === 0)) return list;
  const names = [...new Set(paths.map(([name = '']) => name))];
  return Object.fromEntries(
    names.map((name) => [name, withLists(paths.filter(([first]) => first === name).map(([, ...rest]) => rest))]),
  );
};

/** Two examples may have steps of one name. */
const typeOf = (workflow: string, step: string): string => `${workflow}.${step}`;

/** What is not an agent's work (a run inside, a person) is stood in for by one task as well. */
const standIn = (workflow: string, { id, input, forEach }: Step): Step => {
  const step = { id, type: typeOf(workflow, id), input, ...(forEach === undefined ? {} : { forEach }) };
  const parsed = WorkflowDefinition.parse({ mode: 'parallel', name: 'one', tasks: [step] });
  const [only] = parsed.mode === 'parallel' ? parsed.tasks : [];
  if (only === undefined) throw new Error(`The step ${id} is none.`);
  return only;
};

const workOf = (asked: WorkflowDefinitionInput): ExampleWork => {
  const workflow = AskedWorkflow.parse(asked);
  if (workflow.mode !== 'sequential') throw new Error(`${workflow.name} has no steps in order.`);
  const steps = workflow.steps
    .flatMap((step) => ('parallel' in step ? step.parallel : [step]))
    .map((step) => standIn(workflow.name, step));
  const lists = steps.flatMap(({ forEach }) => wholePath(forEach ?? '') ?? []);
  const below = steps.flatMap(({ forEach }) => (forEach === undefined ? [] : pathsIn(forEach)));
  const under = (root: string, id?: string) =>
    below.filter(([first, second]) => first === root && (id === undefined || second === id));
  return {
    name: workflow.name,
    steps,
    input: lists.length === 0 ? null : withLists(under('input').map(([, ...rest]) => rest)),
    outputs: Object.fromEntries(
      steps.map(({ id }) => [typeOf(workflow.name, id), withLists(under('steps', id).map(([, , , ...rest]) => rest))]),
    ),
  };
};

/** The examples whose steps stand one after the other, most of them with several at once. */
export const exampleWork: readonly ExampleWork[] = [
  codeReviewWorkflow,
  techDebtWorkflow,
  migrationWorkflow,
  incidentResponse,
  featureTeamWorkflow,
].map(workOf);

/** One task after the other, as whoever knows nothing of the work does it. */
export const oneByOne = ({ name, steps }: ExampleWork): WorkflowDefinitionInput => ({
  mode: 'sequential',
  name: `${name}-one-by-one`,
  maxParallelAgents: 1,
  steps: [...steps],
});

/** The same steps, their mode left to the platform. */
export const byAuto = ({ name, steps }: ExampleWork): WorkflowDefinitionInput => ({
  mode: 'auto',
  name: `${name}-auto`,
  steps: [...steps],
});
