import { CommanderError } from 'commander';
import * as z from 'zod';
import { MusterError, toError } from '../src/errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/** What went wrong, in words for the one who typed: what happened, and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, { exitCode = exitCodes.usage, hint, cause }: CliErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** Of a {@link CliError}. */
export interface CliErrorOptions {
  /** @default usage */
  readonly exitCode?: ExitCode | undefined;
  /** What to do. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** An error as it is shown. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly field?: string | undefined;
  readonly limit?: number | undefined;
  readonly hint?: string | undefined;
  readonly exitCode: ExitCode;
}

const exitCodeOf = ({ code, status, retryable }: MusterError): ExitCode => {
  if (code === 'INVALID_OPTION') return exitCodes.usage;
  if (code === 'WAIT_TIMEOUT') return exitCodes.failed;
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return exitCodes.notAllowed;
  if (code === 'NOT_FOUND') return exitCodes.notFound;
  if (code === 'CONFLICT') return exitCodes.refused;
  if (retryable || code === 'UNEXPECTED_RESPONSE' || (status ?? 0) >= 500) return exitCodes.unavailable;
  return exitCodes.refused;
};

const hints: Readonly<Record<string, string>> = {
  UNAUTHENTICATED:
    'The key is not known, ended or revoked. `muster login` stores another; `muster doctor` looks closer.',
  FORBIDDEN:
    'The key is unknown, ended or revoked, or its role may not do it. `muster login` stores another; `muster doctor` looks closer.',
  UNAVAILABLE: 'Is the platform up, and the address right? `muster doctor` looks; `muster dev` starts one here.',
  UNEXPECTED_RESPONSE:
    'Something else than Muster answers at this address, or a version that this command does not know.',
  RATE_LIMITED: 'Wait a little. An administrator can raise the quota.',
  QUOTA_EXCEEDED:
    'Let work end first, or have an administrator raise the quota. `muster doctor` shows how much is used.',
  DELEGATION_LIMIT: 'Do the work in fewer, larger tasks, or have an administrator raise the quota.',
  SHUTTING_DOWN: 'The tenant takes no new work until it is opened again (POST /v1/system/initialize).',
  WAIT_TIMEOUT: 'The work goes on; only the wait has ended.',
  IDEMPOTENCY_MISMATCH: 'Use another --key, or send the very same request again.',
};

const ofMuster = (error: MusterError): Failure => ({
  code: error.code,
  message: error.message,
  field: error.field,
  limit: error.limit,
  hint: hints[error.code],
  exitCode: exitCodeOf(error),
});

/** What is shown of whatever was thrown. */
export const failureOf = (thrown: unknown): Failure => {
  if (thrown instanceof CliError) {
    const { message, hint, exitCode } = thrown;
    return { code: 'CLI', message, hint, exitCode };
  }
  if (thrown instanceof MusterError) return ofMuster(thrown);
  if (thrown instanceof CommanderError) {
    const message = thrown.message.replace(/^error: /, '');
    return { code: 'USAGE', message, exitCode: thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage };
  }
  if (thrown instanceof z.ZodError)
    return { code: 'USAGE', message: z.prettifyError(thrown), exitCode: exitCodes.usage };
  const error = toError(thrown);
  if ('code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
    return {
      code: 'CLI',
      message: `Not everything that muster needs is installed: ${error.message}`,
      hint: '`npm install` where muster was installed puts back what is missing.',
      exitCode: exitCodes.usage,
    };
  return { code: 'UNEXPECTED', message: error.message, exitCode: exitCodes.failed };
};
