import type { State } from './definition.ts';
import type { Frame } from './execution.ts';
import { bindingsOf, type Run, type StatesExtra } from './interpreter-context.ts';
import { isOversize, toJson } from './json.ts';
import { StateError } from './state-error.ts';
import { historyText } from './step-draft.ts';

/** Set when a frame's workflow came to its end with this output; the caller of the state goes on from there. */
export type Outcome = { readonly frame: Frame; readonly output: unknown } | undefined;

/** How a state is left: the templates that apply, where they stand, and where to go (undefined: the workflow ends). */
export interface Exit {
  readonly output: unknown;
  readonly assign: Readonly<Record<string, unknown>> | undefined;
  /** Path of the fields' owner below the state: `Choices[0]/`, `Catch[1]/` or empty. */
  readonly prefix: string;
  /** The state's output when no `Output` is given. */
  readonly fallback: unknown;
  readonly extra: StatesExtra;
  readonly next: string | undefined;
}

/** The error of a value that is larger than a state may carry. */
export function oversizeError(what: string): StateError {
  return new StateError({
    error: 'States.DataLimitExceeded',
    cause: `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  });
}

async function evaluateAssign(run: Run, frame: Frame, exit: Exit): Promise<Record<string, unknown>> {
  if (!exit.assign) return {};
  const bindings = bindingsOf(run, frame, exit.extra);
  const assigned: [string, unknown][] = [];
  for (const [name, template] of Object.entries(exit.assign)) {
    const field = `${exit.prefix}Assign/${name}`;
    assigned.push([name, await run.context.expressions.evaluate(template, field, bindings)]);
  }
  const values = Object.fromEntries(assigned);
  if (isOversize(values)) {
    throw new StateError({
      error: 'States.DataLimitExceeded',
      cause: `The variables assigned by the state '${frame.state}' exceed the maximum number of bytes service limit.`,
    });
  }
  return values;
}

function assignedDetails(assigned: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const texts = Object.entries(assigned).map(([name, value]) => [name, toJson(value)]);
  if (texts.length === 0) return {};
  return { assignedVariables: Object.fromEntries(texts), assignedVariablesDetails: { truncated: false } };
}

/**
 * Leaves the current state: evaluates `Assign` and `Output` (neither sees what the other made), writes the exit into
 * the history and goes on.
 */
export async function leaveState(run: Run, frame: Frame, exit: Exit): Promise<Outcome> {
  const { draft, context } = run;
  const state = context.definition.states.get(frame.state);
  const assigned = await evaluateAssign(run, frame, exit);
  const output =
    exit.output === undefined
      ? exit.fallback
      : await context.expressions.evaluate(exit.output, `${exit.prefix}Output`, bindingsOf(run, frame, exit.extra));
  if (isOversize(output)) throw oversizeError(frame.state);
  const left = draft.recordFor(frame, `${state?.Type}StateExited`, {
    stateExitedEventDetails: {
      name: frame.state,
      ...historyText('output', toJson(output)),
      ...assignedDetails(assigned),
    },
  });
  const hasAssigned = Object.keys(assigned).length > 0;
  const variables = hasAssigned ? { ...left.variables, ...assigned } : left.variables;
  const moved: Frame = { ...left, variables, input: output, payload: undefined, phase: { kind: 'ready' } };
  if (exit.next === undefined) return { frame: draft.put(moved), output };
  draft.put({ ...moved, state: exit.next });
  draft.effect({ kind: 'advance', frame: frame.id });
  return undefined;
}

/** Leaves a state by its own `Output`, `Assign` and `Next`. */
export function leaveNormally(run: Run, frame: Frame, state: State, extra: StatesExtra): Promise<Outcome> {
  return leaveState(run, frame, {
    output: 'Output' in state ? state.Output : undefined,
    assign: 'Assign' in state ? state.Assign : undefined,
    prefix: '',
    fallback: 'result' in extra ? extra.result : frame.input,
    extra,
    next: 'Next' in state ? state.Next : undefined,
  });
}
