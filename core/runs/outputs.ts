import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import type { WorkflowDefinition } from '../contract/workflow.ts';
import { stagesOf } from '../coordination/definition.ts';
import { fillTemplate, pathsIn } from '../coordination/template.ts';
import { openPayload } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { readStage, type StagePart } from '../stages/stage.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import type { Run } from './run.ts';

const pageSize = 100;

/** A stage's member tasks, in order; absent ones are `undefined`. Strongly consistent. */
export const readMembers = async (
  services: Services,
  run: Run,
  position: number,
  part: Pick<StagePart, 'from' | 'count'>,
): Promise<readonly (Task | undefined)[]> => {
  const ids = Array.from({ length: part.count }, (_, offset) =>
    memberTaskId(run.tenant, run.runId, position, part.from + offset),
  );
  const found = new Map<string, Task>();
  for (let start = 0; start < ids.length; start += pageSize) {
    const items = await services.table.getMany(
      ids.slice(start, start + pageSize).map((id) => keys.task(run.tenant, id)),
      { consistent: true },
    );
    for (const item of items) {
      const task = readTask(item);
      if (task.kind === 'task') found.set(task.task.taskId, task.task);
    }
  }
  return ids.map((id) => found.get(id));
};

const outputOf = async (services: Services, task: Task | undefined): Promise<Json> =>
  task?.status === 'SUCCEEDED' ? openPayload(services, task.tenant, task.output ?? null) : null;

const stepScope = async (services: Services, run: Run, position: number, step: string): Promise<Json> => {
  const stage = await readStage(services, run.tenant, run.runId, position);
  const part = stage?.parts.find((candidate) => candidate.step === step);
  if (part === undefined) return { output: null, outputs: [] };
  const members = await readMembers(services, run, position, part);
  const outputs = await Promise.all(members.map((task) => outputOf(services, task)));
  return part.isList ? { outputs } : { output: outputs[0] ?? null };
};

/**
 * What templates may name: the run's input and id, and the outputs of the steps that `templates` mention. Only those are
 * read; a failed step's output is null.
 */
export const templateScope = async (
  services: Services,
  run: Run,
  definition: WorkflowDefinition,
  templates: readonly Json[],
): Promise<Record<string, Json>> => {
  const paths = templates.flatMap(pathsIn);
  const wanted = new Set(paths.filter(([root]) => root === 'steps').map(([, step]) => step ?? ''));
  const steps: Record<string, Json> = {};
  for (const [position, stage] of stagesOf(definition).entries()) {
    for (const step of stage.steps) {
      if (wanted.has(step.id)) steps[step.id] = await stepScope(services, run, position, step.id);
    }
  }
  const input = paths.some(([root]) => root === 'input') ? await openPayload(services, run.tenant, run.input) : null;
  return { input, steps, run: { id: run.runId, workflow: run.workflow, version: run.version } };
};

/** The run's output: its template filled, or the last stage's output (a list when the stage has several tasks). */
export const runOutput = async (services: Services, run: Run, definition: WorkflowDefinition): Promise<Json> => {
  const template = definition.output ?? lastStageTemplate(definition);
  return fillTemplate(template, await templateScope(services, run, definition, [template]));
};

const lastStageTemplate = (definition: WorkflowDefinition): Json => {
  const steps = stagesOf(definition).at(-1)?.steps ?? [];
  const [first] = steps;
  const templateOf = (step: (typeof steps)[number]): string =>
    `{{ steps.${step.id}.${step.forEach === undefined ? 'output' : 'outputs'} }}`;
  if (steps.length === 1 && first !== undefined) return templateOf(first);
  return Object.fromEntries(steps.map((step) => [step.id, templateOf(step)]));
};
