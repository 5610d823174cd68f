import * as z from 'zod';
import { authenticate, UnauthenticatedError } from '#core/identity/authenticate.ts';
import type { Services } from '#core/services.ts';
import { toContext } from '../runtime/authoriser-context.ts';
import { buildServices } from '../runtime/build-services.ts';
import { eventHandler } from '../runtime/event-handler.ts';
import { secretsPort, tablePort, tokensPort } from '../runtime/ports.ts';

/** What an HTTP API asks its authoriser, format 2.0. Header names are in lower case. */
const AuthoriserEvent = z.looseObject({ headers: z.record(z.string(), z.string()).default({}) });

/** The simple answer. Values of the context are flat. */
interface Decision {
  readonly isAuthorized: boolean;
  readonly context: Readonly<Record<string, string>>;
}

const decide = async (services: Services, { headers }: z.infer<typeof AuthoriserEvent>): Promise<Decision> => {
  try {
    const principal = await authenticate(services, headers['authorization']);
    return { isAuthorized: true, context: toContext(principal) };
  } catch (error) {
    if (!(error instanceof UnauthenticatedError)) throw error;
    return { isAuthorized: false, context: {} };
  }
};

/** Decides whether a request comes from a live key, and from whom. A fault of ours is an error, never a yes. */
export const createAuthoriseHandler = (services: Services) => eventHandler(services, AuthoriserEvent, decide);

export const handler = createAuthoriseHandler(
  buildServices({ table: tablePort, secrets: secretsPort, tokens: tokensPort }),
);
