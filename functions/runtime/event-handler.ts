import chain, { type MiddlewareObj } from '@middy/core';
import type * as z from 'zod';
import type { Services } from '#core/services.ts';
import { errorFields } from './describe-error.ts';

/** Logs why an invocation fails and lets it fail, so that its trigger tries again and then keeps it. */
export const failureLog = (services: Pick<Services, 'log'>): MiddlewareObj => ({
  onError: ({ error }) => services.log.warn('invocation failed', errorFields(error)),
});

/** A function that handles one event: parsed, then handed to one use case. An event that does not parse fails. */
export const eventHandler = <Schema extends z.ZodType, Result>(
  services: Services,
  schema: Schema,
  handle: (services: Services, event: z.output<Schema>) => Promise<Result>,
) =>
  chain<unknown, Result>()
    .use(failureLog(services))
    .handler(async (event: unknown) => handle(services, schema.parse(event)));
