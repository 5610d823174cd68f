import type { ChoiceState, FailState, WaitState } from './definition.ts';
import type { Frame } from './execution.ts';
import { expectType } from './expressions.ts';
import { bindingsOf, type Run } from './interpreter-context.ts';
import { leaveState, type Outcome } from './leave-state.ts';
import { EvaluationError, StateError } from './state-error.ts';
import { parseTimestamp } from './timestamp.ts';
import { wholeNumberField } from './whole-number-field.ts';

/** Takes the first choice whose condition is true, else the default with the state's own `Assign` and `Output`. */
export async function runChoice(run: Run, frame: Frame, state: ChoiceState): Promise<Outcome> {
  const bindings = bindingsOf(run, frame);
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const holds = await run.context.expressions.evaluate(rule.Condition, field, bindings);
    expectType(holds, 'boolean', { template: rule.Condition, field });
    if (holds !== true) continue;
    const { Output: output, Assign: assign, Next: next } = rule;
    return leaveState(run, frame, {
      output,
      assign,
      prefix: `Choices[${index}]/`,
      fallback: frame.input,
      extra: {},
      next,
    });
  }
  if (state.Default === undefined) {
    const cause =
      `An error occurred while executing the state '${frame.state}' (entered at the event id #${frame.enteredEvent}). ` +
      'Failed to transition out of the state. The state does not point to a next state.';
    throw new StateError({ error: 'States.Runtime', cause });
  }
  return leaveState(run, frame, {
    output: state.Output,
    assign: state.Assign,
    prefix: '',
    fallback: frame.input,
    extra: {},
    next: state.Default,
  });
}

async function timestampMs(run: Run, frame: Frame, template: string): Promise<number> {
  const field = 'Timestamp';
  const value = await run.context.expressions.evaluate(template, field, bindingsOf(run, frame));
  expectType(value, 'string', { template, field });
  const epochMs = parseTimestamp(String(value));
  if (epochMs !== undefined) return epochMs;
  throw new EvaluationError(
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${String(value)}`,
    field,
  );
}

/** Waits until a moment that is fixed when the state is entered. */
export async function runWait(run: Run, frame: Frame, state: WaitState): Promise<Outcome> {
  const dueAt =
    state.Timestamp === undefined
      ? run.draft.now +
        1000 * ((await wholeNumberField(run, frame, { field: 'Seconds', template: state.Seconds })) ?? 0)
      : await timestampMs(run, frame, state.Timestamp);
  run.draft.put({ ...frame, phase: { kind: 'wait', dueAt } });
  return undefined;
}

async function text(
  run: Run,
  frame: Frame,
  source: { field: string; template: string | undefined },
): Promise<string | undefined> {
  if (source.template === undefined) return undefined;
  const value = await run.context.expressions.evaluate(source.template, source.field, bindingsOf(run, frame));
  expectType(value, 'string', source);
  return String(value);
}

/** Fails with the error and cause that the state gives or computes. */
export async function runFail(run: Run, frame: Frame, state: FailState): Promise<never> {
  const error = await text(run, frame, { field: 'Error', template: state.Error });
  const cause = await text(run, frame, { field: 'Cause', template: state.Cause });
  throw new StateError({ error, cause });
}
