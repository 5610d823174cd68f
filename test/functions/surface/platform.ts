import { RunId } from '#core/contract/ids.ts';
import { type Route, routes } from '#core/contract/routes.ts';
import { authenticate } from '#core/identity/authenticate.ts';
import { endRun } from '#core/runs/end-run.ts';
import { readRun } from '#core/runs/run.ts';
import { createAuthoriseHandler } from '#functions/http/authorise.ts';
import { familyHandlers } from '../family-handlers.ts';
import { context, createWorld, frameText, httpEvent, openSocket, type ReceivedFrame, type World } from '../harness.ts';

/** A request as it comes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** With the query, from the slash on. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string | undefined;
}

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  /** JSON where it says so, else text. Read freely. */
  readonly body: unknown;
}

/** A socket of an agent. */
export interface AgentSocket {
  readonly frames: () => readonly ReceivedFrame[];
  say(type: string, payload: unknown): Promise<void>;
}

const all: readonly Route[] = routes;

/** Paths without parameters come before those with, as in the gateway. */
const bySpecificity = (one: Route, other: Route): number => one.key.split('{').length - other.key.split('{').length;
const ordered = all.toSorted(bySpecificity);

/** Which route a request is for, and what its path says. */
const routeOf = (method: string, path: string): { route: Route; params: Record<string, string> } | undefined => {
  const parts = path.split('/');
  for (const route of ordered) {
    const [routeMethod, template = ''] = route.key.split(' ');
    const expected = template.split('/');
    const fits =
      expected.length === parts.length && expected.every((part, at) => part.startsWith('{') || part === parts[at]);
    if (routeMethod !== method || !fits) continue;
    const named = expected.flatMap((part, at) => (part.startsWith('{') ? [[part.slice(1, -1), parts[at] ?? '']] : []));
    return { route, params: Object.fromEntries(named.map(([name, value]) => [name, decodeURIComponent(value ?? '')])) };
  }
  return undefined;
};

/** As a stack's secret is made. */
const secret = '0123456789'.repeat(4);

const withSecret = (): World => {
  const { ports, services } = createWorld();
  return { ports, services: { ...services, secrets: { bootstrapSecret: async () => secret } } };
};

/** The functions of the HTTP API behind their authoriser, on twins of every port: what a stack answers, without its network. */
export class SurfacePlatform {
  readonly #world = withSecret();
  readonly #authorise = createAuthoriseHandler(this.#world.services);
  readonly #handlers = new Map(
    Object.entries(familyHandlers).map(([family, create]) => [family, create(this.#world.services)]),
  );
  #sockets = 0;

  /** The key that every installation begins with. */
  async bootstrapKey(): Promise<string> {
    return `mst_default_bootstrap_${await this.#world.services.secrets.bootstrapSecret()}`;
  }

  async send({ method, target, headers, text }: WireRequest): Promise<WireAnswer> {
    // The gateway's own refusals.
    if (headers['authorization'] === undefined) return refusal(401, 'Unauthorized');
    const decision = await this.#authorise({ headers }, context);
    if (!decision.isAuthorized) return refusal(403, 'Forbidden');
    return this.#hand({ method, target, headers, text }, decision.context);
  }

  async #hand(
    { method, target, headers, text }: WireRequest,
    lambda: Readonly<Record<string, string>>,
  ): Promise<WireAnswer> {
    const url = new URL(target, 'http://surface.test');
    const { route, params } = routeOf(method, url.pathname) ?? {};
    const handler = this.#handlers.get(route?.family ?? '');
    if (route === undefined || handler === undefined) throw new Error(`nobody serves ${method} ${url.pathname}`);
    const event = httpEvent(route.key, {
      headers,
      params: params ?? {},
      ...(url.search === '' ? {} : { query: Object.fromEntries(url.searchParams) }),
      ...(text === undefined ? {} : { text }),
    });
    const requestContext = { ...event.requestContext, authorizer: { lambda } };
    const answer = await handler({ ...event, rawPath: url.pathname, requestContext }, context);
    const { statusCode, headers: said, body = '' } = answer;
    const contentType = said['content-type'] ?? '';
    return { status: statusCode, contentType, body: contentType.includes('json') ? JSON.parse(body) : body };
  }

  /** Ends a run as its mode does at its end: there is no state machine here. */
  async endRun(key: string, runId: string): Promise<void> {
    const { services } = this.#world;
    const { tenant } = await authenticate(services, `Bearer ${key}`);
    await endRun(services, await readRun(services, tenant, RunId.parse(runId)), { status: 'SUCCEEDED' });
  }

  /** An agent's socket, under a key. */
  async connect(key: string, registration: object): Promise<AgentSocket> {
    this.#sockets += 1;
    const { services } = this.#world;
    const socket = await openSocket(this.#world, await authenticate(services, `Bearer ${key}`), `c-${this.#sockets}`);
    let seq = 0;
    const say = async (type: string, payload: unknown): Promise<void> => {
      seq += 1;
      await socket.send(frameText(type, payload, { seq, id: `f-${seq}` }));
    };
    await say('agent.register', registration);
    return { frames: socket.received, say };
  }
}

const refusal = (status: number, message: string): WireAnswer => ({
  status,
  contentType: 'application/json',
  body: { message },
});
