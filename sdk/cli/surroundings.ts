import { homedir } from 'node:os';
import { realTimers, type Timers } from '../src/timers.ts';

/** Where a command writes; a process's standard output or error fits. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where a command reads; a process's standard input fits. */
export interface InputStream extends AsyncIterable<unknown> {
  readonly isTTY?: boolean;
}

/** All that a command knows of the machine it runs on; tests give their own. */
export interface Surroundings {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly home: string;
  readonly timers: Timers;
  /** Told of Ctrl-C and of the end of npm, where that started this; the answer stops listening. */
  onInterrupt(listener: () => void): () => void;
  /** How to start this command anew, as a process of its own. */
  readonly self: readonly [string, ...string[]];
}

/** A terminal that does not know its size says 0, at which no library can draw. */
const giveSize = (stream: NodeJS.WriteStream): NodeJS.WriteStream => {
  if (!stream.isTTY) return stream;
  stream.columns ||= 80;
  stream.rows ||= 24;
  return stream;
};

/** Who started this process. */
const parent = process.ppid;
const parentCheckMs = 500;

/**
 * npm and npx pass no signal on when they are ended: what they started then has another parent. Anything else that starts a
 * command may end before it, as a shell does whose command goes on in the background.
 */
const onLostParent = (listener: () => void): (() => void) => {
  if (process.env['npm_lifecycle_event'] === undefined) return () => undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    listener();
  }, parentCheckMs);
  timer.unref();
  return () => clearInterval(timer);
};

/** The surroundings of this process, which was started with `entry`. */
export const surroundingsOf = (entry: string): Surroundings => ({
  stdin: process.stdin,
  stdout: giveSize(process.stdout),
  stderr: giveSize(process.stderr),
  env: process.env,
  directory: process.cwd(),
  home: homedir(),
  timers: realTimers,
  onInterrupt(listener) {
    process.once('SIGINT', listener);
    process.once('SIGTERM', listener);
    const stopWatching = onLostParent(listener);
    return () => {
      stopWatching();
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    };
  },
  self: [process.execPath, entry],
});
