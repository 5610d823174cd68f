import type { Clock, FunctionInvoker, Meter } from '../contract.ts';

/** How fast a route may be called: `rateLimit` requests a second on average, `burstLimit` at once. */
export interface Throttling {
  readonly burstLimit: number;
  readonly rateLimit: number;
}

/** A Lambda REQUEST authorizer of an HTTP API, payload format 2.0. */
export interface HttpAuthorizerSpec {
  readonly functionArn: string;
  /** 0 switches the cache off. */
  readonly resultTtlSeconds: number;
  /** `$request.header.Authorization`, `$request.querystring.token`, `$context.routeKey`, `$stageVariables.name`. */
  readonly identitySources: readonly string[];
  readonly payloadFormatVersion: '2.0';
  /** True: `{ isAuthorized, context }`. False: an IAM policy. */
  readonly simpleResponses: boolean;
}

/** One route of an HTTP API: `GET /v1/tasks/{id}`, `ANY /files/{proxy+}` or `$default`. */
export interface HttpRouteSpec {
  readonly routeKey: string;
  readonly integration: {
    readonly functionArn: string;
    readonly payloadFormatVersion: '2.0';
    readonly timeoutMs?: number | undefined;
  };
  readonly authorizer?: HttpAuthorizerSpec | undefined;
}

/** The CORS configuration of an HTTP API, as AWS::ApiGatewayV2::Api has it. */
export interface CorsSpec {
  readonly allowOrigins?: readonly string[] | undefined;
  readonly allowMethods?: readonly string[] | undefined;
  readonly allowHeaders?: readonly string[] | undefined;
  readonly exposeHeaders?: readonly string[] | undefined;
  readonly maxAgeSeconds?: number | undefined;
  readonly allowCredentials?: boolean | undefined;
}

/** An HTTP API with its one stage. A stage other than `$default` is the first segment of every path, as on AWS. */
export interface HttpApiSpec {
  readonly apiId: string;
  /** What precedes the API's own paths on the shared server; '' for none. Not seen by functions. */
  readonly pathPrefix: string;
  readonly stage: {
    readonly name: string;
    readonly variables?: Readonly<Record<string, string>> | undefined;
    /** Default route settings: every route not named in `routeThrottling` has its own bucket of this size. */
    readonly throttling?: Throttling | undefined;
    /** By route key. */
    readonly routeThrottling?: Readonly<Record<string, Throttling>> | undefined;
    readonly accessLog?: { readonly format: string } | undefined;
  };
  readonly cors?: CorsSpec | undefined;
  readonly routes: readonly HttpRouteSpec[];
}

/** A Lambda REQUEST authorizer of a WebSocket API: asked on `$connect`, never cached, answers an IAM policy. */
export interface WebSocketAuthorizerSpec {
  readonly functionArn: string;
  /** `route.request.header.Authorization`, `route.request.querystring.token`, `stageVariables.name`. */
  readonly identitySources: readonly string[];
}

/** One route of a WebSocket API: `$connect`, `$disconnect`, `$default` or a custom key. */
export interface WebSocketRouteSpec {
  readonly routeKey: string;
  readonly integration: { readonly functionArn: string; readonly timeoutMs?: number | undefined };
  readonly authorizer?: WebSocketAuthorizerSpec | undefined;
  /** Whether what the function returns goes back to the client. */
  readonly routeResponse: boolean;
}

/** A WebSocket API with its one stage, reached at `path`. */
export interface WebSocketApiSpec {
  readonly apiId: string;
  readonly path: string;
  readonly stage: { readonly name: string; readonly variables?: Readonly<Record<string, string>> | undefined };
  /** `$request.body.action`, with or without braces. */
  readonly routeSelectionExpression: string;
  readonly routes: readonly WebSocketRouteSpec[];
}

/** The quotas of API Gateway that traffic can run into. */
export interface GatewayLimits {
  readonly frameBytes: number;
  readonly messageBytes: number;
  readonly idleMs: number;
  readonly connectionAgeMs: number;
  readonly webSocketIntegrationMs: number;
  readonly httpIntegrationMs: number;
  readonly httpPayloadBytes: number;
}

/**
 * AWS's values.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export const awsLimits: GatewayLimits = {
  frameBytes: 32 * 1024,
  messageBytes: 128 * 1024,
  idleMs: 10 * 60_000,
  connectionAgeMs: 2 * 3_600_000,
  webSocketIntegrationMs: 29_000,
  httpIntegrationMs: 30_000,
  httpPayloadBytes: 10 * 1024 * 1024,
};

/** Faults to inject, asked each time the fault could happen. */
export interface GatewayChaos {
  /** True: this `$disconnect` is lost, which AWS allows ("best effort"). */
  dropDisconnect(): boolean;
  /** What this `@connections` POST is refused with, if at all. */
  refusePush(): 'gone' | 'limit' | undefined;
}

export interface GatewayOptions {
  /** 0 for a free one. */
  readonly port: number;
  readonly host: '127.0.0.1';
  readonly clock: Clock;
  readonly invoke: FunctionInvoker;
  readonly meter: Meter;
  readonly limits?: Partial<GatewayLimits> | undefined;
  readonly chaos?: GatewayChaos | undefined;
  /** @default '000000000000' */
  readonly accountId?: string | undefined;
  /** @default 'us-east-1' */
  readonly region?: string | undefined;
  /** Receives access log lines. */
  readonly log?: ((line: string) => void) | undefined;
}

/** What every part of the gateway is built on. */
export interface GatewayContext {
  readonly clock: Clock;
  readonly invoke: FunctionInvoker;
  readonly meter: Meter;
  readonly limits: GatewayLimits;
  readonly chaos: GatewayChaos | undefined;
  readonly accountId: string;
  readonly region: string;
  readonly log: (line: string) => void;
}

/** A specification the gateway cannot run as AWS would. Raised when the API is added, never later. */
export class UnsupportedApiError extends Error {
  override readonly name = 'UnsupportedApiError';
}
