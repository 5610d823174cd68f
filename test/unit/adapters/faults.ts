import type { Backoff } from '#adapters/backoff.ts';

// Every adapter's test asserts what its client received.
await import('aws-sdk-client-mock-vitest/extend');

/** An SDK exception as clients throw it. */
export const serviceFault = (name: string, status: number): Error =>
  Object.assign(new Error(`${name} of the service`), { name, $metadata: { httpStatusCode: status } });

export const connectionFault = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

/** Faults after which the same call may succeed later. */
export const transientFaults: readonly (readonly [string, Error])[] = [
  ['throttling', serviceFault('ThrottlingException', 400)],
  ['a limit', serviceFault('LimitExceededException', 429)],
  ['429', serviceFault('SomethingElse', 429)],
  ['503', serviceFault('ServiceUnavailable', 503)],
  ['500 without a known name', serviceFault('Unknown', 500)],
  ['a timeout', Object.assign(new Error('timed out'), { name: 'TimeoutError' })],
  ['a refused connection', connectionFault('ECONNREFUSED')],
  ['a lost connection', connectionFault('ECONNRESET')],
  ['an answer that was cut off', connectionFault('ERR_STREAM_PREMATURE_CLOSE')],
  ['a host that is out of reach', connectionFault('EHOSTUNREACH')],
  ['a marked throttle', Object.assign(serviceFault('Slower', 400), { $retryable: { throttling: true } })],
];

/** Faults of the program or its rights: passed on as they came. */
export const lastingFaults: readonly (readonly [string, Error])[] = [
  ['a validation error', serviceFault('ValidationException', 400)],
  ['missing rights', serviceFault('AccessDeniedException', 400)],
  ['an error of its own', new TypeError('a fault of the program')],
];

/** Waits for nothing and counts. */
export const createInstantBackoff = (attempts = 3): Backoff & { readonly waits: number[] } => {
  const waits: number[] = [];
  return {
    attempts,
    waits,
    wait: async (attempt) => {
      waits.push(attempt);
    },
  };
};
