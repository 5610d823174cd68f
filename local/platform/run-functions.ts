import * as z from 'zod';
import type { AsyncPolicy } from '../functions/function-definition.ts';
import { TemplateError } from '../template/errors.ts';
import type { StackResource } from '../template/load-stack.ts';
import { NumberLike, ofType, parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

/** Properties of AWS::Lambda::Function that matter here. */
export const FunctionProperties = z.looseObject({
  Code: z.looseObject({ S3Key: z.string().optional() }),
  Handler: z.string(),
  Runtime: z.string(),
  Role: z.string(),
  Timeout: NumberLike.default(3),
  MemorySize: NumberLike.default(128),
  ReservedConcurrentExecutions: NumberLike.optional(),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
  DeadLetterConfig: z.looseObject({ TargetArn: z.string().optional() }).optional(),
  Layers: z.array(z.string()).max(0, 'layers do not run locally').optional(),
});

/** Adds a function; it starts when it is first invoked. */
export function runFunction(resource: StackResource, parts: PlatformParts): void {
  const properties = parseProperties(FunctionProperties, resource);
  if (!properties.Runtime.startsWith('nodejs')) {
    throw new TemplateError(
      `${resource.logicalId}: the runtime ${properties.Runtime} does not run locally; nodejs does`,
    );
  }
  const codeDirectory = parts.stack.assets.get(properties.Code.S3Key ?? '');
  if (codeDirectory === undefined) {
    throw new TemplateError(
      `${resource.logicalId}: its code is not an asset of the assembly (inline code does not run locally)`,
    );
  }
  const reserved = properties.ReservedConcurrentExecutions;
  parts.functions.addFunction({
    name: resource.physicalId,
    arn: resource.attributes.Arn ?? resource.ref,
    codeDirectory,
    handler: properties.Handler,
    runtime: properties.Runtime,
    roleArn: properties.Role,
    timeoutMs: properties.Timeout * 1000,
    memoryMb: properties.MemorySize,
    ...(reserved !== undefined && { reservedConcurrency: reserved }),
    environment: functionEnvironment(properties, resource, parts),
  });
  parts.asyncInvocations.configure(asyncPolicy(resource, properties, parts));
}

const destinationServices: readonly string[] = ['sqs', 'lambda', 'events'];
const Destination = z
  .looseObject({ Destination: z.string().optional() })
  .refine(
    ({ Destination: arn }) => arn === undefined || destinationServices.includes(arn.split(':')[2] ?? ''),
    'only queues, functions and event buses are destinations locally',
  );
const EventInvokeProperties = z.looseObject({
  FunctionName: z.string(),
  Qualifier: z.literal('$LATEST', 'versions and aliases do not run locally').optional(),
  MaximumRetryAttempts: NumberLike.optional(),
  MaximumEventAgeInSeconds: NumberLike.optional(),
  DestinationConfig: z.looseObject({ OnSuccess: Destination.optional(), OnFailure: Destination.optional() }).optional(),
});

/** Configurations of asynchronous invocations are run with their function. */
export function runWithFunction(): void {
  // Nothing of its own.
}

/** What the function, and the configuration that names it, say about asynchronous events. */
function asyncPolicy(
  resource: StackResource,
  properties: z.infer<typeof FunctionProperties>,
  parts: PlatformParts,
): AsyncPolicy {
  const configuration = ofType(parts.stack.resources, 'AWS::Lambda::EventInvokeConfig')
    .map((one) => parseProperties(EventInvokeProperties, one))
    .find((one) => one.FunctionName.split(':function:').at(-1) === resource.physicalId);
  return {
    functionName: resource.physicalId,
    functionArn: resource.attributes.Arn ?? resource.ref,
    roleArn: properties.Role,
    maximumRetryAttempts: configuration?.MaximumRetryAttempts,
    maximumEventAgeSeconds: configuration?.MaximumEventAgeInSeconds,
    onSuccessArn: configuration?.DestinationConfig?.OnSuccess?.Destination,
    onFailureArn: configuration?.DestinationConfig?.OnFailure?.Destination,
    deadLetterArn: properties.DeadLetterConfig?.TargetArn,
  };
}

function functionEnvironment(
  properties: z.infer<typeof FunctionProperties>,
  resource: StackResource,
  parts: PlatformParts,
): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = parts.credentials.forRole(properties.Role);
  const own = Object.entries(properties.Environment?.Variables ?? {}).map(
    ([name, value]) => [name, parts.addresses.localize(value)] as const,
  );
  const management = managementUrl(parts);
  return {
    ...Object.fromEntries(own),
    AWS_REGION: parts.place.region,
    AWS_DEFAULT_REGION: parts.place.region,
    AWS_LAMBDA_FUNCTION_NAME: resource.physicalId,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ENDPOINT_URL: parts.place.endpointUrl,
    ...(management !== undefined && { AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: management }),
  };
}

/** Where an SDK client manages sockets: known only when the stack has one WebSocket API with one stage. */
function managementUrl(parts: PlatformParts): string | undefined {
  const apis = ofType(parts.stack.resources, 'AWS::ApiGatewayV2::Api').filter(
    (api) => api.properties.ProtocolType === 'WEBSOCKET',
  );
  const [api] = apis;
  const stages = ofType(parts.stack.resources, 'AWS::ApiGatewayV2::Stage').filter(
    (stage) => stage.properties.ApiId === api?.ref,
  );
  const [stage] = stages;
  if (api === undefined || stage === undefined || apis.length > 1 || stages.length > 1) return undefined;
  return `${parts.addresses.managementUrl(api.ref)}/${stage.ref}`;
}
