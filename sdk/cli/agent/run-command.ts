import { spawn } from 'node:child_process';
import type { Json } from '../../../core/contract/json.ts';
import { limits } from '../../../core/contract/limits.ts';
import { TaskFailure } from '../../src/errors.ts';
import { parseJson } from '../../src/json.ts';
import type { TaskHandler } from '../../src/task-context.ts';
import type { Surroundings } from '../surroundings.ts';

/** How much of what a program says on standard error is told. */
const toldBytes = 1000;

/** What a program printed: JSON when it is that, else text. */
const outputOf = (text: string): Json => {
  try {
    return parseJson(text);
  } catch {
    return text.trimEnd();
  }
};

/** A program needs no key to do its task. */
const withoutKey = (env: Surroundings['env']): Surroundings['env'] => ({ ...env, MUSTER_API_KEY: undefined });

/**
 * A handler that runs a program for each task: the input as JSON on standard input, the output from standard output. A program
 * that ends otherwise than with 0 fails the attempt; one that is no longer wanted is ended.
 */
export const runCommand =
  (
    [command, ...parameters]: readonly [string, ...string[]],
    { directory, env }: Pick<Surroundings, 'directory' | 'env'>,
  ): TaskHandler =>
  (task, context) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, parameters, {
        cwd: directory,
        signal: context.signal,
        env: {
          ...withoutKey(env),
          MUSTER_TASK_ID: task.taskId,
          MUSTER_TASK_TYPE: task.type,
          MUSTER_ATTEMPT: String(context.attempt),
          MUSTER_IDEMPOTENCY_KEY: context.idempotencyKey,
        },
      });
      let output = '';
      let complaint = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.length <= limits.payloadBytes) return;
        child.kill();
        reject(
          new TaskFailure('OUTPUT_TOO_LARGE', `More than ${limits.payloadBytes} bytes of output`, { retryable: false }),
        );
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint = (complaint + text).slice(-toldBytes);
      });
      // A program that does not read its input may be gone before it is written.
      child.stdin.on('error', () => undefined);
      child.stdin.end(JSON.stringify(task.input));
      child.on('error', (cause) => reject(new TaskFailure('COMMAND_NOT_STARTED', cause.message, { cause })));
      child.on('close', (code, signal) => {
        if (code === 0) resolve(outputOf(output));
        else
          reject(new TaskFailure('COMMAND_FAILED', `${command} ended with ${code ?? signal}: ${complaint}`.trimEnd()));
      });
    });
