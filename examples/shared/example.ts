import * as z from 'zod';
import type { Client, Json, RunView, WorkflowDefinitionInput } from '#sdk/index.ts';
import type { RunEvent } from './run-progress.ts';

/** What an example needs of its surroundings while it runs. */
export interface ExampleSurroundings {
  readonly client: Client;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
  /** Asked once for each thing that only a person may decide; left out, or without an answer, it stays open. */
  readonly decide?: (question: Question) => Promise<Answer | undefined>;
}

/** What a person is asked. */
export interface Question {
  readonly taskId: string;
  /** What there is to decide on. */
  readonly input: Json;
  readonly options: readonly string[];
}

/** What a person answers. */
export interface Answer {
  readonly decision: string;
  readonly comment?: string;
}

/** An example's result: for machines, and to read. */
export interface ExampleResult {
  readonly report: unknown;
  readonly text: string;
}

/** An example as `npm run example` knows it: its input checked, its result rendered. */
export interface Example {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** Files of the agents, one process each. */
  readonly agents: readonly URL[];
  /** An input that works as it stands. */
  readonly sample: unknown;
  /** @throws ZodError for an input of another shape, before anything starts */
  check(input: unknown): void;
  /** @throws {@link RunFailedError} */
  run(input: unknown, surroundings: ExampleSurroundings): Promise<ExampleResult>;
}

/** The parts that make an example. */
export interface ExampleParts<Input extends z.ZodType, Output extends z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly agents: readonly URL[];
  readonly sample: z.input<Input>;
  readonly input: Input;
  readonly output: Output;
  /** Stored in this order; the last one is run. */
  readonly workflows: readonly [...WorkflowDefinitionInput[], WorkflowDefinitionInput];
  /** What the workflow is given. @default the input as it is */
  readonly prepare?: (input: z.output<Input>) => Json | Promise<Json>;
  readonly title: (input: z.output<Input>) => string;
  readonly render: (output: z.output<Output>) => string;
}

/** A run ended otherwise than with a result. */
class RunFailedError extends Error {
  override readonly name = 'RunFailedError';
  readonly runId: string;
  readonly status: string;

  constructor(run: RunView) {
    const failed = run.steps.flatMap(({ step, tasks }) =>
      tasks
        .filter(({ status }) => ['FAILED', 'TIMED_OUT'].includes(status))
        .map((task) => `${step} (${task.taskId}) ${task.status}`),
    );
    const why = run.error === undefined ? '' : `: ${run.error.code}: ${run.error.message}`;
    super(`The run ${run.runId} ended ${run.status}${why}${failed.length > 0 ? `; ${failed.join(', ')}` : ''}`);
    this.runId = run.runId;
    this.status = run.status;
  }
}

/** Files `agents/<name>.ts` beside a module. */
export function agentFiles(moduleUrl: string, names: readonly string[]): URL[] {
  return names.map((name) => new URL(`agents/${name}.ts`, moduleUrl));
}

/** Makes an example that stores its workflows, runs the last, follows it and shows its output. */
export function defineExample<Input extends z.ZodType, Output extends z.ZodType>(
  parts: ExampleParts<Input, Output>,
): Example {
  const { name, summary, agents, sample } = parts;
  const parse = (input: unknown): z.output<Input> => parts.input.parse(input);
  return {
    name,
    summary,
    agents,
    sample,
    check: (input) => void parse(input),
    async run(raw, surroundings) {
      const input = parse(raw);
      const prepared = parts.prepare === undefined ? JsonValue.parse(input) : await parts.prepare(input);
      surroundings.onEvent?.({ kind: 'planned', title: parts.title(input) });
      const run = await runWorkflow(parts.workflows, prepared, surroundings);
      const report = parts.output.parse(run.output);
      return { report, text: parts.render(report) };
    },
  };
}

const JsonValue: z.ZodType<Json> = z.json();

/**
 * Stores workflows, runs the last of them and follows it to its end.
 * @throws {@link RunFailedError} when it does not succeed
 */
export async function runWorkflow(
  workflows: ExampleParts<z.ZodType, z.ZodType>['workflows'],
  input: Json,
  { client, onEvent, signal, decide }: ExampleSurroundings,
): Promise<RunView> {
  const options = signal === undefined ? {} : { signal };
  for (const workflow of workflows) await client.putWorkflow(workflow, options);
  const workflow = workflows.at(-1)?.name ?? '';
  const { runId } = await client.startRun({ workflow, input }, options);
  const unasked = new AbortController();
  const stopAsking =
    decide === undefined ? () => undefined : askPeople(client, runId, decide, (error) => unasked.abort(error));
  const watching = { signal: signal === undefined ? unasked.signal : AbortSignal.any([signal, unasked.signal]) };
  try {
    for await (const update of client.watchRun(runId, watching)) onEvent?.(update);
  } finally {
    stopAsking();
  }
  const run = await client.getRun(runId, options);
  if (run.status !== 'SUCCEEDED') throw new RunFailedError(run);
  return run;
}

const askEveryMs = 500;
const Terms = z.looseObject({ options: z.array(z.string()) });

/** Asks for each open approval of a run, once, until it is told to stop, or who is asked cannot answer. */
function askPeople(
  client: Client,
  runId: string,
  decide: NonNullable<ExampleSurroundings['decide']>,
  giveUp: (error: unknown) => void,
): () => void {
  const asked = new Set<string>();
  const look = async (): Promise<void> => {
    const { items } = await client.listApprovals({ open: true });
    for (const { taskId, input, approval, ...task } of items) {
      if (task.runId !== runId || asked.has(taskId)) continue;
      asked.add(taskId);
      const question = { taskId, input, options: Terms.safeParse(approval).data?.options ?? [] };
      const answer = await Promise.resolve(decide(question)).catch(giveUp);
      if (answer !== undefined) await client.answerApproval(taskId, answer);
    }
  };
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    // What fails is asked for again at the next look.
    looking ??= look()
      .catch(() => undefined)
      .finally(() => (looking = undefined));
  }, askEveryMs);
  return () => clearInterval(timer);
}
