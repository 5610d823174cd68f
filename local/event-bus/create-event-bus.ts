import type { AwsCall, Clock, FunctionInvoker, JsonService, Meter, Running } from '../contract.ts';
import { EventBusService, type PublishedEvent } from './event-bus-service.ts';
import type { NewRule } from './rule.ts';

export interface EventBusOptions {
  readonly clock: Clock;
  readonly call: AwsCall;
  /** When given, Lambda targets are run through it instead of `call`. */
  readonly invoke?: FunctionInvoker;
  readonly region: string;
  readonly accountId: string;
  /** Where accepted events wait for delivery. @default in memory */
  readonly databasePath?: string;
  readonly meter: Meter;
  /** Receives a line about each event that could not be delivered. @default console.error */
  readonly log?: (line: string) => void;
}

export interface EventBus extends Running, JsonService {
  addBus(bus: { readonly name: string; readonly arn: string }): void;
  /** Adds or replaces a rule, and takes up the deliveries a former process left for it. */
  addRule(rule: NewRule): void;
  /** Publishes on the platform's own behalf (any source); stored when the promise resolves. */
  publish(busName: string, event: PublishedEvent): Promise<void>;
}

/** Creates the event buses of one account and region, with the `default` bus present. */
export function createEventBus(options: EventBusOptions): EventBus {
  return new EventBusService(options);
}
