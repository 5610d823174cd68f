import { type ChildProcess, spawn } from 'node:child_process';
import { exitCodes } from './exit-codes.ts';
import { CliError } from './failure.ts';
import type { Surroundings } from './surroundings.ts';

/** A program that is started and waited for. */
export interface Program {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Given its standard output; without it that is this command's own. */
  readonly onOutput?: (text: string) => void;
}

const waitFor = (child: ChildProcess, { command }: Program): Promise<number> =>
  new Promise((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new CliError(`${command} could not be started: ${cause.message}`, { exitCode: exitCodes.child, cause })),
    );
    child.on('close', (code, signal) => resolve(code ?? (signal === null ? exitCodes.failed : exitCodes.interrupted)));
  });

/**
 * Runs a program to its end; Ctrl-C is passed on to it. Answers its exit code, or interrupted when this command was.
 * @throws {@link CliError} when it cannot be started
 */
export const runProgram = async (
  program: Program,
  { onInterrupt }: Pick<Surroundings, 'onInterrupt'>,
): Promise<number> => {
  const { command, parameters, directory, env, onOutput } = program;
  const child = spawn(command, parameters, {
    cwd: directory,
    env,
    stdio: ['inherit', onOutput === undefined ? 'inherit' : 'pipe', 'inherit'],
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => onOutput?.(text));
  let isInterrupted = false;
  const stopListening = onInterrupt(() => {
    isInterrupted = true;
    child.kill('SIGTERM');
  });
  try {
    const code = await waitFor(child, program);
    return isInterrupted ? exitCodes.interrupted : code;
  } finally {
    stopListening();
  }
};
