import type { SwarmFanoutWorkflow } from '../contract/definitions/swarm-fanout.ts';
import type { Json } from '../contract/json.ts';
import { fillTemplate } from '../coordination/template.ts';
import { templateScope } from '../runs/outputs.ts';
import type { ModeContext, ModeRules } from './mode-rules.ts';
import type { StageSpec, StageStep } from './stage-spec.ts';
import { stepOf } from './step-of.ts';
import { type Part, partsOf } from './swarm-parts.ts';
import { concludeSwarm, reportOf } from './swarm-report.ts';

type Given = Readonly<Record<string, Json>>;

const decomposeStage = ({ decompose }: SwarmFanoutWorkflow, given: Given): StageSpec => ({
  id: 'decompose',
  steps:
    'task' in decompose
      ? [
          stepOf(decompose.task, {
            id: 'decompose',
            kind: 'plan',
            inputField: 'decompose.task.input',
            given,
            input: { task: '{{ task }}' },
          }),
        ]
      : [],
  completion: 'all',
});

const aggregateStage = ({ aggregate }: SwarmFanoutWorkflow, given: Given): StageSpec => ({
  id: 'aggregate',
  steps:
    aggregate !== undefined && 'task' in aggregate
      ? [
          stepOf(aggregate.task, {
            id: 'aggregate',
            kind: 'reduce',
            inputField: 'aggregate.task.input',
            given,
            input: { task: '{{ task }}', parts: '{{ parts }}' },
          }),
        ]
      : [],
  completion: 'all',
});

const workStep = ({ work, retries, optimizeCost }: SwarmFanoutWorkflow, id: string, given: Given): StageStep => ({
  ...stepOf(work, { id, kind: 'work', inputField: 'work.input', given, input: '{{ item }}' }),
  retry: { ...work.retry, maxAttempts: retries + 1 },
  ...(optimizeCost && work.strategy === undefined ? { strategy: 'cost_optimized' } : {}),
});

const partStep = (definition: SwarmFanoutWorkflow, part: Part, index: number): StageStep => {
  const { id, type, input, description, requirements } = part;
  const given = { item: input, index, part: { id, type, ...(description === undefined ? {} : { description }) } };
  const step = workStep(definition, id, given);
  return {
    ...step,
    ...(step.type === undefined ? {} : { type }),
    ...(description === undefined ? {} : { description }),
    ...(requirements === undefined ? {} : { requirements }),
    dependsOn: [...part.dependsOn],
  };
};

const workStage = async (context: ModeContext, definition: SwarmFanoutWorkflow): Promise<StageSpec> => {
  const parts = await partsOf(context, definition);
  const { order, size } = definition;
  return {
    id: 'parts',
    steps: parts.map((part, index) => partStep(definition, part, index)),
    completion: 'ended',
    width: size,
    isDataflow: order !== 'parallel',
  };
};

const taskOf = async ({ services, run }: ModeContext, { task }: SwarmFanoutWorkflow): Promise<Json> =>
  fillTemplate(task, await templateScope(services, run, [task]));

/** What stands for the stages before anything has run. */
const outlineOf = (definition: SwarmFanoutWorkflow): readonly StageSpec[] => {
  const { decompose, order, task } = definition;
  const work = workStep(definition, 'work', {
    item: null,
    index: 0,
    part: null,
    ...(order === 'parallel' ? {} : { dependencies: null }),
  });
  const { given: _given, ...plain } = work;
  const checked: readonly StageStep[] = [
    work,
    { ...plain, id: 'task', input: task, inputField: 'task' },
    ...('over' in decompose ? [{ ...plain, id: 'over', input: decompose.over, inputField: 'decompose.over' }] : []),
  ];
  return [
    decomposeStage(definition, { task: null }),
    { id: 'parts', steps: checked, completion: 'ended', isSketch: true },
    aggregateStage(definition, { task: null, parts: [] }),
  ];
};

/**
 * Swarm, by decomposition: stage 0 divides the task, 1 works on the parts, 2 puts together what they came to. What the
 * platform does itself is a stage without tasks.
 */
export const swarmFanoutRules = (definition: SwarmFanoutWorkflow): ModeRules => ({
  machine: 'swarm_fanout',
  outline: outlineOf(definition),
  plan: async (context, position) => {
    if (position === 0) return decomposeStage(definition, { task: await taskOf(context, definition) });
    if (position === 1) return workStage(context, definition);
    const { parts, error } = await reportOf(context, definition);
    // Of too little nobody is asked to make anything: the run fails with what there is.
    if (error !== undefined) return { id: 'aggregate', steps: [], completion: 'all' };
    return aggregateStage(definition, { task: await taskOf(context, definition), parts: [...parts] });
  },
  after: (position, outcome) => {
    if (outcome === 'FAILED') return { run: 'fail', token: 'fail' };
    return { run: position === 2 ? 'succeed' : 'continue', token: 'succeed' };
  },
  conclude: async (context, position) => (position === 2 ? concludeSwarm(context, definition) : {}),
  output: '{{ result }}',
});
