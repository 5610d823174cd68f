import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { AgentRegistration } from '../../../core/contract/agent.ts';
import type { TaskHandler } from '../../src/task-context.ts';
import { CliError } from '../failure.ts';
import type { Surroundings } from '../surroundings.ts';
import { callEndpoint } from './call-endpoint.ts';
import { runCommand } from './run-command.ts';

/** What every template may be told of the agent: what it registers with. */
const registration = AgentRegistration.omit({ agentId: true, name: true, type: true, resume: true }).partial().shape;

const Echo = z.strictObject({ ...registration });
const Command = z.strictObject({
  ...registration,
  command: z.tuple([z.string().min(1)], z.string()).describe('program and parameters'),
});
const Endpoint = z.strictObject({
  ...registration,
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).default({}),
});
const Module = z.strictObject({ ...registration, module: z.string().min(1) });

const Handlers = z.record(
  z.string(),
  z.custom<TaskHandler>((value) => typeof value === 'function', 'must be a function'),
);

type Registration = z.infer<typeof Echo>;

/** An agent of a template: what it registers with, and what it does with tasks by their type. */
export interface PreparedAgent {
  readonly registration: Registration;
  readonly handlers: Readonly<Record<string, TaskHandler>>;
}

/** A kind of agent that needs no code of its own, or little. */
export interface Template {
  readonly summary: string;
  readonly example: unknown;
  /** @throws ZodError for a configuration of another shape, {@link CliError} for one that cannot be had */
  prepare(config: unknown, surroundings: Surroundings): Promise<PreparedAgent>;
}

const loadHandlers = async (module: string, { directory }: Surroundings): Promise<PreparedAgent['handlers']> => {
  const path = resolve(directory, module);
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (cause) {
    throw new CliError(`module: ${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  const exported = z.looseObject({ handlers: Handlers }).safeParse(loaded);
  if (exported.success) return exported.data.handlers;
  throw new CliError(`module: ${path} does not export handlers`, {
    hint: 'export const handlers = { review: async (task, context) => … } by task type; "*" takes every other type.',
  });
};

/** The templates, by name. */
export const templates: Readonly<Record<string, Template>> = {
  echo: {
    summary: 'answers each task with its own input',
    example: { maxConcurrency: 10 },
    async prepare(config) {
      return { registration: Echo.parse(config), handlers: { '*': (task) => task.input } };
    },
  },
  command: {
    summary: 'runs a program for each task: input on standard input, output from standard output',
    example: { capabilities: ['count'], command: ['wc', '-c'] },
    async prepare(config, surroundings) {
      const { command, ...rest } = Command.parse(config);
      return { registration: rest, handlers: { '*': runCommand(command, surroundings) } };
    },
  },
  http: {
    summary: 'posts each task to an address and takes its answer for the output',
    example: { capabilities: ['review'], url: 'http://127.0.0.1:8080/tasks' },
    async prepare(config) {
      const { url, headers, ...rest } = Endpoint.parse(config);
      return { registration: rest, handlers: { '*': callEndpoint(url, headers) } };
    },
  },
  module: {
    summary: 'has the handlers of a JavaScript module of yours, by task type',
    example: { capabilities: ['review'], module: './handlers.mjs' },
    async prepare(config, surroundings) {
      const { module, ...rest } = Module.parse(config);
      return { registration: rest, handlers: await loadHandlers(module, surroundings) };
    },
  },
};
