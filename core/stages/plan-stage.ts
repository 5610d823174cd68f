import type { Json } from '../contract/json.ts';
import { limits } from '../contract/limits.ts';
import { type Requirements, type TaskKind, TaskSubmission } from '../contract/task.ts';
import type { WorkflowDefinition } from '../contract/workflow.ts';
import { fillTemplate, listAt, pathsIn, valueAt } from '../coordination/template.ts';
import { AppError } from '../errors/app-error.ts';
import { isList } from '../modes/output-of-stage.ts';
import { rulesOf } from '../modes/rules-of.ts';
import type { StageSpec, StageStep } from '../modes/stage-spec.ts';
import { templateScope } from '../runs/outputs.ts';
import type { Run } from '../runs/run.ts';
import { readWorkflow } from '../runs/workflow-store.ts';
import type { Services } from '../services.ts';
import { memberTaskId, newTask } from '../tasks/new-task.ts';
import type { Task } from '../tasks/task.ts';
import { traceOfPhase } from '../trace/run-spans.ts';
import type { StagePart } from './stage.ts';

/** One task of a stage, as planned. */
type MemberSpec = {
  readonly step: StageStep;
  readonly item: number;
  readonly input: Json;
  readonly requirements?: Requirements;
};

/** A stage as its mode has it, and whose it is. */
export interface Outline {
  readonly run: Run;
  readonly definition: WorkflowDefinition;
  readonly spec: StageSpec;
}

/** A stage as it is to be: every member, with its input where that can be told by now. */
export interface Plan extends Outline {
  readonly parts: readonly StagePart[];
  readonly members: readonly MemberSpec[];
}

/** What a node's template calls the outputs of those it depends on. */
const dependenciesRoot = 'dependencies';

const expand = (step: StageStep, scope: Record<string, Json>): readonly MemberSpec[] => {
  if (step.members !== undefined) return step.members.map((member, item) => ({ step, item, ...member }));
  if (step.isFilled === true) return [{ step, item: 0, input: step.input }];
  if (step.forEach === undefined)
    return [{ step, item: 0, input: fillTemplate(step.input, { ...scope, ...step.given }) }];
  return listAt(step.forEach, scope, limits.itemsPerStep).map((item, index) => ({
    step,
    item: index,
    input: fillTemplate(step.input, { ...scope, item, index }),
  }));
};

/** What a stage consists of, as its mode says. The same each time it is asked. */
export const outlineStage = async (services: Services, run: Run, position: number): Promise<Outline> => {
  const { definition } = await readWorkflow(services, run.tenant, run.workflow, run.version);
  const rules = rulesOf(definition);
  const spec = rules.plan === undefined ? rules.outline[position] : await rules.plan({ services, run }, position);
  if (spec === undefined) throw new AppError('NOT_FOUND', `The workflow ${run.workflow} has no stage ${position}.`);
  return { run, definition, spec };
};

/** Its steps with their templates filled from the run. Those of a dataflow are filled when their turn comes. */
export const planStage = async (services: Services, run: Run, position: number): Promise<Plan> => {
  const outline = await outlineStage(services, run, position);
  const { spec } = outline;
  const templates = (spec.isDataflow === true ? [] : spec.steps)
    .filter(({ members, isFilled }) => members === undefined && isFilled !== true)
    .flatMap((step) => [step.input, ...(step.forEach === undefined ? [] : [step.forEach])]);
  const scope = await templateScope(services, run, templates);
  const expanded = spec.steps.map((step) => ({
    step,
    members: spec.isDataflow === true ? [{ step, item: 0, input: null }] : expand(step, scope),
  }));
  let from = 0;
  const parts = expanded.map(({ step, members }) => {
    const part: StagePart = { step: step.id, from, count: members.length, isList: isList(step) };
    from += members.length;
    return part;
  });
  return { ...outline, parts, members: expanded.flatMap(({ members }) => members) };
};

/** What a step is, where it is not work for an agent. */
const kindOf = ({ run, approval, kind = 'work' }: StageStep): { kind: TaskKind; type?: string } => {
  if (run !== undefined) return { kind: 'run', type: run.workflow };
  return approval === undefined ? { kind } : { kind: 'approval', type: 'approval' };
};

const submissionOf = ({ step, input, requirements }: MemberSpec, definition: WorkflowDefinition): TaskSubmission =>
  TaskSubmission.parse({
    ...(step.type === undefined ? {} : { type: step.type }),
    ...kindOf(step),
    ...(step.approval === undefined ? {} : { approval: step.approval }),
    ...(step.description === undefined ? {} : { description: step.description }),
    input,
    requirements: requirements ?? step.requirements,
    priority: step.priority ?? definition.priority,
    ...(step.strategy === undefined && definition.strategy === undefined
      ? {}
      : { strategy: step.strategy ?? definition.strategy }),
    ...(step.secrets === undefined ? {} : { secrets: step.secrets }),
    slotCost: step.slotCost,
    timeoutSeconds: step.timeoutSeconds,
    retry: step.retry,
  });

/** Which member of a run's stage. */
export interface MemberPlace {
  readonly position: number;
  readonly index: number;
}

/** A member as the task that it begins as. */
export const taskOf = async (
  services: Services,
  { run, definition }: Pick<Outline, 'run' | 'definition'>,
  { position, index }: MemberPlace,
  member: MemberSpec,
): Promise<Task> =>
  newTask(services, {
    tenant: run.tenant,
    taskId: memberTaskId(run.tenant, run.runId, position, index),
    submission: submissionOf(member, definition),
    submitter: { principal: run.principal },
    run: member.step.run,
    term: member.step.term === undefined ? undefined : { runId: run.runId, number: member.step.term },
    endsBy: run.deadlineAt,
    runLog: run.runLog,
    place: { runId: run.runId, stage: position, index, step: member.step.id, item: member.item },
    traceparent: traceOfPhase(run, position),
    isFollowed: definition.taskEvents === true,
  });

/** A planned member as the task that it begins as; `undefined` beyond the last. */
export const memberTask = async (services: Services, plan: Plan, place: MemberPlace): Promise<Task | undefined> => {
  const member = plan.members[place.index];
  return member === undefined ? undefined : taskOf(services, plan, place, member);
};

/** The node of a dataflow that has its turn, as the task that it begins as: its template is filled from the run now. */
export const nodeTask = async (
  services: Services,
  outline: Outline,
  place: MemberPlace,
  step: StageStep,
): Promise<Task> => {
  const wanted = pathsIn(step.input).some(([root]) => root === dependenciesRoot) ? (step.dependsOn ?? []) : [];
  const templates = [step.input, ...wanted.map((id) => `{{ steps.${id}.output }}`)];
  const scope = await templateScope(services, outline.run, templates);
  const dependencies = Object.fromEntries(wanted.map((id) => [id, valueAt(scope, ['steps', id, 'output'])]));
  const input = fillTemplate(step.input, { ...scope, ...step.given, dependencies });
  return taskOf(services, outline, place, { step, item: 0, input });
};
