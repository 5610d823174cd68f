import { Client } from '#sdk/index.ts';
import type { ExampleSurroundings } from '../examples/shared/example.ts';
import { createProgress, type ProgressStream } from '../examples/shared/progress.ts';
import { startAgents } from '../examples/shared/start-agents.ts';
import { type BootOptions, bootPlatform, type LocalMuster, stopOnSignal } from './boot-platform.ts';

/** Tells whoever gave the command; standard output is for results. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** The platform and agents that are connected to it. */
export interface Fleet {
  readonly muster: LocalMuster;
  readonly stop: () => Promise<void>;
}

/** Of {@link startFleet}. */
export interface FleetOptions extends Pick<BootOptions, 'port' | 'dataDirectory'> {
  /** Files, one process each. */
  readonly agents: readonly URL[];
  /** Equal processes of each. */
  readonly copies: number;
  /** Whether what the functions log is told. */
  readonly verbose: boolean;
}

/** Boots the platform and connects agents as processes of their own; all of it ends with this process, and on a signal. */
export const startFleet = async ({ agents, copies, verbose, ...boot }: FleetOptions): Promise<Fleet> => {
  let stopAgents = async (): Promise<void> => undefined;
  const booting = bootPlatform({ ...boot, log: verbose ? say : () => undefined, progress: say });
  const stop = async (): Promise<void> => {
    await stopAgents();
    await (await booting).stop();
  };
  stopOnSignal(stop);
  const muster = await booting;
  say('Connecting the agents …');
  try {
    const started = await startAgents({ url: muster.ws, apiKey: muster.apiKey, agents, copies });
    stopAgents = () => started.stop();
    say(`${started.processes.length} agents are connected.`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { muster, stop };
};

/** Runs something on a platform and shows how it goes. */
export const showRun = async <Result>(
  { http, ws, apiKey }: LocalMuster,
  stream: ProgressStream,
  run: (surroundings: ExampleSurroundings) => Promise<Result>,
): Promise<Result> => {
  const client = new Client({ url: http, socketUrl: ws, apiKey });
  const progress = createProgress({ stream });
  try {
    return await run({ client, onEvent: (event) => progress.onEvent(event) });
  } finally {
    progress.end();
    client.close();
  }
};
