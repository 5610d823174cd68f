import { AppError } from '#core/errors/app-error.ts';

/** Somebody else's fault inside: told by a request id alone. */
class InternalError extends AppError {
  override readonly name = 'InternalError';
  constructor(cause: unknown) {
    super('INTERNAL', 'Something went wrong here. Try again; the log names the reason.', { cause });
  }
}

/** What a caller may hear of an error. Anything unforeseen is INTERNAL, without its words. */
export const publicError = (error: unknown): AppError => (error instanceof AppError ? error : new InternalError(error));

/** What the log says of an error. */
export const errorFields = (error: unknown): Readonly<Record<string, string>> => ({
  errorName: error instanceof Error ? error.name : typeof error,
  errorMessage: error instanceof Error ? error.message : String(error),
  ...(error instanceof AppError ? { code: error.code } : {}),
  ...(error instanceof Error && !(error instanceof AppError) && error.stack !== undefined
    ? { stack: error.stack }
    : {}),
});
