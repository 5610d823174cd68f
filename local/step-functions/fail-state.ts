import type { State } from './definition.ts';
import { findRule, retryDelayMs } from './error-matching.ts';
import type { Frame } from './execution.ts';
import { finishExecution } from './finish-execution.ts';
import type { Run } from './interpreter-context.ts';
import { leaveState, type Outcome } from './leave-state.ts';
import { EvaluationError, StateError, type StateFailure } from './state-error.ts';

/** What the interpreter itself cannot go on from; AWS leaves fewer events of it. */
const runtimeError = 'States.Runtime';

type RecoverableState = Extract<State, { Type: 'Task' | 'Parallel' | 'Map' }>;

function isRecoverable(state: State): state is RecoverableState {
  return state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map';
}

/** Turns whatever was thrown while a state ran into its failure, in AWS's words. */
export function toFailure(frame: Frame, thrown: unknown): StateFailure {
  if (thrown instanceof StateError) return thrown.failure;
  const prefix = `An error occurred while executing the state '${frame.state}' (entered at the event id #${frame.enteredEvent}).`;
  if (thrown instanceof EvaluationError) {
    const { location, detail } = thrown;
    return { error: 'States.QueryEvaluationError', cause: `${prefix} ${detail}`, evaluation: { location } };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { error: runtimeError, cause: `${prefix} ${message}` };
}

function recordEvaluation(run: Run, frame: Frame, evaluation: { failure: StateFailure; previousId: number }): Frame {
  const { error, cause, evaluation: place } = evaluation.failure;
  if (!place) return frame;
  const { location } = place;
  const at = location === undefined ? {} : { location };
  const details = { evaluationFailedEventDetails: { cause, error, ...at, state: frame.state } };
  const lastEvent = run.draft.record('EvaluationFailed', evaluation.previousId, details);
  return run.draft.put({ ...frame, lastEvent });
}

/** An evaluation failure has an event of its own. */
function recordFailedEvaluation(run: Run, frame: Frame, failed: { state: State; failure: StateFailure }): Frame {
  const { state, failure } = failed;
  // AWS chains what fails on entering a state to the event before it, but in a Wait to the entry, as recorded.
  const failsOnEntry = state.Type !== 'Wait' && frame.lastEvent === frame.enteredEvent;
  const previousId = failsOnEntry ? frame.eventBefore : frame.lastEvent;
  return recordEvaluation(run, frame, { failure, previousId });
}

/** So has the failure of a Parallel or Map that is not tried again, as measured, unless it is a `States.Runtime`. */
function recordFailedFork(run: Run, frame: Frame, failed: { state: State; failure: StateFailure }): Frame {
  const { state, failure } = failed;
  if ((state.Type !== 'Map' && state.Type !== 'Parallel') || failure.error === runtimeError) return frame;
  return run.draft.recordFor(frame, `${state.Type}StateFailed`);
}

function tryRetry(run: Run, frame: Frame, failed: { state: RecoverableState; failure: StateFailure }): boolean {
  const { state, failure } = failed;
  const index = findRule(state.Retry, failure, state.Type);
  const retrier = state.Retry?.[index];
  if (!retrier) return false;
  const delayMs = retryDelayMs(retrier, frame.retries[index] ?? 0, run.context.random);
  if (delayMs === undefined) return false;
  const count = Math.max(frame.retries.length, index + 1);
  const retries = Array.from({ length: count }, (_, at) => (frame.retries[at] ?? 0) + (at === index ? 1 : 0));
  const phase = { kind: 'retry', dueAt: run.draft.now + delayMs } as const;
  run.draft.put({ ...frame, retries, retryCount: frame.retryCount + 1, payload: undefined, phase });
  return true;
}

function withoutUndefined(failure: StateFailure, names: { error: string; cause: string }): Record<string, unknown> {
  return {
    ...(failure.error === undefined ? {} : { [names.error]: failure.error }),
    ...(failure.cause === undefined ? {} : { [names.cause]: failure.cause }),
  };
}

async function recover(
  run: Run,
  before: Frame,
  failed: { state: RecoverableState; failure: StateFailure },
): Promise<Outcome> {
  const { state, failure } = failed;
  const frame = recordFailedFork(run, before, failed);
  const index = findRule(state.Catch, failure, state.Type);
  const catcher = state.Catch?.[index];
  if (!catcher) return failWorkflow(run, frame, failure);
  const errorOutput = withoutUndefined(failure, { error: 'Error', cause: 'Cause' });
  try {
    return await leaveState(run, frame, {
      output: catcher.Output,
      assign: catcher.Assign,
      prefix: `Catch[${index}]/`,
      fallback: errorOutput,
      extra: { errorOutput },
      next: catcher.Next,
    });
  } catch (thrown) {
    // Nothing catches what a catcher's own fields throw in this state. It stands beside the first failure, as measured.
    const second = toFailure(frame, thrown);
    const recorded = recordEvaluation(run, frame, { failure: second, previousId: before.lastEvent });
    return failWorkflow(run, recordFailedFork(run, recorded, { state, failure: second }), second);
  }
}

/** Fails the current state: retried, caught, or handed to the workflow around it. */
export async function failState(run: Run, frame: Frame, failure: StateFailure): Promise<Outcome> {
  const { draft } = run;
  const state = run.context.definition.states.get(frame.state);
  draft.releaseTask(frame, true);
  draft.dropChildren(frame.id);
  const stopped = draft.put({ ...frame, phase: { kind: 'ready' }, payload: undefined });
  if (!state) return failWorkflow(run, stopped, failure);
  const failed = recordFailedEvaluation(run, stopped, { state, failure });
  if (!isRecoverable(state)) return failWorkflow(run, failed, failure);
  if (tryRetry(run, failed, { state, failure })) return undefined;
  return recover(run, failed, { state, failure });
}

/**
 * What the end of a branch or iteration by a failure leaves behind: a Task that ends it is aborted, and so are the states
 * in which the others are cut, in the order of the branches; of iterations the one that failed comes last. All point at
 * its last event. A `States.Runtime` leaves nothing, as measured.
 */
function recordCut(run: Run, parent: Frame, failed: { frame: Frame; failure: StateFailure }): void {
  if (failed.failure.error === runtimeError) return;
  const { draft, context } = run;
  const previousId = failed.frame.lastEvent;
  const typeOf = (frame: Frame): string => context.definition.states.get(frame.state)?.Type ?? '';
  const isMap = typeOf(parent) === 'Map';
  const children = draft.children(parent.id);
  const isFailed = (child: Frame): boolean => child.id === failed.frame.id;
  const cutFirst = [...children.filter((child) => !isFailed(child)), ...children.filter(isFailed)];
  for (const child of isMap ? cutFirst : children) {
    const hasFailed = isFailed(child);
    if (child.phase.kind === 'done') continue;
    const details = { name: parent.state, index: child.index };
    if (isMap && hasFailed) {
      draft.record('MapIterationFailed', previousId, { mapIterationFailedEventDetails: details });
    }
    if (isMap && !hasFailed) {
      draft.record('MapIterationAborted', previousId, { mapIterationAbortedEventDetails: details });
    }
    const isInState = hasFailed ? typeOf(child) === 'Task' : child.phase.kind !== 'ready';
    if (isInState) draft.record(`${typeOf(child)}StateAborted`, previousId);
  }
}

/** Nobody caught the failure in this workflow: the branch, iteration or execution fails. */
async function failWorkflow(run: Run, frame: Frame, failure: StateFailure): Promise<Outcome> {
  const { draft } = run;
  if (frame.parent === undefined) {
    const details = withoutUndefined(failure, { error: 'error', cause: 'cause' });
    draft.record('ExecutionFailed', frame.lastEvent, { executionFailedEventDetails: details });
    finishExecution(draft, { status: 'FAILED', error: failure.error, cause: failure.cause });
    return undefined;
  }
  const parent = draft.frame(frame.parent);
  if (!parent) return undefined;
  recordCut(run, parent, { frame, failure });
  const { evaluation: _evaluation, ...inherited } = failure;
  return failState(run, { ...parent, lastEvent: frame.lastEvent }, inherited);
}
