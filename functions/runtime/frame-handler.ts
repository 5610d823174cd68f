import * as z from 'zod';
import { type Action, logAction } from '#core/audit/record-action.ts';
import { encodingOf } from '#core/contract/address.ts';
import { inEncoding, isJsonText } from '#core/contract/binary/binary-frame.ts';
import type { ClientFrameType } from '#core/contract/client-frames.ts';
import { frameScopes, type Scope } from '#core/contract/roles.ts';
import { AppError } from '#core/errors/app-error.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { UnauthenticatedError } from '#core/identity/authenticate.ts';
import { type Connection, loadConnection } from '#core/identity/connection.ts';
import { type Principal, requireScope } from '#core/identity/principal.ts';
import { requireLive } from '#core/identity/require-live.ts';
import type { Services } from '#core/services.ts';
import { traceRequest } from '#core/system/debug-mode.ts';
import { takeToken } from '#core/tenants/take-token.ts';
import { encodeFrame } from '#core/watch/push-frame.ts';
import { errorFields, publicError } from './describe-error.ts';
import { eventHandler } from './event-handler.ts';
import type { FrameRoute, FrameRoutes, Reply } from './frame.ts';
import { parseEnvelope, type ReadFrame, readFrame } from './read-frame.ts';

/** `$default`. */
const MessageEvent = z.looseObject({
  body: z.string().nullish(),
  requestContext: z.looseObject({ connectionId: z.string(), routeKey: z.string().optional() }),
});
type MessageEvent = z.infer<typeof MessageEvent>;

/** Where a frame came from. Its address is looked up once, and only when it is asked for before it is known. */
class Sender {
  readonly #services: Services;
  readonly #connectionId: string;
  #address: string | undefined;

  constructor(services: Services, connectionId: string) {
    this.#services = services;
    this.#connectionId = connectionId;
  }

  is({ connectionId }: Connection): void {
    this.#address = connectionId;
  }

  async address(): Promise<string> {
    this.#address ??= await this.#look();
    return this.#address;
  }

  async #look(): Promise<string> {
    try {
      return (await loadConnection(this.#services, this.#connectionId, { asClient: true })).connectionId;
    } catch {
      // Nobody's, or the store is out of reach: what is told then is told in JSON, which every client reads.
      return this.#connectionId;
    }
  }
}

/** What a frame is answered with. The last answer may be the invocation's own result, where its route has one. */
class Answers {
  readonly #services: Services;
  readonly #sender: Sender;
  readonly #correlationId: string | null;
  readonly #isAnsweredByRoute: boolean;
  #last: string | undefined;

  constructor(services: Services, sender: Sender, frame: { readonly id: string | null; readonly routeKey: string }) {
    this.#services = services;
    this.#sender = sender;
    this.#correlationId = frame.id;
    // Those of the gateway's own begin so, and have no answer: `$default`.
    this.#isAnsweredByRoute = !frame.routeKey.startsWith('$');
  }

  readonly reply: Reply = async (type, payload) => {
    await this.push();
    this.#last = encodeFrame(
      this.#services,
      type,
      payload,
      this.#correlationId === null ? {} : { correlationId: this.#correlationId },
    );
    if (!this.#isAnsweredByRoute) await this.push();
  };

  /** Pushes what is kept. What cannot be sent is not sent again: a frame without an answer is repeated by its sender. */
  async push(): Promise<void> {
    const frame = this.#last;
    if (frame === undefined) return;
    this.#last = undefined;
    const address = await this.#sender.address();
    try {
      await this.#services.sockets.post(address, frame);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      this.#services.log.warn('answer not delivered', { connectionId: address });
    }
  }

