import * as z from 'zod';
import type { CorsSpec, HttpApiSpec, Throttling, WebSocketApiSpec } from '../gateway/spec.ts';
import { TemplateError } from '../template/errors.ts';
import type { StackResource } from '../template/load-stack.ts';
import { httpAuthorizer, integrationOf, permittedFunction, webSocketAuthorizer } from './api-parts.ts';
import { BooleanLike, NumberLike, ofType, parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

const ApiProperties = z.looseObject({
  ProtocolType: z.enum(['HTTP', 'WEBSOCKET']),
  RouteSelectionExpression: z.string().optional(),
  CorsConfiguration: z
    .looseObject({
      AllowOrigins: z.array(z.string()).optional(),
      AllowMethods: z.array(z.string()).optional(),
      AllowHeaders: z.array(z.string()).optional(),
      ExposeHeaders: z.array(z.string()).optional(),
      MaxAge: NumberLike.optional(),
      AllowCredentials: BooleanLike.optional(),
    })
    .optional(),
  Body: z.never('APIs imported from OpenAPI do not run locally').optional(),
});

const RouteSettings = z.looseObject({
  ThrottlingBurstLimit: NumberLike.optional(),
  ThrottlingRateLimit: NumberLike.optional(),
});
const StageProperties = z.looseObject({
  StageName: z.string(),
  StageVariables: z.record(z.string(), z.string()).optional(),
  DefaultRouteSettings: RouteSettings.optional(),
  RouteSettings: z.record(z.string(), RouteSettings).optional(),
  AccessLogSettings: z.looseObject({ Format: z.string().optional() }).optional(),
});
const RouteProperties = z.looseObject({
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
  AuthorizerId: z.string().optional(),
});

type Stage = z.infer<typeof StageProperties>;

/** Runs an API with its stage, routes, integrations and authorizers, which are resources of their own. */
export function runApi(resource: StackResource, parts: PlatformParts): void {
  const properties = parseProperties(ApiProperties, resource);
  const stages = partsOf(resource, 'Stage', parts);
  const [stageResource] = stages;
  if (stageResource === undefined) return;
  if (stages.length > 1)
    throw new TemplateError(`${resource.logicalId}: an API with several stages does not run locally`);
  const stage = parseProperties(StageProperties, stageResource);
  if (properties.ProtocolType === 'HTTP') {
    parts.gateway.addHttpApi(httpApi(resource, stage, corsOf(properties), parts));
  } else {
    const selection = properties.RouteSelectionExpression ?? '$request.body.action';
    parts.gateway.addWebSocketApi(webSocketApi(resource, stage, selection, parts));
  }
}

/** Routes, stages and so on are run by {@link runApi}. */
export function runWithApi(): void {
  // Nothing of its own.
}

function partsOf(api: StackResource, kind: string, parts: PlatformParts): readonly StackResource[] {
  return ofType(parts.stack.resources, `AWS::ApiGatewayV2::${kind}`).filter(
    (resource) => resource.properties.ApiId === api.ref,
  );
}

function httpApi(api: StackResource, stage: Stage, cors: CorsSpec | undefined, parts: PlatformParts): HttpApiSpec {
  const routes = partsOf(api, 'Route', parts).map((resource) => {
    const route = parseProperties(RouteProperties, resource);
    const integration = integrationOf(route.Target, resource, parts);
    const source = `${api.ref}/${stage.StageName}/${route.RouteKey.replace(' ', '')}`;
    return {
      routeKey: route.RouteKey,
      integration: {
        functionArn: permittedFunction(integration.functionArn, source, parts),
        payloadFormatVersion: '2.0' as const,
        timeoutMs: integration.timeoutMs,
      },
      authorizer: httpAuthorizer(route.AuthorizerId, api, parts),
    };
  });
  const format = stage.AccessLogSettings?.Format;
  return {
    apiId: api.ref,
    pathPrefix: parts.addresses.prefixOf(api.ref),
    cors,
    routes,
    stage: {
      name: stage.StageName,
      variables: stage.StageVariables,
      throttling: throttlingOf(stage.DefaultRouteSettings),
      routeThrottling: routeThrottlingOf(stage.RouteSettings),
      ...(format !== undefined && { accessLog: { format } }),
    },
  };
}

function webSocketApi(api: StackResource, stage: Stage, selection: string, parts: PlatformParts): WebSocketApiSpec {
  const responding = partsOf(api, 'RouteResponse', parts).map((resource) => resource.properties.RouteId);
  const routes = partsOf(api, 'Route', parts).map((resource) => {
    const route = parseProperties(RouteProperties, resource);
    const integration = integrationOf(route.Target, resource, parts);
    const source = `${api.ref}/${stage.StageName}/${route.RouteKey}`;
    return {
      routeKey: route.RouteKey,
      integration: {
        functionArn: permittedFunction(integration.functionArn, source, parts),
        timeoutMs: integration.timeoutMs,
      },
      authorizer: webSocketAuthorizer(route.AuthorizerId, api, parts),
      routeResponse: responding.includes(resource.ref),
    };
  });
  return {
    apiId: api.ref,
    path: `${parts.addresses.prefixOf(api.ref)}/${stage.StageName}`,
    stage: { name: stage.StageName, variables: stage.StageVariables },
    routeSelectionExpression: selection,
    routes,
  };
}

function corsOf({ CorsConfiguration: cors }: z.infer<typeof ApiProperties>): CorsSpec | undefined {
  return (
    cors && {
      allowOrigins: cors.AllowOrigins,
      allowMethods: cors.AllowMethods,
      allowHeaders: cors.AllowHeaders,
      exposeHeaders: cors.ExposeHeaders,
      maxAgeSeconds: cors.MaxAge,
      allowCredentials: cors.AllowCredentials,
    }
  );
}

function throttlingOf(settings: z.infer<typeof RouteSettings> | undefined): Throttling | undefined {
  const { ThrottlingBurstLimit: burstLimit, ThrottlingRateLimit: rateLimit } = settings ?? {};
  return burstLimit === undefined || rateLimit === undefined ? undefined : { burstLimit, rateLimit };
}

function routeThrottlingOf(settings: Stage['RouteSettings']): Readonly<Record<string, Throttling>> | undefined {
  if (settings === undefined) return undefined;
  const entries = Object.entries(settings).flatMap(([routeKey, one]) => {
    const throttling = throttlingOf(one);
    return throttling === undefined ? [] : [[routeKey, throttling] as const];
  });
  return Object.fromEntries(entries);
}
