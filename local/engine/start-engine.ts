import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Running } from '../contract.ts';
import { createJsonClient, type JsonClient } from './engine-client.ts';
import { type EngineLocation, findEngine } from './find-engine.ts';
import { freePort } from './free-port.ts';
import { addStreamIndexes } from './stream-indexes.ts';

/** The running DynamoDB engine. */
export interface Engine extends Running {
  /** Address for clients: DynamoDB and DynamoDB Streams. */
  readonly endpoint: string;
  readonly client: JsonClient;
  /** The engine's database file; absent when it runs elsewhere (`DYNAMODB_ENDPOINT`). */
  readonly databasePath: string | undefined;
}

export interface EngineOptions {
  /** Where tables are kept. @default a temporary directory, removed at the end */
  readonly dataDirectory?: string | undefined;
  readonly location?: EngineLocation;
  /** Called when the engine ends although nobody stopped it. */
  readonly onUnexpectedExit?: (error: Error) => void;
}

const targetPrefix = 'DynamoDB_20120810';
const startLimitMs = 10_000;

/** Starts the engine, waits until it answers and adds its indexes. */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const location = options.location ?? findEngine();
  if (location.kind === 'endpoint') {
    const client = createJsonClient(location.url, targetPrefix, 'dynamodb');
    return { endpoint: location.url, client, databasePath: undefined, stop: async () => client.close() };
  }
  const isTemporary = options.dataDirectory === undefined;
  const directory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'dynamodb-'));
  mkdirSync(directory, { recursive: true });
  const databasePath = join(directory, 'tables.sqlite');
  const port = await freePort();
  const running = runGuarded(location.path, ['--port', String(port), '--db-path', databasePath], options);
  const endpoint = `http://127.0.0.1:${port}`;
  const client = createJsonClient(endpoint, targetPrefix, 'dynamodb');
  const stop = async (): Promise<void> => {
    client.close();
    await running.stop();
    if (isTemporary) rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilReady(client, running);
    addStreamIndexes(databasePath);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, client, databasePath, stop };
}

interface GuardedProcess extends Running {
  hasExited(): boolean;
}

function runGuarded(command: string, parameters: readonly string[], options: EngineOptions): GuardedProcess {
  const guardPath = fileURLToPath(new URL('guard.ts', import.meta.url));
  // A group of its own: Ctrl-C must not end the engine before the platform has put its last writes there.
  const guard: ChildProcess = spawn(process.execPath, [guardPath, command, ...parameters], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let enginePid = 0;
  let isStopping = false;
  const exited = once(guard, 'exit');
  guard.stdin?.on('error', () => undefined);
  if (guard.stdout !== null) {
    createInterface({ input: guard.stdout }).once('line', (line) => {
      enginePid = Number(/"pid":(\d+)/.exec(line)?.[1] ?? 0);
    });
  }
  guard.on('exit', (code) => {
    if (isStopping) return;
    if (enginePid > 0) killQuietly(enginePid);
    options.onUnexpectedExit?.(new Error(`the DynamoDB engine ended with code ${code ?? 'none'}`));
  });
  return {
    hasExited: () => guard.exitCode !== null || guard.signalCode !== null,
    async stop() {
      isStopping = true;
      guard.stdin?.end();
      await exited;
    },
  };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended before us, which is what was wanted.
  }
}

async function untilReady(client: JsonClient, running: GuardedProcess): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    if (running.hasExited()) throw new Error('the DynamoDB engine ended while starting');
    const answer = await client.call('ListTables', {}).catch((error: unknown) => error);
    if (!(answer instanceof Error)) return;
    if (Date.now() > deadline) throw new Error('the DynamoDB engine did not answer in time', { cause: answer });
    await wait(10);
  }
}
