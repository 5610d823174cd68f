import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Json } from '../../../core/contract/json.ts';
import { pause, type Timers } from '../../src/timers.ts';
import type { Cli } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { printable } from '../format.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import {
  type AgentRecord,
  agentFile,
  agentFolder,
  isAlive,
  readRecords,
  removeRecord,
  writeRecord,
} from './agent-records.ts';
import type { AgentType } from './agent-type.ts';
import { type Identity, readyLine, socketUrlOf } from './host-agent.ts';

const readyMs = 30_000;
const lookMs = 50;
const toldLines = 8;

/** How an agent's process is started. */
export interface Start {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A program gets all it needs by its environment; a template is this very command, in the foreground. */
export const startOf = async (
  found: AgentType,
  { name, config }: Identity & { readonly config: Json },
  cli: Cli,
): Promise<Start> => {
  const { self, env } = cli.surroundings;
  const { url, apiKey } = await socketUrlOf(cli);
  // Not as parameters, which everybody on this machine may read: an address may need a header that is a secret.
  const own = {
    ...env,
    MUSTER_URL: url,
    MUSTER_SOCKET_URL: url,
    MUSTER_API_KEY: apiKey,
    MUSTER_PROFILE: '',
    MUSTER_AGENT_CONFIG: JSON.stringify(config),
  };
  if (found.kind === 'program') {
    return { command: found.node, parameters: [found.file], env: { ...own, MUSTER_AGENT_NAME: name } };
  }
  const [command, ...entry] = self;
  const words = ['agents', 'spawn', '--foreground', '--type', found.name, '--name', name];
  return { command, parameters: [...entry, ...words], env: own };
};

const refuseDouble = async (name: string, { surroundings }: Cli): Promise<void> => {
  const running = (await readRecords(surroundings)).find((record) => record.name === name && isAlive(record));
  if (running === undefined) return;
  throw new CliError(`An agent ${name} runs here already, as process ${running.pid}.`, {
    exitCode: exitCodes.refused,
    hint: `Give the new one another --name, or stop the other: muster agent stop ${name}`,
  });
};

const lastWords = (log: string): string => log.trimEnd().split('\n').slice(-toldLines).map(printable).join('\n  ');

/** Until the agent has said that it is registered. @throws {@link CliError} with its last words when it ends before, or is late */
const untilReady = async (
  record: AgentRecord,
  hasEnded: () => boolean,
  { timers, signal }: { readonly timers: Timers; readonly signal: AbortSignal },
): Promise<void> => {
  const endsAt = performance.now() + readyMs;
  for (;;) {
    const isOver = hasEnded() || performance.now() >= endsAt;
    const log = await readFile(record.log, 'utf8');
    if (log.split('\n').includes(readyLine)) return;
    if (isOver) {
      const what = hasEnded() ? 'ended' : `was not registered within ${readyMs / 1000} s`;
      throw new CliError(`The agent ${record.name} ${what}:\n  ${lastWords(log)}`, { exitCode: exitCodes.child });
    }
    signal.throwIfAborted();
    await pause(timers, lookMs, signal);
  }
};

/**
 * Starts an agent as a process of its own, which stays when this command ends. Resolves once it is registered.
 * @throws {@link CliError} when it does not come up, or on Ctrl-C; its process is gone then
 */
export const spawnAgent = async (
  { name, type }: Identity,
  { command, parameters, env }: Start,
  cli: Cli,
): Promise<AgentRecord> => {
  const { surroundings } = cli;
  await refuseDouble(name, cli);
  mkdirSync(agentFolder(surroundings), { recursive: true, mode: 0o700 });
  const log = agentFile(surroundings, name, 'log');
  const file = openSync(log, 'w', 0o600);
  const child = spawn(command, parameters, {
    cwd: surroundings.directory,
    env,
    detached: true,
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  let hasEnded = false;
  child.on('error', () => (hasEnded = true));
  child.on('exit', () => (hasEnded = true));
  const { pid } = child;
  if (pid === undefined) throw new CliError(`${command} could not be started.`, { exitCode: exitCodes.child });
  const mark = parameters.at(-1) ?? command;
  const record: AgentRecord = { name, type, pid, mark, log, startedAt: surroundings.timers.now() };
  await writeRecord(surroundings, record);
  try {
    const { timers } = surroundings;
    await untilInterrupted(cli, (signal) => untilReady(record, () => hasEnded, { timers, signal }));
  } catch (error) {
    child.kill();
    await removeRecord(surroundings, name);
    throw error;
  }
  child.unref();
  return record;
};

const stopMs = 10_000;

/** Lets an agent that was started here finish what it has; after a grace it is ended. False when it had ended by itself. */
export const stopAgent = async (record: AgentRecord, { surroundings }: Pick<Cli, 'surroundings'>): Promise<boolean> => {
  const wasAlive = isAlive(record);
  if (wasAlive) process.kill(record.pid, 'SIGTERM');
  const endsAt = performance.now() + stopMs;
  while (isAlive(record)) {
    if (performance.now() >= endsAt) process.kill(record.pid, 'SIGKILL');
    await pause(surroundings.timers, lookMs);
  }
  await removeRecord(surroundings, record.name);
  return wasAlive;
};
