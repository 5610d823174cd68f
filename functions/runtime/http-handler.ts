import chain, { type MiddlewareObj } from '@middy/core';
import * as z from 'zod';
import { isOperatorScope, logAction, recordAction } from '#core/audit/record-action.ts';
import { aliases } from '#core/contract/aliases.ts';
import { readJson } from '#core/contract/json.ts';
import { type Route, type RouteFamily, routes } from '#core/contract/routes.ts';
import { AppError } from '#core/errors/app-error.ts';
import { type Principal, requireScope } from '#core/identity/principal.ts';
import { answerOnce, StoredReply } from '#core/repeat/answer-once.ts';
import type { Services } from '#core/services.ts';
import { traceRequest } from '#core/system/debug-mode.ts';
import { takeToken } from '#core/tenants/take-token.ts';
import { errorFields, publicError } from './describe-error.ts';
import { type HttpReply, type HttpResponse, httpResponse, problemResponse } from './http-reply.ts';
import {
  bodyOf,
  HttpEvent,
  idempotencyKeyOf,
  ifMatchOf,
  originOf,
  principalOf,
  repeatSecretOf,
  traceparentOf,
} from './http-request.ts';
import { inTime } from './in-time.ts';
import type { Caller, FamilyRoutes, HttpRoute, RawRequest } from './route.ts';

/** Turns whatever was thrown into problem+json; what nobody foresaw is logged and told as INTERNAL. */
export const problemMapper = (services: Pick<Services, 'log'>): MiddlewareObj<unknown, HttpResponse> => ({
  onError: (request) => {
    const error = publicError(request.error);
    if (!(request.error instanceof AppError)) {
      const parsed = HttpEvent.safeParse(request.event);
      const { routeKey, requestContext } = parsed.data ?? {};
      services.log.warn('request failed', {
        route: routeKey,
        requestId: requestContext?.requestId,
        ...errorFields(request.error),
      });
    }
    request.response = problemResponse(error);
  },
});

/** What says why it is asked for: the audit keeps that. */
const Reasoned = z.looseObject({ reason: z.string().optional() });

/** A path that no route has. */
export class UnknownRouteError extends AppError {
  override readonly name = 'UnknownRouteError';
  constructor(path: string) {
    super('NOT_FOUND', `There is no route ${path}.`);
  }
}

const contractRoutes: readonly Route[] = routes;
const routeByAlias: ReadonlyMap<string, string> = new Map(aliases.map(({ key, route }) => [key, route]));

/** The route that a path stands for: itself, unless it is an older one. */
const routeOf = (routeKey: string): string => routeByAlias.get(routeKey) ?? routeKey;

interface Asked {
  readonly routeKey: string;
  readonly found: HttpRoute;
  readonly request: RawRequest;
  readonly caller: Caller;
  /** The caller has named the request, and may send it again. */
  readonly isRepeatable: boolean;
}

/** A POST that its caller has named is answered again as it was, where its use case does not see to that itself. */
const answer = async (services: Services, asked: Asked): Promise<HttpReply & { readonly status: number }> => {
  const { routeKey, found, request, caller } = asked;
  if (!asked.isRepeatable || !found.isStored || !routeKey.startsWith('POST '))
    return found.run(services, request, caller);
  const { principal, idempotencyKey } = caller;
  return answerOnce(services, { principal, idempotencyKey, request: [routeKey, request] }, async () =>
    // As it is sent: what is undefined is not there.
    StoredReply.parse(readJson(JSON.stringify(await found.run(services, request, caller)))),
  );
};

/** Logs what a request came to while its tenant's debug mode is on. */
const traced = async (
  services: Services,
  event: HttpEvent,
  principal: Principal,
  handle: () => Promise<HttpResponse>,
): Promise<HttpResponse> => {
  const startedAt = services.clock.now();
  const trace = (status: string): Promise<void> =>
    traceRequest(services, principal.tenant, {
      route: event.routeKey,
      status,
      startedAt,
      principal: principal.id,
      requestId: event.requestContext.requestId,
    });
  try {
    const response = await handle();
    await trace(String(response.statusCode));
    return response;
  } catch (error) {
    await trace(publicError(error).code);
    throw error;
  }
};

const serve = async (
  services: Services,
  served: Readonly<Record<string, HttpRoute>>,
  event: HttpEvent,
  principal: Principal,
): Promise<HttpResponse> => {
  const routeKey = routeOf(event.routeKey);
  const known = contractRoutes.find(({ key }) => key === routeKey);
  const found = Object.hasOwn(served, routeKey) ? served[routeKey] : undefined;
  if (known === undefined || found === undefined) throw new UnknownRouteError(event.rawPath);
  requireScope(principal, known.scope);
  await takeToken(services, principal.tenant);
  const request = {
    params: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    body: bodyOf(event),
  };
  const caller = {
    principal,
    idempotencyKey: idempotencyKeyOf(services, event),
    repeatSecret: repeatSecretOf(event),
    origin: originOf(event),
    ifMatch: ifMatchOf(event),
    traceparent: traceparentOf(event),
  };
  const reply = await answer(services, {
    routeKey,
    found,
    request,
    caller,
    isRepeatable: 'idempotency-key' in event.headers,
  });
  if (!known.key.startsWith('GET ') && reply.changesNothing !== true) {
    const { reason } = Reasoned.safeParse(request.body).data ?? {};
    const action = { action: known.key, on: request.params, reason };
    if (isOperatorScope(known.scope)) await recordAction(services, principal, action);
    else logAction(services, principal, action);
  }
  return httpResponse(reply);
};

/** The function of one resource family: it dispatches on the route that the API has matched. */
export const httpHandler = <Family extends RouteFamily>(services: Services, served: FamilyRoutes<Family>) =>
  chain<unknown, HttpResponse>(inTime(services))
    .use(problemMapper(services))
    .handler(async (received: unknown) => {
      const event = HttpEvent.parse(received);
      const principal = principalOf(event);
      return traced(services, event, principal, () => serve(services, served, event, principal));
    });
