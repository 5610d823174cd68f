import * as z from 'zod';
import type { RoutedRequest } from './http-event.ts';
import { authorizerEvent, queryStringParameters, routeArn } from './http-event.ts';
import { invokeIntegration } from './invoke-integration.ts';
import { allowsInvoke, InvokePolicy } from './invoke-policy.ts';
import type { GatewayContext, HttpApiSpec, HttpAuthorizerSpec } from './spec.ts';

/** What the authorizer decided about one request. */
export type Decision =
  | { readonly kind: 'allowed'; readonly context: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'broken' };

type Verdict =
  | { readonly kind: 'simple'; readonly isAuthorized: boolean; readonly context: Record<string, unknown> }
  | { readonly kind: 'policy'; readonly policy: InvokePolicy };

const SimpleResponse = z.looseObject({
  isAuthorized: z.boolean(),
  context: z.record(z.string(), z.unknown()).nullish(),
});

/** The longest a result may be kept, whatever the authorizer says. */
const maxTtlSeconds = 3600;

function contextVariable(name: string, spec: HttpApiSpec, routed: RoutedRequest): string | undefined {
  const values: Record<string, string> = {
    apiId: spec.apiId,
    routeKey: routed.routeKey,
    stage: spec.stage.name,
    httpMethod: routed.request.method,
    path: routed.request.rawPath,
    'identity.sourceIp': routed.request.sourceIp,
    'identity.userAgent': routed.request.headers['user-agent'] ?? '',
  };
  return values[name];
}

function identityValue(source: string, spec: HttpApiSpec, routed: RoutedRequest): string | undefined {
  const [, kind, name] = /^\$(request\.header|request\.querystring|context|stageVariables)\.(.+)$/.exec(source) ?? [];
  if (name === undefined) return undefined;
  switch (kind) {
    case 'request.header':
      return routed.request.headers[name.toLowerCase()];
    case 'request.querystring':
      return queryStringParameters(routed.request.rawQueryString)?.[name];
    case 'stageVariables':
      return spec.stage.variables?.[name];
    default:
      return contextVariable(name, spec, routed);
  }
}

function readVerdict(authorizer: HttpAuthorizerSpec, payload: unknown): Verdict | undefined {
  if (!authorizer.simpleResponses) {
    const policy = InvokePolicy.safeParse(payload);
    return policy.success ? { kind: 'policy', policy: policy.data } : undefined;
  }
  const simple = SimpleResponse.safeParse(payload);
  if (!simple.success) return undefined;
  return { kind: 'simple', isAuthorized: simple.data.isAuthorized, context: simple.data.context ?? {} };
}

function decide(verdict: Verdict, arn: string): Decision {
  if (verdict.kind === 'simple') {
    return verdict.isAuthorized ? { kind: 'allowed', context: verdict.context } : { kind: 'forbidden' };
  }
  if (!allowsInvoke(verdict.policy, arn)) return { kind: 'forbidden' };
  return { kind: 'allowed', context: verdict.policy.context ?? {} };
}

/**
 * The authorizers of one HTTP API. Results are kept by the values of the identity sources for the authorizer's TTL;
 * a kept policy is evaluated anew for each route, a kept simple answer holds for all of them.
 */
export function createHttpAuthorizer(
  context: GatewayContext,
  spec: HttpApiSpec,
): (authorizer: HttpAuthorizerSpec, routed: RoutedRequest) => Promise<Decision> {
  const cache = new Map<string, { readonly verdict: Verdict; readonly expiresAt: number }>();

  const ask = async (authorizer: HttpAuthorizerSpec, routed: RoutedRequest, identity: readonly string[]) => {
    const target = { functionArn: authorizer.functionArn, timeoutMs: context.limits.httpIntegrationMs };
    const outcome = await invokeIntegration(context, target, authorizerEvent(context, spec, { ...routed, identity }));
    return outcome.kind === 'answered' ? readVerdict(authorizer, outcome.payload) : undefined;
  };

  return async (authorizer, routed) => {
    const identity: string[] = [];
    for (const source of authorizer.identitySources) {
      const value = identityValue(source, spec, routed);
      if (value === undefined || value === '') return { kind: 'unauthorized' };
      identity.push(value);
    }
    const arn = routeArn(context, spec, routed.request);
    const ttlSeconds = identity.length > 0 ? Math.min(authorizer.resultTtlSeconds, maxTtlSeconds) : 0;
    const key = JSON.stringify([authorizer.functionArn, authorizer.identitySources, identity]);
    const kept = cache.get(key);
    if (kept !== undefined && kept.expiresAt > context.clock.now()) return decide(kept.verdict, arn);
    cache.delete(key);
    const verdict = await ask(authorizer, routed, identity);
    if (verdict === undefined) return { kind: 'broken' };
    if (ttlSeconds > 0) cache.set(key, { verdict, expiresAt: context.clock.now() + ttlSeconds * 1000 });
    return decide(verdict, arn);
  };
}
