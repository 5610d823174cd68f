import type { Clock, Meter, Running } from '../contract.ts';
import type { Engine } from '../engine/start-engine.ts';
import type { EventBus } from '../event-bus/create-event-bus.ts';
import type { ServiceChaos } from '../front-door/chaos.ts';
import type { CredentialRegistry } from '../front-door/credentials.ts';
import type { Dispatcher } from '../front-door/dispatcher.ts';
import type { AsyncInvocations } from '../functions/async-invocations.ts';
import type { Functions } from '../functions/create-functions.ts';
import type { FunctionChaos } from '../functions/function-definition.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { GatewayChaos } from '../gateway/spec.ts';
import type { QueueChaos } from '../queues/queue-source-options.ts';
import type { Queues } from '../queues/start-queues.ts';
import type { Scheduler } from '../scheduler/create-scheduler.ts';
import type { ParametersService } from '../secrets/parameters-service.ts';
import type { SecretsService } from '../secrets/secrets-service.ts';
import type { StepFunctions } from '../step-functions/create-step-functions.ts';
import type { StreamPages } from '../streams/stream-pages.ts';
import type { Place } from '../template/identity.ts';
import type { Stack } from '../template/load-stack.ts';
import type { ApiAddresses } from './api-addresses.ts';

/** Faults to inject, by the part that injects them. */
export interface PlatformChaos {
  readonly functions?: FunctionChaos;
  readonly gateway?: GatewayChaos;
  readonly queues?: QueueChaos;
  readonly services?: ServiceChaos;
}

/** Everything a runner may use: the services of the platform, all started, and the stack that they are to run. */
export interface PlatformParts {
  readonly stack: Stack;
  readonly place: Place;
  readonly addresses: ApiAddresses;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: (line: string) => void;
  readonly chaos: PlatformChaos;
  /** Where parts keep what must outlive the process. */
  readonly directory: string;
  readonly credentials: CredentialRegistry;
  readonly dispatcher: Dispatcher;
  readonly engine: Engine;
  readonly queues: Queues;
  readonly streamPages: StreamPages;
  readonly functions: Functions;
  readonly asyncInvocations: AsyncInvocations;
  readonly gateway: Gateway;
  readonly bus: EventBus;
  readonly scheduler: Scheduler;
  readonly stepFunctions: StepFunctions;
  readonly secrets: SecretsService;
  readonly parameters: ParametersService;
  /** Stops with the platform, before the services do. */
  keep(running: Running): void;
}
