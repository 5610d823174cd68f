import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Json } from '../../core/contract/json.ts';
import { backoffMs } from './backoff.ts';
import { AuthenticationError, MusterError, toError } from './errors.ts';
import { parseJson } from './json.ts';
import type { Timers } from './timers.ts';
import { pause } from './timers.ts';

/** One request to the HTTP API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the base, with a leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** Every POST has one; a fresh one when left out. */
  readonly idempotencyKey?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where the HTTP API is and how to reach it. */
export interface HttpOptions {
  /** `https://…/v1`. */
  readonly url: string;
  readonly apiKey: string;
  readonly timers: Timers;
  readonly random: () => number;
}

/** `application/problem+json` as Muster answers it. */
const Problem = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  code: z.string(),
  retryable: z.boolean().optional(),
  field: z.string().optional(),
  limit: z.number().optional(),
  retryAfterMs: z.number().optional(),
});

type Outcome = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly error: MusterError };

const attemptMs = 30_000;
const maxTries = 5;
/** A refusal that is good for longer, as while the system is stopped, is told at once: whoever called may know better than to wait. */
const longestWaitMs = 10_000;
/** What gateways answer when another try may do better. */
const retryableStatuses: readonly number[] = [429, 500, 502, 503, 504];

/**
 * The HTTP API with bounded retries: what is retryable is repeated with jitter, under one Idempotency-Key.
 * @throws {@link MusterError} with the platform's code, or UNAVAILABLE when nobody answers.
 */
export class Http {
  readonly #options: HttpOptions;
  readonly #base: string;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
  }

  /** The parsed answer of a request. */
  async call<Schema extends z.ZodType>(request: ApiRequest, schema: Schema): Promise<z.infer<Schema>> {
    const answer = await this.#callRaw(request);
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new MusterError(
      `${request.method} ${request.path} answered something else: ${z.prettifyError(parsed.error)}`,
      {
        code: 'UNEXPECTED_RESPONSE',
        cause: parsed.error,
      },
    );
  }

  async #callRaw(request: ApiRequest): Promise<Json> {
    const { timers, random } = this.#options;
    const idempotencyKey = request.method === 'POST' ? (request.idempotencyKey ?? randomUUID()) : undefined;
    for (let tries = 1; ; tries++) {
      const outcome = await this.#callOnce(request, idempotencyKey);
      if (outcome.ok) return outcome.value;
      request.signal?.throwIfAborted();
      const { retryable, retryAfterMs = 0 } = outcome.error;
      if (!retryable || tries >= maxTries || retryAfterMs > longestWaitMs) throw outcome.error;
      const wait = backoffMs(tries, { baseMs: 200, capMs: 5000 }, random);
      await pause(timers, Math.max(wait, retryAfterMs), request.signal);
    }
  }

  async #callOnce(
    { method, path, query, body, signal, traceparent }: ApiRequest,
    idempotencyKey: string | undefined,
  ): Promise<Outcome> {
    const timeout = AbortSignal.timeout(attemptMs);
    try {
      const response = await fetch(`${this.#base}${path}${queryText(query)}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#options.apiKey}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
          ...(traceparent === undefined ? {} : { traceparent }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      const text = await response.text();
      if (!response.ok) return { ok: false, error: readProblem(response, text) };
      return readAnswer(text, `${method} ${this.#base}${path}`);
    } catch (thrown) {
      const cause = toError(thrown);
      const message = `${method} ${this.#base}${path}: ${describe(cause)}`;
      return { ok: false, error: new MusterError(message, { code: 'UNAVAILABLE', retryable: true, cause }) };
    }
  }
}

/** Something else than Muster may answer at an address, such as a proxy's page; asking again would not change that. */
const readAnswer = (text: string, request: string): Outcome => {
  try {
    return { ok: true, value: text === '' ? null : parseJson(text) };
  } catch (cause) {
    const error = new MusterError(`${request} answered no JSON: ${text.slice(0, 80)}`, {
      code: 'UNEXPECTED_RESPONSE',
      cause,
    });
    return { ok: false, error };
  }
};

const describe = (error: Error): string =>
  error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;

const queryText = (query: ApiRequest['query']): string => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? '' : `?${params.toString()}`;
};

const readProblem = (response: Response, text: string): MusterError => {
  const { status } = response;
  const problem = Problem.safeParse(tryJson(text));
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  if (problem.success) {
    const { detail, title, code, retryable, field, limit } = problem.data;
    const after = problem.data.retryAfterMs ?? retryAfterMs;
    return new MusterError(detail ?? title ?? code, { code, retryable, status, field, limit, retryAfterMs: after });
  }
  // The gateway's own answers, such as its 401 and 503, are no problem documents.
  if (status === 401 || status === 403) return new AuthenticationError(status, new URL(response.url).origin);
  return new MusterError(`The platform answered ${status}: ${text.slice(0, 200)}`, {
    code: `HTTP_${status}`,
    retryable: retryableStatuses.includes(status),
    status,
    retryAfterMs,
  });
};

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
