import * as z from 'zod';
import { Name } from '../ids.ts';
import { Json } from '../json.ts';
import { limits } from '../limits.ts';
import { Priority } from '../priority.ts';
import { SecretReferences } from '../secret.ts';
import { ApprovalTerms, Requirements, RetryPolicy, Strategy } from '../task.ts';

/** A step's name inside its workflow; it appears in templates as `steps.<id>`, so it has no dots. */
export const StepId = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ - and begin with a letter');

/**
 * When a stage is decided: `all` succeeded, `any` succeeded, a `majority` succeeded, or `threshold` n succeeded. What is
 * still open then is cancelled.
 */
export const Completion = z.union([
  z.enum(['all', 'any', 'majority']),
  z.strictObject({ threshold: z.int().positive() }),
]);
export type Completion = z.infer<typeof Completion>;

/**
 * What a task of a workflow asks for, without its name. `input` is a template: a string that is wholly `{{ path }}` becomes
 * the value there, `{{ path }}` inside a string its text. Paths begin with `input`, `steps.<id>.output`,
 * `steps.<id>.outputs` (of a `forEach`), `item`, `index` or `run`.
 */
const body = {
  /** What kind of work an agent is asked for. */
  type: Name,
  description: z.string().max(4096).optional(),
  input: Json.default(null),
  requirements: Requirements.default({ capabilities: [] }),
  strategy: Strategy.optional(),
  priority: Priority.optional(),
  /** What its agents may ask for while they have a task of it. */
  secrets: SecretReferences.optional(),
  slotCost: z.int().min(0).max(limits.maxConcurrency).default(1),
  timeoutSeconds: z.int().min(1).max(limits.maxTaskTimeoutSeconds).default(limits.defaultTaskTimeoutSeconds),
  retry: RetryPolicy.default({
    maxAttempts: limits.defaultMaxAttempts,
    backoffMs: 1000,
    maxBackoffMs: 60_000,
    nonRetryableCodes: [],
  }),
};

/** What an agent is asked for, where a mode has one task that is always an agent's. */
export const WorkBody = z.strictObject(body);
export type WorkBody = z.infer<typeof WorkBody>;

/** A workflow that runs as a step: the version named, else the one that is newest when the run first comes to it. */
export const RunReference = z.strictObject({ workflow: Name, version: z.int().positive().optional() });
export type RunReference = z.infer<typeof RunReference>;

const named = z.strictObject({
  id: StepId,
  ...body,
  type: Name.optional(),
  /** In place of `type`: the step is a run of another workflow, which is given `input`; its output is the step's. */
  run: RunReference.optional(),
  /** In place of `type`: the step waits for a person. `input` is what the person is shown. */
  approval: ApprovalTerms.optional(),
  forEach: z.string().max(512).optional(),
  dependsOn: z.array(StepId).max(50).optional(),
});

/** A step is one thing. */
const isOneThing = ({ type, run, approval }: { type?: unknown; run?: unknown; approval?: unknown }): boolean =>
  [type, run, approval].filter((part) => part !== undefined).length === 1;
const oneThing = { message: 'needs exactly one of type, run and approval', path: ['type'] };

/** One task of a workflow. `forEach` names a list; the step then has one task for each element. */
export const Step = named.refine(isOneThing, oneThing);
export type Step = z.infer<typeof Step>;

/** A step whose place is not its own to choose. */
export const MemberStep = named.omit({ dependsOn: true }).refine(isOneThing, oneThing);

/** A node of a graph: one task. */
export const NodeStep = named.omit({ forEach: true }).refine(isOneThing, oneThing);

/** What a mode asks one of its own tasks for: a step whose name and place are not its own to choose. */
export const TaskBody = named.omit({ id: true, forEach: true, dependsOn: true }).refine(isOneThing, oneThing);
export type TaskBody = z.infer<typeof TaskBody>;

/** A step that has more to say, as a mode's own shape adds it. */
export const stageBody = <Shape extends z.ZodRawShape>(shape: Shape) =>
  named.omit({ forEach: true, dependsOn: true }).extend(shape).refine(isOneThing, oneThing);

/** Several steps that run at once as one stage of a sequential workflow. */
export const StepGroup = z.strictObject({
  id: StepId,
  parallel: z.array(MemberStep).min(1).max(limits.stepsPerWorkflow),
  completion: Completion.default('all'),
});
export type StepGroup = z.infer<typeof StepGroup>;
