import * as z from 'zod';
import type { Client, Json, RunView, WorkflowDefinitionInput } from '#sdk/index.ts';
import type { RunEvent } from './run-progress.ts';

/** What an example needs of its surroundings while it runs. */
export interface ExampleSurroundings {
  readonly client: Client;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
  /** Asked where only a person may decide; left out, nobody does. */
  readonly decide?: (question: Question) => Promise<Decision>;
}

/** What a person is asked. */
export interface Question {
  readonly title: string;
  readonly details: string;
}

/** What a person answers. */
export interface Decision {
  readonly approved: boolean;
  readonly by: string;
  readonly reason?: string;
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
export class RunFailedError extends Error {
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
  { client, onEvent, signal }: ExampleSurroundings,
): Promise<RunView> {
  const options = signal === undefined ? {} : { signal };
  for (const workflow of workflows) await client.putWorkflow(workflow, options);
  const workflow = workflows.at(-1)?.name ?? '';
  const { runId } = await client.startRun({ workflow, input }, options);
  for await (const update of client.watchRun(runId, options)) onEvent?.(update);
  const run = await client.getRun(runId, options);
  if (run.status !== 'SUCCEEDED') throw new RunFailedError(run);
  return run;
}
