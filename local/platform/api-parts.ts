import * as z from 'zod';
import type { HttpAuthorizerSpec, WebSocketAuthorizerSpec } from '../gateway/spec.ts';
import { TemplateError } from '../template/errors.ts';
import type { StackResource } from '../template/load-stack.ts';
import { BooleanLike, NumberLike, parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

const IntegrationProperties = z.looseObject({
  IntegrationType: z.literal('AWS_PROXY', 'only Lambda proxy integrations run locally'),
  IntegrationUri: z.string(),
  IntegrationSubtype: z.never('service integrations do not run locally').optional(),
  PayloadFormatVersion: z.literal('2.0', 'only payload format 2.0 runs locally').optional(),
  TimeoutInMillis: NumberLike.optional(),
});

const AuthorizerProperties = z.looseObject({
  AuthorizerType: z.literal('REQUEST', 'only Lambda authorizers run locally'),
  AuthorizerUri: z.string(),
  IdentitySource: z.array(z.string()).default([]),
  AuthorizerPayloadFormatVersion: z.literal('2.0', 'only payload format 2.0 runs locally').optional(),
  AuthorizerResultTtlInSeconds: NumberLike.optional(),
  EnableSimpleResponses: BooleanLike.default(false),
});

/** What a route calls. */
export interface IntegrationTarget {
  readonly functionArn: string;
  readonly timeoutMs: number | undefined;
}

/** The integration behind a route's `Target` (`integrations/<id>`). */
export function integrationOf(target: string, route: StackResource, parts: PlatformParts): IntegrationTarget {
  const integration = find(target.replace(/^integrations\//, ''), 'AWS::ApiGatewayV2::Integration', parts);
  if (integration === undefined)
    throw new TemplateError(`${route.logicalId}: its target ${target} is not in the stack`);
  const properties = parseProperties(IntegrationProperties, integration);
  return { functionArn: functionArnOf(properties.IntegrationUri), timeoutMs: properties.TimeoutInMillis };
}

/** The authorizer of an HTTP API's route. */
export function httpAuthorizer(
  id: string | undefined,
  api: StackResource,
  parts: PlatformParts,
): HttpAuthorizerSpec | undefined {
  if (id === undefined) return undefined;
  const properties = authorizer(id, parts);
  return {
    functionArn: permittedFunction(functionArnOf(properties.AuthorizerUri), `${api.ref}/authorizers/${id}`, parts),
    // CloudFormation's default for a REQUEST authorizer with identity sources is 300 seconds.
    resultTtlSeconds: properties.AuthorizerResultTtlInSeconds ?? 300,
    identitySources: properties.IdentitySource,
    payloadFormatVersion: '2.0',
    simpleResponses: properties.EnableSimpleResponses,
  };
}

/** The authorizer of a WebSocket API's `$connect`. */
export function webSocketAuthorizer(
  id: string | undefined,
  api: StackResource,
  parts: PlatformParts,
): WebSocketAuthorizerSpec | undefined {
  if (id === undefined) return undefined;
  const properties = authorizer(id, parts);
  return {
    functionArn: permittedFunction(functionArnOf(properties.AuthorizerUri), `${api.ref}/authorizers/${id}`, parts),
    identitySources: properties.IdentitySource,
  };
}

/**
 * The function's arn, if its own policy lets API Gateway call it from this source. On AWS a missing permission shows
 * as a failing call, not as a failing deployment; so here it is an arn that names no function.
 */
export function permittedFunction(functionArn: string, source: string, parts: PlatformParts): string {
  const { region, accountId } = parts.place;
  const decision = parts.dispatcher.authorizer.decide(
    {
      kind: 'service',
      name: 'apigateway.amazonaws.com',
      sourceArn: `arn:aws:execute-api:${region}:${accountId}:${source}`,
    },
    { action: 'lambda:InvokeFunction', resource: functionArn },
  );
  if (decision === 'allowed') return functionArn;
  parts.log(
    `API Gateway may not invoke ${functionArn} from ${source}: the template has no such AWS::Lambda::Permission`,
  );
  return `${functionArn}--no-permission`;
}

function authorizer(id: string, parts: PlatformParts): z.infer<typeof AuthorizerProperties> {
  const resource = find(id, 'AWS::ApiGatewayV2::Authorizer', parts);
  if (resource === undefined) throw new TemplateError(`authorizer ${id} is not in the stack`);
  return parseProperties(AuthorizerProperties, resource);
}

function find(ref: string, type: string, parts: PlatformParts): StackResource | undefined {
  return parts.stack.resources.find((resource) => resource.type === type && resource.ref === ref);
}

/** A function's arn out of an integration's uri, which wraps it for WebSocket APIs. */
function functionArnOf(uri: string): string {
  return /\/functions\/(arn:[^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
}
