import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Meter } from '../contract.ts';
import { startEngine } from '../engine/start-engine.ts';
import { createEventBus, type EventBus } from '../event-bus/create-event-bus.ts';
import { type Backend, serviceBackend } from '../front-door/backend.ts';
import { withChaos } from '../front-door/chaos.ts';
import type { CredentialRegistry } from '../front-door/credentials.ts';
import { Dispatcher } from '../front-door/dispatcher.ts';
import { dynamodbBackend } from '../front-door/dynamodb-backend.ts';
import { lambdaBackend } from '../front-door/lambda-backend.ts';
import { sqsBackend } from '../front-door/sqs-backend.ts';
import { createAsyncInvocations } from '../functions/async-invocations.ts';
import { Authorizer } from '../iam/authorizer.ts';
import { readPolicies } from '../iam/read-policies.ts';
import { startQueues } from '../queues/start-queues.ts';
import { createScheduler } from '../scheduler/create-scheduler.ts';
import { createParameters } from '../secrets/parameters-service.ts';
import { createSecrets } from '../secrets/secrets-service.ts';
import {
  createStepFunctions,
  type StepFunctions,
  type StepFunctionsOptions,
} from '../step-functions/create-step-functions.ts';
import { createStreamPages } from '../streams/stream-pages.ts';
import { meterTransitions } from './meter-transitions.ts';
import type { PlatformDirectory } from './open-directory.ts';
import { ofType } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';
import { location } from './platform-options.ts';
import { grantRecorder } from './record-grants.ts';
import { secretsFile } from './run-storage.ts';
import type { Base } from './start-base.ts';
import type { StopGroup, StopStack } from './stop-stack.ts';

const { region, accountId } = location;

/** Starts the services that the stack's resources run on, and the checks in front of them. */
export async function startServices(start: {
  readonly base: Base;
  readonly directory: PlatformDirectory;
  readonly credentials: CredentialRegistry;
  readonly stops: StopStack;
  readonly sources: StopGroup;
}): Promise<PlatformParts> {
  const { base, directory, credentials, stops, sources } = start;
  const { clock, meter, log, place, stack } = base;
  const inDirectory = (name: string): string => join(directory.path, name);
  const authorizer = new Authorizer(readPolicies(stack.resources, place), accountId, grantRecorder());
  const database = new DatabaseSync(secretsFile(directory.path));
  stops.keep({ stop: async () => database.close() });
  const secrets = createSecrets({ database, clock, region, accountId });
  const parameters = createParameters({ database, region, accountId });
  const dispatcher = new Dispatcher(authorizer, {
    region,
    accountId,
    secretArn: (id) => secrets.arnOf(id),
    stateMachineArns: ofType(stack.resources, 'AWS::StepFunctions::StateMachine').map((machine) => machine.ref),
  });
  const [engine, queues] = await Promise.all([
    startEngine({ dataDirectory: inDirectory('tables'), onUnexpectedExit: (error) => log(error.message) }),
    startQueues({
      ...(directory.isDurable && { dataDirectory: inDirectory('queues') }),
      publicEndpoint: place.endpointUrl,
      log,
    }),
  ]);
  for (const service of [engine, queues]) stops.keep(service);
  const shared = { clock, call: dispatcher.call, region, accountId, log };
  const bus = stops.keep(createEventBus({ ...shared, meter, databasePath: inDirectory('events.sqlite') }));
  const scheduler = stops.keep(
    createScheduler({
      ...shared,
      databasePath: inDirectory('schedules.sqlite'),
      mayAssume: (roleArn, sourceArn) => authorizer.trusts(roleArn, { name: 'scheduler.amazonaws.com', sourceArn }),
    }),
  );
  const stepFunctions = stops.keep(
    startStepFunctions({ ...shared, meter, bus, databasePath: inDirectory('executions.sqlite') }),
  );
  const asyncInvocations = stops.keep(
    createAsyncInvocations({ ...shared, functions: base.functions, databasePath: inDirectory('async-events.sqlite') }),
  );
  const streamPages = createStreamPages();
  const services = {
    engine,
    queues,
    streamPages,
    asyncInvocations,
    bus,
    scheduler,
    stepFunctions,
    secrets,
    parameters,
  };
  addBackends(dispatcher, { ...base, ...services });
  return { ...base, ...services, credentials, dispatcher, directory: directory.path, keep: (one) => sources.keep(one) };
}

/** Step Functions whose transitions are billed, and whose executions tell the bus how they go. */
function startStepFunctions({
  bus,
  meter,
  log,
  ...options
}: Omit<StepFunctionsOptions, 'publish' | 'onBreakdown'> & {
  readonly bus: EventBus;
  readonly meter: Meter;
  readonly log: (line: string) => void;
}): StepFunctions {
  const stepFunctions = createStepFunctions({
    ...options,
    publish: async (detailType, detail) => {
      await meterTransitions(stepFunctions, meter, detail);
      const resources = typeof detail.executionArn === 'string' ? [detail.executionArn] : [];
      await bus.publish('default', { source: 'aws.states', detailType, detail, resources });
    },
    onBreakdown: (error) => log(`Step Functions stopped: ${String(error)}`),
  });
  return stepFunctions;
}

function addBackends(
  dispatcher: Dispatcher,
  parts: Omit<PlatformParts, 'credentials' | 'dispatcher' | 'directory' | 'keep'>,
): void {
  const { meter, clock, chaos } = parts;
  const backends: Readonly<Record<string, Backend>> = {
    dynamodb: dynamodbBackend(parts.engine.client, meter),
    sqs: sqsBackend(parts.queues, meter),
    lambda: lambdaBackend(parts.functions, parts.asyncInvocations),
    events: serviceBackend(parts.bus),
    scheduler: serviceBackend(parts.scheduler),
    states: serviceBackend(parts.stepFunctions),
    secretsmanager: serviceBackend(parts.secrets, () => meter.count('secretsmanager.requests', 1)),
    ssm: serviceBackend(parts.parameters),
  };
  for (const [service, backend] of Object.entries(backends)) {
    const added = chaos.services === undefined ? backend : withChaos(service, backend, chaos.services, clock);
    dispatcher.addBackend(service, added);
  }
}
