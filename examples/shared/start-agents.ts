import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readyLine } from './run-agent.ts';

/** Which agents to start, and where they connect. */
export interface StartAgentsOptions {
  /** WebSocket address of the platform. */
  readonly url: string;
  readonly apiKey: string;
  /** The files of the agents, one process each; an agent is named as its file. */
  readonly agents: readonly URL[];
  /** Equal processes of each agent, named `syntax`, `syntax-2`, … @default 1 */
  readonly copies?: number;
  /** @default 30000 */
  readonly readyMs?: number;
  /** Told of an agent that ended unasked, with its last words. @default written to standard error, prefixed */
  readonly onFailure?: (name: string, lines: readonly string[]) => void;
}

/** One agent's process. */
export interface AgentProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly exited: Promise<number | null>;
}

/** Agents that are connected. */
export interface StartedAgents {
  readonly processes: readonly AgentProcess[];
  /** Lets all finish what they have; after a grace they are ended. */
  stop(): Promise<void>;
  /** Ends one at once, as a crash would; false when there is none of that name. */
  kill(name: string): boolean;
}

interface Child extends AgentProcess {
  readonly process: ChildProcess;
  readonly lines: string[];
  isAsked: boolean;
  readonly ready: Promise<void>;
}

/** Half of what starting an agent takes is compiling the same sources. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url));
const keptLines = 50;
/** Longer than an agent's own drain. */
const graceMs = 8000;

/**
 * Starts agents as processes of their own and waits until all are registered. They end with this process, however it ends.
 * @throws when one of them does not come up; the others are ended then.
 */
export async function startAgents(options: StartAgentsOptions): Promise<StartedAgents> {
  const { agents, copies = 1, readyMs = 30_000 } = options;
  const children = agents.flatMap((agent) => {
    const name = basename(agent.pathname, '.ts');
    return Array.from({ length: copies }, (_, copy) =>
      startChild(agent, copy === 0 ? name : `${name}-${copy + 1}`, options),
    );
  });
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(stopChild));
  };
  try {
    await withinMs(readyMs, Promise.all(children.map((child) => child.ready)));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    processes: children,
    stop,
    kill(name) {
      const child = children.find((each) => each.name === name);
      if (child === undefined) return false;
      child.isAsked = true;
      return child.process.kill('SIGKILL');
    },
  };
}

function startChild(agent: URL, name: string, options: StartAgentsOptions): Child {
  const { url, apiKey, onFailure = writeFailure } = options;
  const worker = spawn(process.execPath, [fileURLToPath(agent)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      NODE_COMPILE_CACHE: compileCache,
      ...process.env,
      MUSTER_URL: url,
      MUSTER_API_KEY: apiKey,
      MUSTER_AGENT_NAME: name,
      MUSTER_EXIT_WITH_PARENT: '1',
    },
  });
  const lines: string[] = [];
  const exited = new Promise<number | null>((resolve) => {
    worker.on('error', () => resolve(null));
    worker.on('close', (code) => resolve(code));
  });
  const ready = new Promise<void>((resolve, reject) => {
    const keep = (line: string): void => {
      if (line === readyLine) resolve();
      else if (lines.push(line) > keptLines) lines.shift();
    };
    for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on('line', keep);
    void exited.then((code) => reject(new Error(`The agent ${name} ended with ${code}: ${lines.join('; ')}`)));
  });
  // Writing to a process that has just ended is no news: `exited` tells.
  worker.stdin.on('error', () => undefined);
  const child: Child = { name, pid: worker.pid, exited, process: worker, lines, isAsked: false, ready };
  // Ctrl-C reaches the agents too; they then end in good order before anybody asks.
  void exited.then((code) => (child.isAsked || code === 0 ? undefined : onFailure(name, lines)));
  return child;
}

async function stopChild(child: Child): Promise<void> {
  child.isAsked = true;
  child.process.kill('SIGTERM');
  const kill = setTimeout(() => child.process.kill('SIGKILL'), graceMs);
  await child.exited;
  clearTimeout(kill);
}

async function withinMs(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The agents were not connected within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function writeFailure(name: string, lines: readonly string[]): void {
  for (const line of [...lines, 'ended unexpectedly']) process.stderr.write(`[${name}] ${line}\n`);
}
