import type { State, TaskState } from './definition.ts';
import type { ExecutionEvent, Frame, Step } from './execution.ts';
import { failState, toFailure } from './fail-state.ts';
import { finishExecution } from './finish-execution.ts';
import type { InterpreterContext, Run } from './interpreter-context.ts';
import { isOversize, toJson } from './json.ts';
import { leaveNormally, type Outcome } from './leave-state.ts';
import { childSucceeded, runMap, runParallel } from './run-fork.ts';
import { runChoice, runFail, runWait } from './run-simple-states.ts';
import { oversizeResult, recordTaskFailure, runTask, taskSubmitted, taskSucceeded } from './run-task.ts';
import { StateError, type StateFailure } from './state-error.ts';
import { type ExecutionState, historyText, StepDraft } from './step-draft.ts';

/** Most events an execution's history holds. @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const maxHistoryEvents = 25_000;

function runState(run: Run, frame: Frame, state: State): Promise<Outcome> {
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      return leaveNormally(run, frame, state, {});
    case 'Task':
      return runTask(run, frame, state);
    case 'Choice':
      return runChoice(run, frame, state);
    case 'Wait':
      return runWait(run, frame, state);
    case 'Fail':
      return runFail(run, frame, state);
    case 'Parallel':
      return runParallel(run, frame, state);
    case 'Map':
      return runMap(run, frame, state);
    default:
      return state satisfies never;
  }
}

/** Runs `action` for a frame; whatever it throws fails that frame's current state. */
async function guarded(run: Run, frame: Frame, action: (frame: Frame) => Promise<Outcome>): Promise<Outcome> {
  try {
    return await action(frame);
  } catch (thrown) {
    const current = run.draft.frame(frame.id) ?? frame;
    return failState(run, current, toFailure(current, thrown));
  }
}

/** Goes outwards from a workflow that ended, until something waits again or the execution has ended. */
async function settle(run: Run, outcome: Outcome): Promise<void> {
  let ended = outcome;
  while (ended) {
    const { frame, output } = ended;
    const parent = frame.parent === undefined ? undefined : run.draft.frame(frame.parent);
    if (!parent) {
      run.draft.record('ExecutionSucceeded', frame.lastEvent, {
        executionSucceededEventDetails: historyText('output', toJson(output)),
      });
      finishExecution(run.draft, { status: 'SUCCEEDED', output });
      return;
    }
    ended = await guarded(run, parent, () => childSucceeded(run, frame, output));
  }
}

function enterState(run: Run, frame: Frame): Promise<Outcome> {
  const state = run.context.definition.states.get(frame.state);
  if (!state) throw new StateError({ error: 'States.Runtime', cause: `There is no state '${frame.state}'` });
  const eventBefore = frame.lastEvent;
  const entered = run.draft.recordFor(frame, `${state.Type}StateEntered`, {
    stateEnteredEventDetails: { name: frame.state, ...historyText('input', toJson(frame.input)) },
  });
  const ready = run.draft.put({
    ...entered,
    eventBefore,
    enteredEvent: entered.lastEvent,
    enteredAt: run.draft.now,
    retries: [],
    retryCount: 0,
  });
  return guarded(run, ready, (current) => runState(run, current, state));
}

function failTask(run: Run, frame: Frame, failed: { state: TaskState; failure: StateFailure }): Promise<Outcome> {
  return failState(run, recordTaskFailure(run, frame, failed), failed.failure);
}

async function onTaskDue(run: Run, frame: Frame, state: TaskState): Promise<Outcome> {
  if (frame.phase.kind !== 'task') return undefined;
  const { now } = run.draft;
  const { timeoutAt = Infinity, heartbeatAt = Infinity } = frame.phase.task;
  const hasTimedOut = timeoutAt <= now;
  const missedHeartbeat = !hasTimedOut && heartbeatAt <= now;
  if (!hasTimedOut && !missedHeartbeat) return undefined;
  return failTask(run, frame, { state, failure: { error: 'States.Timeout', cause: undefined, missedHeartbeat } });
}

