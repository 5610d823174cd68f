import type { MapState, ParallelState, Workflow } from './definition.ts';
import type { Frame } from './execution.ts';
import { expectType } from './expressions.ts';
import { bindingsOf, type Run } from './interpreter-context.ts';
import { isOversize, isRecord, toJson } from './json.ts';
import { leaveNormally, type Outcome, oversizeError } from './leave-state.ts';
import { EvaluationError } from './state-error.ts';
import { wholeNumberField } from './whole-number-field.ts';

/** Most iterations an inline Map runs at once. @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html */
const maxInlineConcurrency = 40;

type Fork = Extract<Frame['phase'], { kind: 'fork' }>;

/** What a fork keeps until it is joined; `inputs` only where they differ from the items. */
interface ForkPayload {
  readonly items: readonly unknown[];
  readonly inputs?: readonly unknown[];
}

interface Child {
  readonly index: number;
  readonly workflow: Workflow;
  readonly input: unknown;
  readonly item?: Frame['item'];
}

function startChild(run: Run, parent: Frame, child: Child): void {
  const { draft } = run;
  let { lastEvent } = parent;
  if (child.item) {
    const details = { mapIterationStartedEventDetails: { name: parent.state, index: child.index } };
    lastEvent = draft.record('MapIterationStarted', lastEvent, details);
  }
  const id = draft.nextFrameId();
  draft.put({
    id,
    parent: parent.id,
    index: child.index,
    item: child.item,
    state: child.workflow.StartAt,
    phase: { kind: 'ready' },
    input: child.input,
    variables: {},
    payload: undefined,
    retries: [],
    retryCount: 0,
    enteredAt: draft.now,
    enteredEvent: 0,
    eventBefore: lastEvent,
    lastEvent,
  });
  draft.effect({ kind: 'advance', frame: id });
}

/** Runs all branches at once, each on the state's arguments. */
export async function runParallel(run: Run, frame: Frame, state: ParallelState): Promise<Outcome> {
  const { draft, context } = run;
  const input =
    state.Arguments === undefined
      ? frame.input
      : await context.expressions.evaluate(state.Arguments, 'Arguments', bindingsOf(run, frame));
  if (isOversize(input)) throw oversizeError(frame.state);
  const total = state.Branches.length;
  const started = draft.recordFor(frame, 'ParallelStateStarted');
  const phase: Fork = { kind: 'fork', total, next: total, open: total, maxConcurrency: 0 };
  const forked = draft.put({ ...started, phase });
  state.Branches.forEach((workflow, index) => startChild(run, forked, { index, workflow, input }));
  return undefined;
}

async function evaluateItems(run: Run, frame: Frame, state: MapState): Promise<unknown[]> {
  if (state.Items === undefined) {
    if (Array.isArray(frame.input)) return frame.input;
    throw new EvaluationError(`Map state input must be an array but was: ${toJson(frame.input)}`, undefined);
  }
  const items = await run.context.expressions.evaluate(state.Items, 'Items', bindingsOf(run, frame));
  if (Array.isArray(items)) return items;
  expectType(items, 'array', { template: state.Items, field: 'Items' });
  return [];
}

async function selectItems(run: Run, frame: Frame, state: MapState): Promise<ForkPayload> {
  const items = await evaluateItems(run, frame, state);
  if (state.ItemSelector === undefined) return { items };
  const inputs: unknown[] = [];
  for (const [index, value] of items.entries()) {
    const bindings = bindingsOf(run, frame, { item: { index, value } });
    inputs.push(await run.context.expressions.evaluate(state.ItemSelector, 'ItemSelector', bindings));
  }
  return { items, inputs };
}

/** Runs the item processor once per item, at most `MaxConcurrency` at a time, started in order. */
export async function runMap(run: Run, frame: Frame, state: MapState): Promise<Outcome> {
  const { draft } = run;
  const payload = await selectItems(run, frame, state);
  const asked = (await wholeNumberField(run, frame, { field: 'MaxConcurrency', template: state.MaxConcurrency })) ?? 0;
  const maxConcurrency = asked === 0 ? maxInlineConcurrency : Math.min(asked, maxInlineConcurrency);
  const total = payload.items.length;
  const started = draft.recordFor(frame, 'MapStateStarted', { mapStateStartedEventDetails: { length: total } });
  const phase: Fork = { kind: 'fork', total, next: 0, open: 0, maxConcurrency };
  const forked = draft.put({ ...started, phase, payload });
  if (total === 0) return joinChildren(run, forked, state);
  startIterations(run, forked, state);
  return undefined;
}

function isForkPayload(value: unknown): value is ForkPayload {
  return isRecord(value) && Array.isArray(value['items']);
}

function startIterations(run: Run, frame: Frame, state: MapState): void {
  if (frame.phase.kind !== 'fork' || !isForkPayload(frame.payload)) return;
  const { total, open, maxConcurrency, next } = frame.phase;
  const { items, inputs = items } = frame.payload;
  const last = Math.min(total, next + maxConcurrency - open);
  for (let index = next; index < last; index += 1) {
    const item = { index, value: items[index] };
    startChild(run, frame, { index, workflow: state.ItemProcessor, input: inputs[index], item });
  }
  run.draft.put({ ...frame, phase: { ...frame.phase, next: last, open: open + last - next } });
}

function joinChildren(run: Run, frame: Frame, state: MapState | ParallelState): Promise<Outcome> {
  const { draft } = run;
  const result = draft.children(frame.id).map((child) => child.payload);
  draft.dropChildren(frame.id);
  if (isOversize(result)) throw oversizeError(frame.state);
  const lastEvent = draft.record(`${state.Type}StateSucceeded`, frame.lastEvent);
  // A Map's exit is chained to its last iteration, a Parallel's to its success, as recorded on AWS.
  const chained = state.Type === 'Map' ? frame : { ...frame, lastEvent };
  return leaveNormally(run, chained, state, { result });
}

function forkState(run: Run, frame: Frame | undefined): MapState | ParallelState | undefined {
  const state = run.context.definition.states.get(frame?.state ?? '');
  return state?.Type === 'Map' || state?.Type === 'Parallel' ? state : undefined;
}

/** A branch or iteration reached its end: the next one starts, or all are joined. */
export async function childSucceeded(run: Run, child: Frame, output: unknown): Promise<Outcome> {
  const { draft } = run;
  const parent = draft.frame(child.parent ?? 0);
  const state = forkState(run, parent);
  if (parent?.phase.kind !== 'fork' || !state) return undefined;
  draft.put({ ...child, phase: { kind: 'done' }, payload: output, input: null, variables: {} });
  const details = { mapIterationSucceededEventDetails: { name: parent.state, index: child.index } };
  const lastEvent =
    state.Type === 'Map' ? draft.record('MapIterationSucceeded', child.lastEvent, details) : child.lastEvent;
  const phase: Fork = { ...parent.phase, open: parent.phase.open - 1 };
  const isLast = phase.open === 0 && phase.next === phase.total;
  const joined = draft.put({ ...parent, phase, lastEvent: isLast ? lastEvent : child.lastEvent });
  return isLast ? joinChildren(run, joined, state) : startMore(run, joined, state);
}

function startMore(run: Run, frame: Frame, state: MapState | ParallelState): Outcome {
  if (state.Type === 'Map') startIterations(run, frame, state);
  return undefined;
}
