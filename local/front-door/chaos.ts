import { AwsError, type Clock } from '../contract.ts';
import type { Backend } from './backend.ts';

/** Faults of the services behind the door, asked once per request. Absent members inject nothing. */
export interface ServiceChaos {
  /** True refuses the request as the service does when it is asked too often. */
  throttles?(service: string, action: string): boolean;
  /** How long the request is held back. */
  delayMs?(service: string, action: string): number;
}

/** What each service calls a throttled request. */
const throttleCodes: Readonly<Record<string, string>> = {
  dynamodb: 'ProvisionedThroughputExceededException',
  lambda: 'TooManyRequestsException',
  sqs: 'RequestThrottled',
};

/** A backend that is now and then slow or refuses. */
export function withChaos(service: string, backend: Backend, chaos: ServiceChaos, clock: Clock): Backend {
  return {
    async answer(action, body, input) {
      if (chaos.throttles?.(service, action) === true) {
        throw new AwsError(throttleCodes[service] ?? 'ThrottlingException', 'Rate exceeded');
      }
      const delayMs = chaos.delayMs?.(service, action) ?? 0;
      if (delayMs > 0) await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
      return backend.answer(action, body, input);
    },
  };
}
