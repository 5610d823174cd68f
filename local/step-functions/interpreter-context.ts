import type { Frame } from './execution.ts';
import type { Bindings, Expressions } from './expressions.ts';
import type { ParsedDefinition } from './parse-definition.ts';
import type { StepDraft } from './step-draft.ts';

/** What every part of the interpreter needs besides the execution. */
export interface InterpreterContext {
  readonly definition: ParsedDefinition;
  readonly expressions: Expressions;
  readonly random: () => number;
  readonly newToken: () => string;
  readonly region: string;
}

/** One event on its way: the draft and the context. */
export interface Run {
  readonly draft: StepDraft;
  readonly context: InterpreterContext;
}

/** What `$states` holds beside `input` and `context`. */
export interface StatesExtra {
  readonly result?: unknown;
  readonly errorOutput?: unknown;
  readonly taskToken?: string | undefined;
  /** The Map item in sight while `ItemSelector` is evaluated. */
  readonly item?: { readonly index: number; readonly value: unknown };
}

function ancestors(draft: StepDraft, frame: Frame): Frame[] {
  const chain: Frame[] = [frame];
  for (let parent = frame.parent; parent !== undefined; ) {
    const next = draft.frame(parent);
    if (!next) break;
    chain.push(next);
    parent = next.parent;
  }
  return chain;
}

/** The context object. @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
function contextObject({ draft, context }: Run, frame: Frame, extra: StatesExtra): Record<string, unknown> {
  const { execution } = draft;
  const item = extra.item ?? ancestors(draft, frame).find((ancestor) => ancestor.item)?.item;
  const state = context.definition.states.get(frame.state);
  const canRetry = state?.Type === 'Task' || state?.Type === 'Parallel' || state?.Type === 'Map';
  return {
    Execution: {
      Id: execution.arn,
      Input: execution.input,
      StartTime: new Date(execution.startedAt).toISOString(),
      Name: execution.name,
      RoleArn: execution.roleArn,
      RedriveCount: 0,
    },
    StateMachine: { Id: execution.machineArn, Name: execution.machineName },
    State: {
      Name: frame.state,
      EnteredTime: new Date(frame.enteredAt).toISOString(),
      ...(canRetry ? { RetryCount: frame.retryCount } : {}),
    },
    ...(extra.taskToken === undefined ? {} : { Task: { Token: extra.taskToken } }),
    ...(item ? { Map: { Item: { Index: item.index, Value: item.value } } } : {}),
  };
}

/** `$states` and all variables in scope: inner scopes see the outer ones. */
export function bindingsOf(run: Run, frame: Frame, extra: StatesExtra = {}): Bindings {
  const variables = ancestors(run.draft, frame)
    .toReversed()
    .map((ancestor) => ancestor.variables);
  const states = {
    input: frame.input,
    ...('result' in extra ? { result: extra.result } : {}),
    ...('errorOutput' in extra ? { errorOutput: extra.errorOutput } : {}),
    context: contextObject(run, frame, extra),
  };
  const merged: Record<string, unknown> = Object.assign({}, ...variables);
  return { ...merged, states };
}
