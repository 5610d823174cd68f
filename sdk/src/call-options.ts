import * as z from 'zod';
import type { Encoding } from '../../core/contract/address.ts';
import type { Timers } from './timers.ts';

/** Where a client finds the platform. */
export interface ClientOptions {
  /** HTTP base, `https://…/v1`. */
  readonly url: string;
  /** `wss://…`. Without it the client polls instead of listening. */
  readonly socketUrl?: string;
  readonly apiKey: string;
  /** How frames are written on the socket (docs/binary.md). @default 'json' */
  readonly encoding?: Encoding;
  /** For tests. */
  readonly timers?: Timers;
  readonly random?: () => number;
}

/** Of a call that may be repeated or called off. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Of a call that creates something: the same key creates the same thing. */
export interface SubmitOptions extends CallOptions {
  readonly idempotencyKey?: string | undefined;
  /** The W3C trace that it belongs to. */
  readonly traceparent?: string | undefined;
}

/** Of a call that waits for an end. */
export interface WaitOptions extends CallOptions {
  /** After this the wait, not the work, ends with WAIT_TIMEOUT. */
  readonly timeoutMs?: number | undefined;
}

/** Which part of a list, and which entries. */
export interface ListOptions extends CallOptions {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly status?: string | undefined;
}

/** One page of a list; `nextCursor` asks for the next. */
export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor?: string | undefined;
}

/** The schema of a page of such items. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ items: z.array(item), nextCursor: z.string().optional() });
