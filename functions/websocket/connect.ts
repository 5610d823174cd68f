import * as z from 'zod';
import { addressOf, Encoding } from '#core/contract/address.ts';
import { errorCodes } from '#core/contract/error-codes.ts';
import { authenticate } from '#core/identity/authenticate.ts';
import { openConnection } from '#core/identity/connection.ts';
import { spendTicket, subprotocol, ticketAmong } from '#core/identity/tickets.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { errorFields, publicError } from '../runtime/describe-error.ts';
import { eventHandler } from '../runtime/event-handler.ts';
import { secretsPort, tablePort, tokensPort } from '../runtime/ports.ts';

/** `$connect`. Header names are as the client wrote them. The query string names no key: it ends up in logs. */
const ConnectEvent = z.looseObject({
  headers: z.record(z.string(), z.string()).nullish(),
  queryStringParameters: z.record(z.string(), z.string()).nullish(),
  requestContext: z.looseObject({ connectionId: z.string() }),
});
type ConnectEvent = z.infer<typeof ConnectEvent>;

interface Handshake {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const headerOf = ({ headers }: ConnectEvent, name: string): string | undefined =>
  Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];

const protocolsOf = (event: ConnectEvent): readonly string[] =>
  (headerOf(event, 'sec-websocket-protocol') ?? '').split(',').map((part) => part.trim());

/** A browser that has offered subprotocols must be told one of them: never the one that is its credential. */
const accepted = (event: ConnectEvent): Handshake =>
  protocolsOf(event).includes(subprotocol)
    ? { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': subprotocol } }
    : { statusCode: 200 };

const connect = async (services: Services, event: ConnectEvent): Promise<Handshake> => {
  // A client that asks for an encoding which nobody speaks would not understand what it is sent.
  const encoding = Encoding.safeParse(event.queryStringParameters?.['encoding'] ?? 'json');
  if (!encoding.success) return { statusCode: 400 };
  try {
    const header = headerOf(event, 'authorization');
    const ticket = header === undefined ? ticketAmong(protocolsOf(event)) : undefined;
    const principal = ticket === undefined ? await authenticate(services, header) : await spendTicket(services, ticket);
    await openConnection(services, addressOf(event.requestContext.connectionId, encoding.data), principal);
    return accepted(event);
  } catch (error) {
    const { code } = publicError(error);
    if (code !== 'UNAUTHENTICATED') services.log.warn('handshake failed', errorFields(error));
    return { statusCode: errorCodes[code].status };
  }
};

/** Authenticates a socket and remembers it. Anything but 200 refuses the handshake. */
export const createConnectHandler = (services: Services) => eventHandler(services, ConnectEvent, connect);

export const handler = createConnectHandler(
  buildServices({ table: tablePort, secrets: secretsPort, tokens: tokensPort }),
);
