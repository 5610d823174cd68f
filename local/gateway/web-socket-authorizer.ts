import { invokeIntegration } from './invoke-integration.ts';
import { allowsInvoke, InvokePolicy } from './invoke-policy.ts';
import type { GatewayContext, WebSocketApiSpec, WebSocketAuthorizerSpec } from './spec.ts';
import type { ConnectionFacts, Handshake } from './web-socket-events.ts';
import { newRequestId, webSocketEvent } from './web-socket-events.ts';

/** What the `$connect` authorizer decided. */
export type ConnectDecision =
  | { readonly kind: 'allowed'; readonly authorizer: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly statusCode: 401 | 403 | 500; readonly message: string };

const unauthorized = { kind: 'refused', statusCode: 401, message: 'Unauthorized' } as const;
const forbidden = { kind: 'refused', statusCode: 403, message: 'Forbidden' } as const;
const broken = { kind: 'refused', statusCode: 500, message: 'Internal server error' } as const;

function hasIdentity(source: string, spec: WebSocketApiSpec, handshake: Handshake): boolean {
  const [, kind, name = ''] =
    /^(?:route\.)?(request\.header|request\.querystring|stageVariables)\.(.+)$/.exec(source) ?? [];
  switch (kind) {
    case 'request.header': {
      const wanted = name.toLowerCase();
      return Object.entries(handshake.headers).some(([key, value]) => key.toLowerCase() === wanted && value !== '');
    }
    case 'request.querystring':
      return (handshake.queryStringParameters?.[name] ?? '') !== '';
    case 'stageVariables':
      return (spec.stage.variables?.[name] ?? '') !== '';
    default:
      return false;
  }
}

/** Asks a REQUEST authorizer whether a client may connect. Its answer is never kept: WebSocket APIs have no cache. */
export async function authorizeConnect(
  context: GatewayContext,
  spec: WebSocketApiSpec,
  authorizer: WebSocketAuthorizerSpec,
  client: { readonly facts: ConnectionFacts; readonly handshake: Handshake },
): Promise<ConnectDecision> {
  const isComplete = authorizer.identitySources.every((source) => hasIdentity(source, spec, client.handshake));
  if (!isComplete) return unauthorized;
  const arn = `arn:aws:execute-api:${context.region}:${context.accountId}:${spec.apiId}/${spec.stage.name}/$connect`;
  const event = {
    type: 'REQUEST',
    methodArn: arn,
    ...webSocketEvent(context, spec, client.facts, {
      routeKey: '$connect',
      eventType: 'CONNECT',
      requestId: newRequestId(),
      fields: client.handshake,
    }),
  };
  const target = { functionArn: authorizer.functionArn, timeoutMs: context.limits.webSocketIntegrationMs };
  const outcome = await invokeIntegration(context, target, event);
  if (outcome.kind !== 'answered') return broken;
  const policy = InvokePolicy.safeParse(outcome.payload);
  if (!policy.success) return broken;
  if (!allowsInvoke(policy.data, arn)) return forbidden;
  return { kind: 'allowed', authorizer: { principalId: policy.data.principalId, ...policy.data.context } };
}
