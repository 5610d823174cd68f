import * as z from 'zod';
import { isRfc3339 } from './timestamp.ts';

/** Whether a string is a JSONata expression: the whole string, with no space around the braces. */
export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 4 && value.startsWith('{%') && value.endsWith('%}');
}

/** Longest wait and timeout. @see https://states-language.net/#timeouts */
export const maxSeconds = 99_999_999;

/** Longest `MaxDelaySeconds` and longest retry interval. @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const maxRetrySeconds = 31_622_400;

const expression = z.string().refine(isExpression, 'Expected a JSONata expression {% ... %}');
const wholeNumber = (min: number, max = maxSeconds): z.ZodInt => z.int().min(min).max(max);
const name = z.string().min(1).max(80);
const errorNames = z.array(z.string().max(256)).min(1);
const variables = z.record(z.string(), z.unknown());

export const Retrier = z.strictObject({
  ErrorEquals: errorNames,
  IntervalSeconds: wholeNumber(1, maxRetrySeconds).optional(),
  MaxAttempts: wholeNumber(0).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: wholeNumber(1, maxRetrySeconds).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
  Comment: z.string().optional(),
});
export type Retrier = z.infer<typeof Retrier>;

export const Catcher = z.strictObject({
  ErrorEquals: errorNames,
  Next: name,
  Assign: variables.optional(),
  Output: z.unknown().optional(),
  Comment: z.string().optional(),
});
export type Catcher = z.infer<typeof Catcher>;

const QueryLanguage = z.enum(['JSONPath', 'JSONata']);
const common = { Comment: z.string().optional(), QueryLanguage: QueryLanguage.optional() };
const flow = { Next: name.optional(), End: z.literal(true).optional() };
const result = { Output: z.unknown().optional(), Assign: variables.optional() };
const recovery = { Retry: z.array(Retrier).optional(), Catch: z.array(Catcher).optional() };

export const PassState = z.strictObject({ Type: z.literal('Pass'), ...common, ...flow, ...result });
export type PassState = z.infer<typeof PassState>;

export const TaskState = z.strictObject({
  Type: z.literal('Task'),
  ...common,
  ...flow,
  ...result,
  ...recovery,
  Resource: z.string().min(1),
  Arguments: z.unknown().optional(),
  TimeoutSeconds: z.union([wholeNumber(1), expression]).optional(),
  HeartbeatSeconds: z.union([wholeNumber(1), expression]).optional(),
});
export type TaskState = z.infer<typeof TaskState>;

export const ChoiceRule = z.strictObject({
  Condition: z.union([z.boolean(), expression]),
  Next: name,
  Output: z.unknown().optional(),
  Assign: variables.optional(),
  Comment: z.string().optional(),
});
export type ChoiceRule = z.infer<typeof ChoiceRule>;

export const ChoiceState = z.strictObject({
  Type: z.literal('Choice'),
  ...common,
  ...result,
  Choices: z.array(ChoiceRule).min(1),
  Default: name.optional(),
});
export type ChoiceState = z.infer<typeof ChoiceState>;

export const WaitState = z.strictObject({
  Type: z.literal('Wait'),
  ...common,
  ...flow,
  ...result,
  Seconds: z.union([wholeNumber(0), expression]).optional(),
  Timestamp: z
    .string()
    .refine((text) => isExpression(text) || isRfc3339(text), 'String does not match RFC3339 timestamp')
    .optional(),
});
export type WaitState = z.infer<typeof WaitState>;

export const SucceedState = z.strictObject({
  Type: z.literal('Succeed'),
  ...common,
  Output: z.unknown().optional(),
});
export type SucceedState = z.infer<typeof SucceedState>;

export const FailState = z.strictObject({
  Type: z.literal('Fail'),
  ...common,
  Error: z.string().optional(),
  Cause: z.string().optional(),
});
export type FailState = z.infer<typeof FailState>;

export const ParallelState = z.strictObject({
  Type: z.literal('Parallel'),
  ...common,
  ...flow,
  ...result,
  ...recovery,
  Arguments: z.unknown().optional(),
  Branches: z.array(z.lazy((): z.ZodType<Workflow> => Workflow)).min(1),
});
export type ParallelState = z.infer<typeof ParallelState>;

export const MapState = z.strictObject({
  Type: z.literal('Map'),
  ...common,
  ...flow,
  ...result,
  ...recovery,
  Items: z.union([z.array(z.unknown()), expression]).optional(),
  ItemSelector: z.union([z.record(z.string(), z.unknown()), expression]).optional(),
  ItemProcessor: z.lazy((): z.ZodType<Workflow> => Workflow),
  MaxConcurrency: z.union([wholeNumber(0), expression]).optional(),
});
export type MapState = z.infer<typeof MapState>;

export type State =
  | PassState
  | TaskState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** A set of states with a start: the top of a state machine, a Parallel branch or a Map's item processor. */
export interface Workflow {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly Comment?: string | undefined;
  readonly ProcessorConfig?: { readonly Mode?: 'INLINE' | undefined } | undefined;
}

const State = z.discriminatedUnion('Type', [
  PassState,
  TaskState,
  ChoiceState,
  WaitState,
  SucceedState,
  FailState,
  ParallelState,
  MapState,
]);

const workflowFields = {
  Comment: z.string().optional(),
  StartAt: name,
  States: z
    .record(name, State)
    .refine((states) => Object.keys(states).length > 0, 'A workflow must have at least one state'),
};

const Workflow: z.ZodType<Workflow> = z.strictObject({
  ...workflowFields,
  ProcessorConfig: z
    .strictObject({
      Mode: z.literal('INLINE', 'Distributed Map is not supported: Mode must be INLINE').optional(),
    })
    .optional(),
});

/** A whole state machine definition as CreateStateMachine receives it. */
export const Definition = z.strictObject({
  ...workflowFields,
  QueryLanguage: QueryLanguage.optional(),
  Version: z.string().optional(),
  TimeoutSeconds: wholeNumber(1).optional(),
});
export type Definition = z.infer<typeof Definition>;

/** The state types, for messages. */
export const stateTypes = 'Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map';

/** The workflows inside a state, with the path of each below the state. */
export function childWorkflows(state: State): { readonly path: string; readonly workflow: Workflow }[] {
  if (state.Type === 'Map') return [{ path: '/ItemProcessor', workflow: state.ItemProcessor }];
  if (state.Type !== 'Parallel') return [];
  return state.Branches.map((workflow, index) => ({ path: `/Branches[${index}]`, workflow }));
}
