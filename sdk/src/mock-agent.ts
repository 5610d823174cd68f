import { randomUUID } from 'node:crypto';
import { TaskId } from '../../core/contract/ids.ts';
import type { Json } from '../../core/contract/json.ts';
import type { AssignedTask, TaskSubmissionInput } from '../../core/contract/task.ts';
import { MusterError } from './errors.ts';
import { encodeJson, parseJson } from './json.ts';
import { MockMessages } from './mock-messages.ts';
import {
  HandOff,
  type ResultDetails,
  type Subtask,
  type TaskContext,
  type TaskHandler,
  WaitForSubtasks,
} from './task-context.ts';

interface MockedPlatform {
  readonly subtaskOutput?: Json;
  /** Values of the secrets that its tasks name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What other agents reply to its requests, by agent: a content, or a function from the request's content to one. */
  readonly replies?: Readonly<Record<string, unknown>>;
}

/** What a mock agent answers: a fixed output or a handler of its own. */
export type MockAgentOptions = MockedPlatform &
  ({ readonly output: unknown; readonly handler?: never } | { readonly handler: TaskHandler; readonly output?: never });

/** An agent for tests: works without a platform and remembers what it was asked. */
export class MockAgent {
  /** Every task it was called with, in order. */
  readonly calledWith: AssignedTask[] = [];
  /** Percentages, messages, milestones, chunks and work states that the handler reported, in order. */
  readonly reported: {
    percent?: number;
    message?: string;
    milestone?: string;
    chunk?: unknown;
    workState?: Json;
  }[] = [];
  /** The subtasks that it submitted; each succeeded at once with `subtaskOutput`. */
  readonly submitted: TaskSubmissionInput[] = [];
  /** What it asked of other agents and of people; each succeeded at once with `subtaskOutput`. */
  readonly asked: object[] = [];
  /** For what uses an agent's messages: what was sent, and a way to hand in what others send. */
  readonly messages: MockMessages;
  /** What it returned last, as it would travel; before the first call what it was told to return. */
  output: Json;
  readonly #handler: TaskHandler;
  readonly #subtaskOutput: Json;
  readonly #secrets: ReadonlyMap<string, string>;

  constructor(options: MockAgentOptions) {
    this.output = asJson(options.output);
    this.#subtaskOutput = options.subtaskOutput ?? null;
    this.messages = new MockMessages(options.replies);
    this.#secrets = new Map(Object.entries(options.secrets ?? {}));
    this.#handler = options.handler ?? (() => options.output);
  }

  /** For `agent.handle(type, mock.handler)`: the real agent's tasks are remembered too. */
  readonly handler: TaskHandler = async (task, context) => {
    this.calledWith.push(task);
    this.output = asJson(await this.#handler(task, context));
    return this.output;
  };

  /** Does a task in this process; what the handler throws is thrown. */
  async run(task: TaskSubmissionInput, options: { readonly signal?: AbortSignal } = {}): Promise<Json> {
    const taskId = TaskId.parse(`tsk_${randomUUID()}`);
    const { kind = 'work', input = null, priority = 'normal', type } = task;
    await this.handler({ taskId, kind, type, input, priority }, this.#context(taskId, options.signal));
    return this.output;
  }

  async #ask(request: object): Promise<Subtask> {
    this.asked.push(request);
    return this.#subtask();
  }

  #subtask(): Subtask {
    const outcome = { taskId: `tsk_${randomUUID()}`, status: 'SUCCEEDED', output: this.#subtaskOutput };
    return { ...outcome, outcome: Promise.resolve(outcome) };
  }

  #context(taskId: string, signal: AbortSignal = new AbortController().signal): TaskContext {
    return {
      signal,
      attempt: 1,
      idempotencyKey: `${taskId}#1`,
      deadline: Number.MAX_SAFE_INTEGER,
      progress: (percent, message) => {
        const said = message === undefined ? {} : { message };
        this.reported.push({ ...(percent === undefined ? {} : { percent }), ...said });
      },
      milestone: (milestone, percent) => {
        this.reported.push({ ...(percent === undefined ? {} : { percent }), milestone });
      },
      chunk: (chunk) => {
        this.reported.push({ chunk });
      },
      checkpoint: async (workState) => {
        this.reported.push({ workState });
      },
      secret: async (name) => {
        const value = this.#secrets.get(name);
        if (value === undefined) throw new MusterError(`There is no secret ${name}.`, { code: 'NOT_FOUND' });
        return value;
      },
      details: (_details: ResultDetails) => undefined,
      submit: async (subtask) => {
        this.submitted.push(subtask);
        return this.#subtask();
      },
      collaborate: (request) => this.#ask(request),
      requestResource: (request) => this.#ask(request),
      escalate: (request) => this.#ask(request),
      handOff: (said) => new HandOff(said),
      waitFor: (subtasks, workState) =>
        new WaitForSubtasks(
          subtasks.map((subtask) => subtask.taskId),
          workState,
        ),
    };
  }
}

/**
 * Runs mock agents one after the other, each on the output of the one before: coordination in a unit test. The first
 * that throws ends the pipeline with its error; those after it are not called.
 */
export const runPipeline = async (
  stages: readonly { readonly type: string; readonly agent: MockAgent }[],
  input: Json,
): Promise<Json> => {
  let value = input;
  for (const { type, agent } of stages) value = await agent.run({ type, input: value });
  return value;
};

const asJson = (value: unknown): Json => parseJson(encodeJson(value, 'output').text);
