import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../contract.ts';
import { startEngine } from '../engine/start-engine.ts';
import { createEventBus } from '../event-bus/create-event-bus.ts';
import { serviceBackend } from '../front-door/backend.ts';
import { CredentialRegistry, type Credentials } from '../front-door/credentials.ts';
import { Dispatcher } from '../front-door/dispatcher.ts';
import { dynamodbBackend } from '../front-door/dynamodb-backend.ts';
import { type FrontDoor, startFrontDoor } from '../front-door/front-door.ts';
import { lambdaBackend } from '../front-door/lambda-backend.ts';
import { S3Door } from '../front-door/s3-door.ts';
import { sqsBackend } from '../front-door/sqs-backend.ts';
import { createFunctions, type Functions } from '../functions/create-functions.ts';
import type { FunctionDescription } from '../functions/function-definition.ts';
import { createGateway } from '../gateway/gateway.ts';
import type { GatewayLimits } from '../gateway/spec.ts';
import { Authorizer } from '../iam/authorizer.ts';
import { readPolicies } from '../iam/read-policies.ts';
import { startQueues } from '../queues/start-queues.ts';
import { realClock } from '../real-clock.ts';
import { createScheduler } from '../scheduler/create-scheduler.ts';
import { createParameters } from '../secrets/parameters-service.ts';
import { createSecrets } from '../secrets/secrets-service.ts';
import { createStepFunctions, type StepFunctions } from '../step-functions/create-step-functions.ts';
import type { Place } from '../template/identity.ts';
import { loadStack, type Stack } from '../template/load-stack.ts';
import { type Assembly, readAssembly } from '../template/read-assembly.ts';
import { type ApiAddresses, placeApis } from './api-addresses.ts';
import { createMeter, type TotalMeter } from './meter.ts';
import { meterTransitions } from './meter-transitions.ts';
import { openDirectory, type PlatformDirectory } from './open-directory.ts';
import { ofType } from './parse-properties.ts';
import type { PlatformChaos, PlatformParts } from './parts.ts';
import { runners } from './registry.ts';
import { secretsFile } from './run-storage.ts';
import { StopStack } from './stop-stack.ts';

export interface PlatformOptions {
  /** What `cdk synth` wrote. */
  readonly assemblyDirectory: string;
  /** Needed when the assembly holds several stacks. */
  readonly stackName?: string;
  /** Values for the template's parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where everything is kept. @default a temporary directory, removed at the end */
  readonly dataDirectory?: string;
  /** Port of the APIs; the front door takes the next one. 0 for free ones. */
  readonly port: number;
  /** @default wall clock */
  readonly clock?: Clock;
  /** @default AWS's */
  readonly limits?: Partial<GatewayLimits>;
  readonly chaos?: PlatformChaos;
  /** Receives the platform's and the functions' lines. */
  readonly log?: (line: string) => void;
}

/** A stack that runs on this machine. */
export interface Platform {
  /** Base address of the first HTTP API's stage; the gateway's own when there is none. */
  readonly http: string;
  /** Address of the first WebSocket API's stage. */
  readonly ws: string | undefined;
  /** For AWS SDK clients: `AWS_ENDPOINT_URL`. */
  readonly endpointUrl: string;
  /** Access keys of somebody who may do everything. */
  readonly credentials: Credentials;
  readonly region: string;
  /** The stack's outputs, with addresses of APIs on this machine. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly meter: TotalMeter;
  describe(): PlatformDescription;
  stop(): Promise<void>;
}

export interface PlatformDescription {
  readonly stackName: string;
  /** How many resources of each type run. */
  readonly resources: Readonly<Record<string, number>>;
  readonly functions: readonly FunctionDescription[];
  readonly billed: Readonly<Record<string, number>>;
}

const region = 'us-east-1';
const accountId = '000000000000';
const host = '127.0.0.1';

/** Runs the stack of a cloud assembly. @throws TemplateError for what this platform cannot run, before anything starts to work. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const assembly = readAssembly(options.assemblyDirectory, options.stackName);
  const stack = new StopStack();
  try {
    return await start(options, assembly, stack);
  } catch (error) {
    await stack.stop().catch(() => undefined);
    throw error;
  }
}

async function start(options: PlatformOptions, assembly: Assembly, stops: StopStack): Promise<Platform> {
  const directory = stops.keep(openDirectory(options.dataDirectory));
  const base = await startBase(options, assembly, stops);
  const { frontDoor, place, stack } = base;
  const credentials = new CredentialRegistry(directory.seed);
  const parts = await startServices({ options, base, directory, credentials, stops });
  openFrontDoor(frontDoor, parts);
  await runResources(parts);
  const http = apiUrl(stack, 'HTTP', base.addresses);
  return {
    http: http ?? parts.gateway.url,
    ws: apiUrl(stack, 'WEBSOCKET', base.addresses),
    endpointUrl: place.endpointUrl,
    credentials: credentials.forDeveloper(),
    region,
    outputs: mapValues(stack.outputs, (value) => base.addresses.localize(value)),
    meter: base.meter,
    describe: () => describe(stack, base.functions, base.meter),
    stop: () => stops.stop(),
  };
}

/** What must be known before the template can be resolved: the addresses that it will show. */
async function startBase(options: PlatformOptions, assembly: Assembly, stops: StopStack) {
  const { port, log = () => undefined, clock = realClock, chaos = {} } = options;
  const meter = createMeter();
  const frontDoor = stops.keep(await startFrontDoorBeside(port, log));
  const functions = createFunctions({
    clock,
    meter,
    log: (name, line) => log(`${name}: ${line}`),
    ...(chaos.functions && { chaos: chaos.functions }),
  });
  stops.keep(functions);
  const gateway = stops.keep(
    await createGateway({
      port,
      host,
      clock,
      invoke: functions,
      meter,
      log,
      limits: options.limits,
      chaos: chaos.gateway,
    }),
  );
  const { stackName } = assembly;
  const addresses = placeApis(assembly.template, {
    stackName,
    region,
    gatewayUrl: gateway.url,
    frontDoorUrl: frontDoor.url,
  });
  const place: Place = {
    stackName,
    region,
    accountId,
    endpointUrl: frontDoor.url,
    apiUrl: (apiId, protocol) => addresses.endpointOf(apiId, protocol),
  };
  const stack = loadStack(assembly, place, options.parameters);
  return { meter, frontDoor, functions, gateway, addresses, place, stack, clock, log, chaos };
}

