import { UnavailableError } from '#core/errors/errors.ts';

/** What SDK exceptions have in common, whichever client threw them. */
interface ServiceFault {
  readonly name: string;
  readonly status: number | undefined;
  readonly isThrottle: boolean;
}

/** Errors of the connection itself; no answer came. */
const connectionFaults = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'NetworkingError',
  'AbortError',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Answers that ask to come back later; not all clients mark them as throttling. */
const throttles = new Set([
  'ThrottlingException',
  'ThrottledException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'ExecutionLimitExceeded',
  'SlowDown',
  'OverLimit',
  'InternalServerError',
  'InternalFailure',
  'ServiceUnavailable',
  'TransactionConflictException',
  'KmsThrottled',
]);

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const faultOf = (error: unknown): ServiceFault => {
  const status = property(property(error, '$metadata'), 'httpStatusCode');
  const code = property(error, 'code');
  const name = property(error, 'name');
  return {
    name: typeof code === 'string' ? code : String(name),
    status: typeof status === 'number' ? status : undefined,
    isThrottle: property(property(error, '$retryable'), 'throttling') === true,
  };
};

/** Whether the same request may succeed later: throttled, a fault of the service, or no answer. */
export const isTransient = (error: unknown): boolean => {
  const { name, status, isThrottle } = faultOf(error);
  const isServiceFault = status !== undefined && (status >= 500 || status === 429);
  return isThrottle || isServiceFault || throttles.has(name) || connectionFaults.has(name);
};

/** The error's name as the service gave it, such as `GoneException`. */
export const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  names.includes(String(property(error, 'name')));

/**
 * Runs a call of a service. Everything else than a transient fault is passed on as it came: it is a fault of the
 * program or its rights.
 *
 * @throws UnavailableError for a transient fault.
 */
export const callService = async <Result>(what: string, call: () => Promise<Result>): Promise<Result> => {
  try {
    return await call();
  } catch (error) {
    throw isTransient(error) ? new UnavailableError(what, { cause: error }) : error;
  }
};
