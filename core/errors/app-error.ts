import type { ErrorCode } from '../contract/error-codes.ts';
import { errorCodes } from '../contract/error-codes.ts';

/** What a caller can act on beside code and message. */
export interface ErrorDetails {
  /** Path of the field at fault, dotted. */
  readonly field?: string;
  /** The limit that was passed. */
  readonly limit?: number;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Everything that Muster refuses. `message` says what happened, which field or limit, and what to do. */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly limit: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryable = errorCodes[code].retryable;
    this.field = details.field;
    this.limit = details.limit;
    this.retryAfterMs = details.retryAfterMs;
  }
}
