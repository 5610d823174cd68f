import chain from '@middy/core';
import { aliases } from '#core/contract/aliases.ts';
import { publicRoutes } from '#core/contract/approval-link.ts';
import { routes } from '#core/contract/routes.ts';
import { AppError } from '#core/errors/app-error.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { problemMapper, UnknownRouteError } from '../runtime/http-handler.ts';
import type { HttpResponse } from '../runtime/http-reply.ts';
import { HttpEvent } from '../runtime/http-request.ts';

/** The path exists, but not with this method. */
class MethodNotAllowedError extends AppError {
  override readonly name = 'MethodNotAllowedError';
  constructor(method: string, allowed: readonly string[]) {
    super('METHOD_NOT_ALLOWED', `${method} is not possible here; ${allowed.join(', ')} is.`);
  }
}

const matches = (template: string, path: string): boolean => {
  const parts = path.split('/');
  const expected = template.split('/');
  return (
    parts.length === expected.length && expected.every((part, index) => part.startsWith('{') || part === parts[index])
  );
};

const methodsOf = (path: string): readonly string[] =>
  [...[...routes, ...aliases].map(({ key }) => key), ...publicRoutes].flatMap((key) => {
    const [method = '', template = ''] = key.split(' ');
    return matches(template, path) ? [method] : [];
  });

const refuse = (event: HttpEvent): HttpResponse => {
  const allowed = methodsOf(event.rawPath);
  const { method } = event.requestContext.http;
  // A route that only the contract has is not there: this stack was deployed without it.
  const isOtherMethod = allowed.length > 0 && !allowed.includes(method);
  throw isOtherMethod ? new MethodNotAllowedError(method, allowed) : new UnknownRouteError(event.rawPath);
};

/** Answers what no route of the API matches. */
export const createNotFoundHandler = (services: Pick<Services, 'log'>) =>
  chain<unknown, HttpResponse>()
    .use(problemMapper(services))
    .handler(async (event: unknown) => refuse(HttpEvent.parse(event)));

export const handler = createNotFoundHandler(buildServices({}));
