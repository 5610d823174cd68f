import { CredentialRegistry, type Credentials } from '../front-door/credentials.ts';
import type { FrontDoor } from '../front-door/front-door.ts';
import type { CorsRule } from '../front-door/s3-cors.ts';
import { S3Door } from '../front-door/s3-door.ts';
import type { Functions } from '../functions/create-functions.ts';
import type { FunctionDescription } from '../functions/function-definition.ts';
import type { Stack } from '../template/load-stack.ts';
import { type Assembly, readAssembly } from '../template/read-assembly.ts';
import type { ApiAddresses } from './api-addresses.ts';
import type { TotalMeter } from './meter.ts';
import { openDirectory } from './open-directory.ts';
import { ofType } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';
import { location, type PlatformOptions } from './platform-options.ts';
import { runners } from './registry.ts';
import { corsRulesOf } from './run-storage.ts';
import { startBase } from './start-base.ts';
import { startServices } from './start-services.ts';
import { StopGroup, StopStack } from './stop-stack.ts';

/** A stack that runs on this machine. */
export interface Platform extends AsyncDisposable {
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

const { region, accountId } = location;

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
  const sources = stops.keep(new StopGroup());
  const parts = await startServices({ base, directory, credentials, stops, sources });
  openFrontDoor(frontDoor, parts);
  await runResources(parts);
  const http = apiUrl(stack, 'HTTP', base.addresses);
  // Callers first, so that the last $disconnects and batches still find what they need; then what they call.
  const stop = async (): Promise<void> => {
    await parts.gateway.stop();
    await sources.stop();
    await parts.functions.stop();
    await stops.stop();
  };
  return {
    http: http ?? parts.gateway.url,
    ws: apiUrl(stack, 'WEBSOCKET', base.addresses),
    endpointUrl: place.endpointUrl,
    credentials: credentials.forDeveloper(),
    region,
    outputs: mapValues(stack.outputs, (value) => base.addresses.localize(value)),
    meter: base.meter,
    describe: () => describe(stack, base.functions, base.meter),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function openFrontDoor(frontDoor: FrontDoor, parts: PlatformParts): void {
  const { dispatcher, credentials, meter, clock, gateway, queues } = parts;
  const { authorizer } = dispatcher;
  const cors = new Map(
    ofType(parts.stack.resources, 'AWS::S3::Bucket').map((bucket) => [bucket.physicalId, corsRulesOf(bucket)]),
  );
  const corsRules = (bucket: string): readonly CorsRule[] => cors.get(bucket) ?? [];
  const s3 = new S3Door({ endpoint: queues.endpoint, authorizer, credentials, meter, clock, corsRules });
  frontDoor.open({ dispatcher, credentials, s3, connections: gateway.connections, region, accountId });
}

async function runResources(parts: PlatformParts): Promise<void> {
  for (const [type, run] of Object.entries(runners)) {
    for (const resource of ofType(parts.stack.resources, type)) await run(resource, parts);
  }
  parts.asyncInvocations.restore();
  parts.scheduler.restore();
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
