/** What a {@link MusterError} says beyond its message. */
export interface MusterErrorDetails {
  readonly code: string;
  readonly retryable?: boolean | undefined;
  /** HTTP status, when the error came over HTTP or from the handshake. */
  readonly status?: number | undefined;
  /** Path of the field that was refused. */
  readonly field?: string | undefined;
  /** The limit that was exceeded. */
  readonly limit?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Every error of the platform and of this SDK: decide by `code`; `retryable` says whether the same may work later. */
export class MusterError extends Error {
  override readonly name: string = 'MusterError';
  readonly code: string;
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly field: string | undefined;
  readonly limit: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: MusterErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.retryable = details.retryable ?? false;
    this.status = details.status;
    this.field = details.field;
    this.limit = details.limit;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Something is larger than Muster carries; refused before it is sent, never retried. */
export class PayloadTooLargeError extends MusterError {
  override readonly name = 'PayloadTooLargeError';

  constructor(what: string, bytes: number, limit: number) {
    super(`${what} has ${bytes} bytes; the limit is ${limit} bytes`, { code: 'PAYLOAD_TOO_LARGE', limit });
  }
}

/** The platform does not know the key, or the key may not do this. Not retried: the same key stays wrong. */
export class AuthenticationError extends MusterError {
  override readonly name = 'AuthenticationError';

  constructor(status: number, url: string) {
    super(`${url} refused the API key (${status}); check the key and that its role may connect`, {
      code: status === 403 ? 'FORBIDDEN' : 'UNAUTHENTICATED',
      status,
    });
  }
}

/** What a handler throws to decide how its task fails. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly code: string;
  readonly retryable: boolean;

  /** @param retryable whether another attempt may succeed, @default true */
  constructor(code: string, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? true;
  }
}

/** A handler as an error, whatever was thrown. */
export const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** A frame of the platform that this version cannot read. */
export const unreadable = (type: string, cause: Error): MusterError =>
  new MusterError(`The platform's ${type} is not what this version understands`, { code: 'MALFORMED_FRAME', cause });