  /** The invocation's result: with the answer that is kept, in its sender's encoding. */
  async result(): Promise<FrameResult> {
    const frame = this.#last;
    return frame === undefined
      ? { statusCode: 200 }
      : { statusCode: 200, body: inEncoding(encodingOf(await this.#sender.address()), frame) };
  }
}

interface FrameResult {
  readonly statusCode: number;
  readonly body?: string;
}

const refuse = async (services: Services, reply: Reply, id: string | null, thrown: unknown): Promise<void> => {
  const { code, message, retryable, field, limit, retryAfterMs } = publicError(thrown);
  if (!(thrown instanceof AppError)) services.log.warn('frame failed', { frameId: id, ...errorFields(thrown) });
  await reply('error', { id, code, message, retryable, field, limit, retryAfterMs });
};

/** A result is always acknowledged: its sender keeps it until then. */
const isAcknowledged = (type: ClientFrameType, ack: boolean | undefined): boolean =>
  ack === true || type === 'task.result';

/** Said all the time and changing nothing that anybody would ask about. */
const chatter: readonly ClientFrameType[] = [
  'agent.heartbeat',
  'task.progress',
  'watch',
  'unwatch',
  'payload.prepare',
  'message.send',
  'message.ack',
  'message.pull',
  'state.pull',
];
const isChatter = (type: ClientFrameType): boolean => chatter.includes(type);

const NamedItems = z.object({
  taskId: z.string().optional(),
  runId: z.string().optional(),
  agentId: z.string().optional(),
});

/** Which items a frame is about. */
const namedItems = (payload: unknown): Record<string, string> => {
  const named = NamedItems.safeParse(payload).data ?? {};
  return Object.fromEntries(Object.entries(named).flatMap(([name, id]) => (id === undefined ? [] : [[name, id]])));
};

/** Scopes of the frames that speak for an agent. */
const agentScopes: readonly Scope[] = ['agents:connect', 'tasks:work'];

/** Scopes of the frames that come from an agent where the connection has one, and from its principal where not. */
const eitherScopes: readonly Scope[] = ['messages:send'];
const asksForAgent = (scope: Scope): boolean => agentScopes.includes(scope) || eitherScopes.includes(scope);

/** Who tried what, and why it was refused: what an operator looks for after a forged frame. */
const auditRefusal = async (
  services: Services,
  principal: Principal,
  { action, on }: Action,
  run: () => Promise<void>,
): Promise<void> => {
  try {
    await run();
  } catch (error) {
    if (error instanceof AppError && !error.retryable)
      logAction(services, principal, { action, on: { ...on, refused: error.code } });
    throw error;
  }
};

/** Most frames are JSON, and show it; what the others are is known of their connection. */
const readText = async (sender: Sender, text: string): Promise<ReadFrame> =>
  readFrame(text, isJsonText(text) ? 'json' : encodingOf(await sender.address()));

/** The frames that one function serves. */
type ServedFrames = Partial<FrameRoutes<ClientFrameType>>;

/** The gateway hands frames to functions by their type; one that says its type otherwise came to the wrong one. */
class MisroutedFrameError extends AppError {
  override readonly name = 'MisroutedFrameError';
  constructor(type: string) {
    super('UNKNOWN_TYPE', `A frame ${type} is one JSON text whose own field is type.`, { field: 'type' });
  }
}

const routeOf = (routes: ServedFrames, type: ClientFrameType): FrameRoute => {
  const route = routes[type];
  if (route === undefined) throw new MisroutedFrameError(type);
  return route;
};

const handleFrame = async (
  services: Services,
  routes: ServedFrames,
  { body, requestContext: { connectionId, routeKey = '$default' } }: MessageEvent,
): Promise<FrameResult> => {
  const sender = new Sender(services, connectionId);
  const frame = await readText(sender, body ?? '');
  const answers = new Answers(services, sender, { id: frame.id, routeKey });
  const { reply } = answers;
  const startedAt = services.clock.now();
  let from: Principal | undefined;
  let route = '';
  let status = 'ok';
  try {
    const { envelope, type } = parseEnvelope(frame);
    route = type;
    const scope = frameScopes[type];
    const connection = await loadConnection(services, connectionId, { asClient: !asksForAgent(scope) });
    sender.is(connection);
    const { principal } = connection;
    from = principal;
    const action = { action: type, on: namedItems(envelope.payload) };
    await auditRefusal(services, principal, action, async () => {
      await requireLive(services, principal);
      requireScope(principal, scope);
      // What an agent says of its work is never held up: it would hold up what was paid for.
      if (!agentScopes.includes(scope)) await takeToken(services, principal.tenant);
      await routeOf(routes, type).run(services, { envelope, connection, reply });
    });
    if (!isChatter(type)) logAction(services, principal, action);
    if (isAcknowledged(type, envelope.ack)) await reply('ack', { id: envelope.id });
  } catch (error) {
    status = publicError(error).code;
    await refuse(services, reply, frame.id, error);
    // Its credential has ended: nothing that it says will be taken again.
    if (error instanceof UnauthenticatedError) {
      await answers.push();
      await services.sockets.close(connectionId);
    }
  }
  const result = await answers.result();
  if (from !== undefined) await traceRequest(services, from.tenant, { route, status, startedAt, principal: from.id });
  return result;
};

/**
 * The function of frames: one frame, one envelope, one use case. Every refusal is an `error` frame, and a refused frame
 * has changed nothing. Answers are pushed, but for the last one of a frame whose route answers.
 */
export const frameHandler = (services: Services, routes: ServedFrames) =>
  eventHandler(services, MessageEvent, (_services, event) => handleFrame(services, routes, event));
