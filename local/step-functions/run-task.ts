import type { TaskState } from './definition.ts';
import type { Frame, TaskAttempt } from './execution.ts';
import { bindingsOf, type Run } from './interpreter-context.ts';
import { isOversize, toJson } from './json.ts';
import { leaveNormally, type Outcome, oversizeError } from './leave-state.ts';
import { parseResource, type TaskResource } from './resources.ts';
import { StateError, type StateFailure } from './state-error.ts';
import { historyText } from './step-draft.ts';
import { wholeNumberField } from './whole-number-field.ts';

/** `sendMessage.waitForTaskToken`, as history events name the resource. */
function resourceName(resource: TaskResource): string {
  return resource.pattern === 'request' ? resource.action : `${resource.action}.${resource.pattern}`;
}

/** The pair that every task event carries. */
function taskDetails(resource: TaskResource): Record<string, unknown> {
  return { resource: resourceName(resource), resourceType: resource.service };
}

function resourceOf(state: TaskState): TaskResource {
  const resource = parseResource(state.Resource);
  if (!resource) throw new StateError({ error: 'States.Runtime', cause: `Unknown resource ${state.Resource}` });
  return resource;
}

interface Limits {
  readonly timeoutInSeconds?: number;
  readonly heartbeatInSeconds?: number;
}

function recordScheduled(
  run: Run,
  frame: Frame,
  scheduled: { resource: TaskResource; input: unknown; limits: Limits },
): Frame {
  const { draft, context } = run;
  const { resource, input, limits } = scheduled;
  if (resource.kind === 'function') {
    const details = { resource: resource.arn, ...historyText('input', toJson(input)), ...limits };
    const ready = draft.recordFor(frame, 'LambdaFunctionScheduled', { lambdaFunctionScheduledEventDetails: details });
    return draft.recordFor(ready, 'LambdaFunctionStarted');
  }
  const details = { ...taskDetails(resource), region: context.region, parameters: toJson(input), ...limits };
  const ready = draft.recordFor(frame, 'TaskScheduled', { taskScheduledEventDetails: details });
  return draft.recordFor(ready, 'TaskStarted', { taskStartedEventDetails: taskDetails(resource) });
}

/** Fixes arguments, token and deadlines of an attempt; the call itself is an effect of the committed step. */
export async function runTask(run: Run, frame: Frame, state: TaskState): Promise<Outcome> {
  const { draft, context } = run;
  const resource = resourceOf(state);
  const token = context.newToken();
  const taskToken = resource.pattern === 'waitForTaskToken' ? token : undefined;
  const input =
    state.Arguments === undefined
      ? frame.input
      : await context.expressions.evaluate(state.Arguments, 'Arguments', bindingsOf(run, frame, { taskToken }));
  if (isOversize(input)) throw oversizeError(frame.state);
  const seconds = (field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined> =>
    wholeNumberField(run, frame, { field, template: state[field], taskToken, least: 1 });
  const timeoutSeconds = await seconds('TimeoutSeconds');
  const heartbeatSeconds = await seconds('HeartbeatSeconds');
  const limits: Limits = {
    ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
  };
  const scheduled = recordScheduled(run, frame, { resource, input, limits });
  const heartbeatMs = heartbeatSeconds === undefined ? undefined : heartbeatSeconds * 1000;
  const task: TaskAttempt = {
    token,
    timeoutAt: timeoutSeconds === undefined ? undefined : draft.now + timeoutSeconds * 1000,
    heartbeatMs,
    heartbeatAt: heartbeatMs === undefined ? undefined : draft.now + heartbeatMs,
    isSubmitted: false,
  };
  draft.put({ ...scheduled, payload: input, phase: { kind: 'task', task } });
  if (taskToken !== undefined) draft.openToken(token, frame.id);
  draft.effect({ kind: 'perform', frame: frame.id });
  return undefined;
}

/** The call was answered and the task now waits for its token or its child execution. */
export function taskSubmitted(
  run: Run,
  frame: Frame,
  submitted: { state: TaskState; output: unknown; childArn: string | undefined },
): Outcome {
  if (frame.phase.kind !== 'task' || frame.phase.task.isSubmitted) return undefined;
  const { state, output, childArn } = submitted;
  const details = { ...taskDetails(resourceOf(state)), ...historyText('output', toJson(output)) };
  const recorded = run.draft.recordFor(frame, 'TaskSubmitted', { taskSubmittedEventDetails: details });
  const task: TaskAttempt = { ...frame.phase.task, isSubmitted: true, childArn };
  run.draft.put({ ...recorded, phase: { kind: 'task', task } });
  if (childArn !== undefined) run.draft.effect({ kind: 'await-child', frame: frame.id, childArn, token: task.token });
  return undefined;
}

/** The task's result arrived. */
export function taskSucceeded(
  run: Run,
  frame: Frame,
  succeeded: { state: TaskState; output: unknown },
): Promise<Outcome> {
  const { state, output } = succeeded;
  const resource = resourceOf(state);
  const text = historyText('output', toJson(output));
  const recorded =
    resource.kind === 'function'
      ? run.draft.recordFor(frame, 'LambdaFunctionSucceeded', { lambdaFunctionSucceededEventDetails: text })
      : run.draft.recordFor(frame, 'TaskSucceeded', {
          taskSucceededEventDetails: { ...taskDetails(resource), ...text },
        });
  run.draft.releaseTask(frame, false);
  return leaveNormally(run, recorded, state, { result: output });
}

/** The failure of a task whose result is too large, which AWS reports as the task's own. */
export function oversizeResult(state: TaskState): StateFailure {
  const resource = resourceOf(state);
  const { failure } = oversizeError(resource.kind === 'function' ? resource.arn : resource.service);
  return { ...failure, fromTask: true };
}

/** Writes a task's failure or timeout into the history. */
export function recordTaskFailure(run: Run, frame: Frame, failed: { state: TaskState; failure: StateFailure }): Frame {
  const { state, failure } = failed;
  const resource = resourceOf(state);
  const hasTimedOut = failure.error === 'States.Timeout';
  const suffix = hasTimedOut ? 'TimedOut' : 'Failed';
  const reason = {
    ...(failure.error === undefined ? {} : { error: failure.error }),
    ...(failure.cause === undefined ? {} : { cause: failure.cause }),
  };
  if (resource.kind === 'function') {
    const details = { [`lambdaFunction${suffix}EventDetails`]: reason };
    return run.draft.recordFor(frame, `LambdaFunction${suffix}`, details);
  }
  const details = { [`task${suffix}EventDetails`]: { ...taskDetails(resource), ...reason } };
  return run.draft.recordFor(frame, `Task${suffix}`, details);
}