async function onDue(run: Run, frame: Frame): Promise<Outcome> {
  const { phase } = frame;
  const { now } = run.draft;
  const state = run.context.definition.states.get(frame.state);
  if (state?.Type === 'Task' && phase.kind === 'task') return onTaskDue(run, frame, state);
  if (!state || (phase.kind !== 'wait' && phase.kind !== 'retry') || phase.dueAt > now) return undefined;
  if (phase.kind === 'wait') return guarded(run, frame, (current) => leaveNormally(run, current, state, {}));
  const again = run.draft.put({ ...frame, phase: { kind: 'ready' } });
  return guarded(run, again, (current) => runState(run, current, state));
}

type TaskEvent = Extract<ExecutionEvent, { token: string }>;

/** An answer to a task attempt; one that is no longer awaited changes nothing. */
async function onTaskEvent(run: Run, event: TaskEvent): Promise<Outcome> {
  const frame = run.draft.frame(event.frame);
  const state = frame && run.context.definition.states.get(frame.state);
  if (frame?.phase.kind !== 'task' || frame.phase.task.token !== event.token || state?.Type !== 'Task') {
    run.draft.isAccepted = false;
    return undefined;
  }
  switch (event.kind) {
    case 'heartbeat':
      return postponeHeartbeat(run, frame);
    case 'submitted':
      return taskSubmitted(run, frame, { state, output: event.output, childArn: event.childArn });
    case 'failed':
      return failTask(run, frame, { state, failure: { error: event.error, cause: event.cause } });
    case 'succeeded':
      if (isOversize(event.output)) return failTask(run, frame, { state, failure: oversizeResult(state) });
      return guarded(run, frame, (current) => taskSucceeded(run, current, { state, output: event.output }));
    default:
      return event satisfies never;
  }
}

function postponeHeartbeat(run: Run, frame: Frame): Outcome {
  if (frame.phase.kind !== 'task') return undefined;
  const { task } = frame.phase;
  const heartbeatAt = task.heartbeatMs === undefined ? undefined : run.draft.now + task.heartbeatMs;
  run.draft.put({ ...frame, phase: { kind: 'task', task: { ...task, heartbeatAt } } });
  return undefined;
}

function endFromOutside(run: Run, event: Extract<ExecutionEvent, { kind: 'stop' | 'deadline' }>): void {
  const root = run.draft.frame(1);
  const previousId = root?.lastEvent ?? 0;
  if (event.kind === 'deadline') {
    run.draft.record('ExecutionTimedOut', previousId, { executionTimedOutEventDetails: {} });
    finishExecution(run.draft, { status: 'TIMED_OUT' });
    return;
  }
  const { error, cause } = event;
  const reason = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
  run.draft.record('ExecutionAborted', previousId, { executionAbortedEventDetails: reason });
  finishExecution(run.draft, { status: 'ABORTED', error, cause });
}

async function dispatch(run: Run, event: ExecutionEvent): Promise<Outcome> {
  if (event.kind === 'stop' || event.kind === 'deadline') {
    endFromOutside(run, event);
    return undefined;
  }
  if ('token' in event) return onTaskEvent(run, event);
  const frame = run.draft.frame(event.frame);
  if (!frame) return undefined;
  if (event.kind === 'due') return onDue(run, frame);
  return frame.phase.kind === 'ready' ? guarded(run, frame, (current) => enterState(run, current)) : undefined;
}

function failWhenHistoryIsFull(run: Run): void {
  if (run.draft.eventCount() < maxHistoryEvents || run.draft.execution.status !== 'RUNNING') return;
  const cause = `The execution reached the maximum number of history events (${maxHistoryEvents}).`;
  const details = { executionFailedEventDetails: { error: 'States.Runtime', cause } };
  run.draft.record('ExecutionFailed', run.draft.frame(1)?.lastEvent ?? 0, details);
  finishExecution(run.draft, { status: 'FAILED', error: 'States.Runtime', cause });
}

/** (execution, event) → what changed and what is to be done. Touches nothing outside its arguments. */
export async function reduce(
  state: ExecutionState,
  event: ExecutionEvent,
  surroundings: { readonly context: InterpreterContext; readonly now: number },
): Promise<Step> {
  const draft = new StepDraft(state, surroundings.now);
  const run: Run = { draft, context: surroundings.context };
  if (state.execution.status === 'RUNNING') {
    await settle(run, await dispatch(run, event));
    failWhenHistoryIsFull(run);
  } else {
    draft.isAccepted = false;
  }
  return draft.finish();
}
