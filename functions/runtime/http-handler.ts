import chain, { type MiddlewareObj } from '@middy/core';
import { isOperatorScope, logAction, recordAction } from '#core/audit/record-action.ts';
import { type Route, type RouteFamily, routes } from '#core/contract/routes.ts';
import { AppError } from '#core/errors/app-error.ts';
import { requireScope } from '#core/identity/principal.ts';
import type { Services } from '#core/services.ts';
import { errorFields, publicError } from './describe-error.ts';
import { type HttpResponse, httpResponse, problemResponse } from './http-reply.ts';
import { bodyOf, HttpEvent, idempotencyKeyOf, ifMatchOf, principalOf } from './http-request.ts';
import type { FamilyRoutes, HttpRoute } from './route.ts';

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

/** A path that no route has. */
export class UnknownRouteError extends AppError {
  override readonly name = 'UnknownRouteError';
  constructor(path: string) {
    super('NOT_FOUND', `There is no route ${path}.`);
  }
}

const contractRoutes: readonly Route[] = routes;

const serve = async (
  services: Services,
  served: Readonly<Record<string, HttpRoute>>,
  event: HttpEvent,
): Promise<HttpResponse> => {
  const principal = principalOf(event);
  const known = contractRoutes.find(({ key }) => key === event.routeKey);
  const found = Object.hasOwn(served, event.routeKey) ? served[event.routeKey] : undefined;
  if (known === undefined || found === undefined) throw new UnknownRouteError(event.rawPath);
  requireScope(principal, known.scope);
  const request = {
    params: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    body: bodyOf(event),
  };
  const caller = { principal, idempotencyKey: idempotencyKeyOf(services, event), ifMatch: ifMatchOf(event) };
  const reply = await found.run(services, request, caller);
  if (!known.key.startsWith('GET ')) {
    const action = { action: known.key, on: request.params };
    if (isOperatorScope(known.scope)) await recordAction(services, principal, action);
    else logAction(services, principal, action);
  }
  return httpResponse(reply);
};

/** The function of one resource family: it dispatches on the route that the API has matched. */
export const httpHandler = <Family extends RouteFamily>(services: Services, served: FamilyRoutes<Family>) =>
  chain<unknown, HttpResponse>()
    .use(problemMapper(services))
    .handler(async (event: unknown) => serve(services, served, HttpEvent.parse(event)));