/** The port after the APIs' when it is free, so that urls stay good over restarts; else any. */
async function startFrontDoorBeside(port: number, log: (line: string) => void): Promise<FrontDoor> {
  if (port === 0) return startFrontDoor(host, 0);
  return startFrontDoor(host, port + 1).catch((error: unknown) => {
    log(
      `port ${port + 1} is taken (${String(error)}): the front door takes another; urls that were presigned earlier end`,
    );
    return startFrontDoor(host, 0);
  });
}

type Base = Awaited<ReturnType<typeof startBase>>;

async function startServices(start: {
  readonly options: PlatformOptions;
  readonly base: Base;
  readonly directory: PlatformDirectory;
  readonly credentials: CredentialRegistry;
  readonly stops: StopStack;
}): Promise<PlatformParts> {
  const { base, directory, credentials, stops } = start;
  const { clock, meter, log, place, stack, functions } = base;
  const inDirectory = (name: string): string => join(directory.path, name);
  const authorizer = new Authorizer(readPolicies(stack.resources, place), accountId);
  const database = new DatabaseSync(secretsFile(directory.path));
  stops.keep({ stop: async () => database.close() });
  const secrets = createSecrets({ database, clock, region, accountId });
  const parameters = createParameters({ region, accountId });
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
  stops.keep(engine);
  stops.keep(queues);
  const shared = { clock, call: dispatcher.call, region, accountId };
  const bus = stops.keep(createEventBus({ ...shared, meter, databasePath: inDirectory('events.sqlite') }));
  const scheduler = stops.keep(createScheduler({ ...shared, databasePath: inDirectory('schedules.sqlite') }));
  const stepFunctions: StepFunctions = stops.keep(
    createStepFunctions({
      ...shared,
      databasePath: inDirectory('executions.sqlite'),
      publish: async (detailType, detail) => {
        await meterTransitions(stepFunctions, meter, detail);
        const resources = typeof detail.executionArn === 'string' ? [detail.executionArn] : [];
        await bus.publish('default', { source: 'aws.states', detailType, detail, resources });
      },
      onBreakdown: (error) => log(`Step Functions stopped: ${String(error)}`),
    }),
  );
  dispatcher.addBackend('dynamodb', dynamodbBackend(engine.client, meter));
  dispatcher.addBackend('sqs', sqsBackend(queues, meter));
  dispatcher.addBackend('lambda', lambdaBackend(functions, clock));
  dispatcher.addBackend('events', serviceBackend(bus));
  dispatcher.addBackend('states', serviceBackend(stepFunctions));
  dispatcher.addBackend(
    'secretsmanager',
    serviceBackend(secrets, () => meter.count('secretsmanager.requests', 1)),
  );
  dispatcher.addBackend('ssm', serviceBackend(parameters));
  const services = { engine, queues, bus, scheduler, stepFunctions, secrets, parameters };
  return { ...base, ...services, credentials, dispatcher, directory: directory.path, keep: (one) => stops.keep(one) };
}

function openFrontDoor(frontDoor: FrontDoor, parts: PlatformParts): void {
  const { dispatcher, credentials, meter, clock, gateway, queues } = parts;
  const s3 = new S3Door({ endpoint: queues.endpoint, authorizer: dispatcher.authorizer, credentials, meter, clock });
  frontDoor.open({ dispatcher, credentials, s3, connections: gateway.connections, region, accountId });
}

async function runResources(parts: PlatformParts): Promise<void> {
  for (const [type, run] of Object.entries(runners)) {
    for (const resource of ofType(parts.stack.resources, type)) await run(resource, parts);
  }
  parts.stepFunctions.restore();
}

function apiUrl(stack: Stack, protocol: string, addresses: ApiAddresses): string | undefined {
  const api = ofType(stack.resources, 'AWS::ApiGatewayV2::Api').find((one) => one.properties.ProtocolType === protocol);
  if (api === undefined) return undefined;
  const stage = ofType(stack.resources, 'AWS::ApiGatewayV2::Stage').find((one) => one.properties.ApiId === api.ref);
  const path = stage === undefined || stage.ref === '$default' ? '' : `/${stage.ref}`;
  return `${addresses.endpointOf(api.ref, protocol)}${path}`;
}

function describe(stack: Stack, functions: Functions, meter: TotalMeter): PlatformDescription {
  const resources: Record<string, number> = {};
  for (const { type } of stack.resources) {
    if (Object.hasOwn(runners, type)) resources[type] = (resources[type] ?? 0) + 1;
  }
  return { stackName: stack.name, resources, functions: functions.describe(), billed: meter.totals() };
}

function mapValues(values: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
