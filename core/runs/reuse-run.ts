import type { TenantId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { isTerminal } from '../contract/task.ts';
import type { RunRequest, WorkflowDefinition } from '../contract/workflow.ts';
import { InvalidFieldError } from '../errors/errors.ts';
import { rulesOf } from '../modes/rules-of.ts';
import type { Services } from '../services.ts';
import { memberTaskId } from '../tasks/new-task.ts';
import { readTask, type Task } from '../tasks/task.ts';
import { type Run, readRun } from './run.ts';

/** What a run takes over from an earlier one, and the input that it has then. */
export interface Reuse {
  readonly reuse: NonNullable<Run['reuse']>;
  readonly input: Json;
}

/**
 * What a request to do a run again from a step means. Without an input of its own the new run has the earlier one's.
 *
 * @throws NotFoundError for an unknown run; InvalidFieldError for a run of another workflow, a step that it has not, or a
 * mode whose stages are not one after the other.
 */
export const reuseOf = async (
  services: Services,
  tenant: TenantId,
  request: RunRequest,
  definition: WorkflowDefinition,
): Promise<Reuse | undefined> => {
  if (request.reuse === undefined) return undefined;
  const { runId, from } = request.reuse;
  const earlier = await readRun(services, tenant, runId);
  if (earlier.workflow !== request.workflow)
    throw new InvalidFieldError('reuse.runId', `${runId} is a run of ${earlier.workflow}, not of ${request.workflow}.`);
  if (definition.mode !== 'sequential')
    throw new InvalidFieldError('reuse', `A run of mode ${definition.mode} is done again as a whole.`);
  if (!isTerminal(earlier.status)) throw new InvalidFieldError('reuse.runId', `${runId} has not ended.`);
  const { outline } = rulesOf(definition);
  const before = outline.findIndex(({ id, steps }) => id === from || steps.some((step) => step.id === from));
  if (before < 0) throw new InvalidFieldError('reuse.from', `${request.workflow} has no step "${from}".`);
  return { reuse: { runId, before }, input: request.input ?? earlier.input };
};

/** The task of the earlier run in whose place this one stands, if it succeeded and is still kept. */
export const reusedTask = async (services: Services, run: Run, task: Task): Promise<Task | undefined> => {
  const { reuse } = run;
  if (reuse === undefined || task.place === undefined || task.place.stage >= reuse.before) return undefined;
  const earlierId = memberTaskId(run.tenant, reuse.runId, task.place.stage, task.place.index);
  const found = readTask(await services.table.get(keys.task(run.tenant, earlierId), { consistent: true }));
  if (found.kind !== 'task' || found.task.status !== 'SUCCEEDED') return undefined;
  return found.task.place?.step === task.place.step ? found.task : undefined;
};

/** A member as it stands in the new run: done, at no cost, by the task that it names. */
export const asReused = (task: Task, earlier: Task, nowMs: number): Task => ({
  ...task,
  status: 'SUCCEEDED',
  reusedFrom: earlier.taskId,
  output: earlier.output ?? null,
  endedAt: nowMs,
  ...(earlier.confidence === undefined ? {} : { confidence: earlier.confidence }),
  ...(earlier.evidence === undefined ? {} : { evidence: earlier.evidence }),
});
