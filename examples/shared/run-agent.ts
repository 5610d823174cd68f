import * as z from 'zod';
import { Agent, type AgentOptions, type TaskHandler } from '#sdk/index.ts';

/** One of an example's agents. */
export interface ExampleAgent {
  readonly name: string;
  readonly capabilities: NonNullable<AgentOptions['capabilities']>;
  /** By task type. */
  readonly handlers: Readonly<Record<string, TaskHandler>>;
  /** Tasks at a time; a process has one thread. @default 2 */
  readonly maxConcurrency?: number;
  readonly labels?: NonNullable<AgentOptions['labels']>;
}

/** Written to standard output once the agent is registered. */
export const readyLine = 'ready';

/** With this set to 1 the process ends when its standard input does, so that it never outlives what started it. */
const parentVariable = 'MUSTER_EXIT_WITH_PARENT';

/** What whoever starts an agent may change of it, as JSON in MUSTER_AGENT_CONFIG. */
const Config = z.strictObject({
  maxConcurrency: z.int().min(1).optional(),
  labels: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/** Work in hand may take this long after the process was told to end. */
const drainMs = 5000;

/**
 * Runs an agent as this process until a signal, or the end of standard input when the parent asked for that. Reads
 * MUSTER_URL (the WebSocket address), MUSTER_API_KEY and optionally MUSTER_AGENT_NAME, MUSTER_AGENT_CONFIG and
 * MUSTER_ENCODING (json, binary).
 */
export async function runAgent({
  name,
  capabilities,
  handlers,
  maxConcurrency = 2,
  labels,
}: ExampleAgent): Promise<void> {
  const { MUSTER_URL: url, MUSTER_API_KEY: apiKey, MUSTER_AGENT_NAME: ownName = name } = process.env;
  if (url === undefined || apiKey === undefined) {
    process.stderr.write('Set MUSTER_URL to the WebSocket address and MUSTER_API_KEY to a key of the platform.\n');
    process.exitCode = 2;
    return;
  }
  const config = readConfig();
  const encoding = readEncoding();
  if (config === undefined || encoding === undefined) return;
  const agent = new Agent({
    url,
    apiKey,
    encoding,
    name: ownName,
    type: name,
    capabilities,
    maxConcurrency,
    ...(labels === undefined ? {} : { labels }),
    ...config,
  });
  for (const [taskType, handler] of Object.entries(handlers)) agent.handle(taskType, handler);
  agent.on('retrying', ({ error }) => log(`not connected yet: ${error.message}`));
  agent.on('disconnected', ({ reason }) => log(`disconnected: ${reason}`));
  agent.on('error', (error) => log(error.message));
  agent.on('stopped', ({ error }) => {
    if (error !== undefined) log(error.message);
    process.exit(error === undefined ? 0 : 1);
  });
  endWithParentOrSignal(agent);
  try {
    await agent.start();
    process.stdout.write(`${readyLine}\n`);
  } catch {
    // The `stopped` event has said why.
  }
}

function readConfig(): z.infer<typeof Config> | undefined {
  try {
    return Config.parse(JSON.parse(process.env['MUSTER_AGENT_CONFIG'] ?? '{}'));
  } catch (error) {
    log(`MUSTER_AGENT_CONFIG: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`);
    process.exitCode = 2;
    return undefined;
  }
}

function readEncoding(): 'json' | 'binary' | undefined {
  const { MUSTER_ENCODING: encoding = 'json' } = process.env;
  if (encoding === 'json' || encoding === 'binary') return encoding;
  process.stderr.write(`MUSTER_ENCODING is json or binary, not ${encoding}.\n`);
  process.exitCode = 2;
  return undefined;
}

function endWithParentOrSignal(agent: Agent): void {
  let isEnding = false;
  const end = (): void => {
    if (isEnding) process.exit(1);
    isEnding = true;
    setTimeout(() => void agent.stop(), drainMs).unref();
    void agent.drain();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (process.env[parentVariable] !== '1') return;
  process.stdin.resume();
  process.stdin.on('close', () => void agent.stop());
}

function log(message: string): void {
  process.stderr.write(`${message}\n`);
}
