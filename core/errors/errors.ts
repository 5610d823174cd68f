import { AppError, type ErrorDetails } from './app-error.ts';

/** No such thing, or another tenant's: the two are never told apart. */
export class NotFoundError extends AppError {
  override readonly name = 'NotFoundError';
  constructor(kind: string, id: string) {
    super('NOT_FOUND', `There is no ${kind} ${id}.`);
  }
}

/** The store, a queue or the gateway could not be reached or throttles; the same request may succeed later. */
export class UnavailableError extends AppError {
  override readonly name = 'UnavailableError';
  constructor(what: string, details: ErrorDetails = {}) {
    super('UNAVAILABLE', `${what} cannot be reached at the moment. Try again.`, { retryAfterMs: 1000, ...details });
  }
}

/** A field that does not say what it must. */
export class InvalidFieldError extends AppError {
  override readonly name = 'InvalidFieldError';
  constructor(field: string, message: string, details: ErrorDetails = {}) {
    super('INVALID_FIELD', message, { ...details, field });
  }
}

/** A cursor that no page of the list gave. */
export class InvalidCursorError extends AppError {
  override readonly name = 'InvalidCursorError';
  constructor() {
    super('INVALID_FIELD', 'cursor is not one that an earlier page of this list gave. Start without it.', {
      field: 'cursor',
    });
  }
}

/** A value larger than what its way takes. Never retryable: it would be as large again. */
export class PayloadTooLargeError extends AppError {
  override readonly name = 'PayloadTooLargeError';
  /** `what` is too large, as people are told, where that is not the field itself. */
  constructor(field: string, bytes: number, limit: number, what = field) {
    super('PAYLOAD_TOO_LARGE', `${what} has ${bytes} bytes; at most ${limit} are taken.`, { field, limit });
  }
}

/** Not the version that the caller has seen any more; nothing was changed. */
export class PreconditionFailedError extends AppError {
  override readonly name = 'PreconditionFailedError';
  constructor(what: string) {
    super('PRECONDITION_FAILED', `${what} has changed since the version that If-Match names. Read it again.`, {
      field: 'If-Match',
    });
  }
}

/** Somebody else changed the same thing first; reading it again and repeating may succeed. */
export class ConflictError extends AppError {
  override readonly name = 'ConflictError';
  constructor(what: string) {
    super('CONFLICT', `${what} changed at the same moment. Try again.`, { retryAfterMs: 100 });
  }
}
