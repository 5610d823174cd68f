import * as z from 'zod';
import type { ErrorCode } from './error-codes.ts';
import type { RouteFamily, routes } from './routes.ts';

/** The key of a route of the contract. */
export type RouteKey = (typeof routes)[number]['key'];

/** What a request is made of. A body that a route does not name is not read. */
export type OperationInput = z.ZodObject<{
  params?: z.ZodObject;
  query: z.ZodObject;
  body?: z.ZodType;
}>;

/** A request that works, and is shown in the generated description. */
export interface OperationExample {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * One HTTP route in full: what it takes, what it answers, what it refuses. The function of its family parses requests by
 * `input`, and the OpenAPI description is generated from the same words; so neither can say something else.
 */
export interface Operation {
  /** In the imperative, without a full stop. */
  readonly summary: string;
  readonly description?: string;
  readonly input: OperationInput;
  /** What its path names, where the parameter's name does not say it. */
  readonly of?: string;
  /** The answer to a request that is taken; without `body` there is none. */
  readonly reply: {
    readonly status: 200 | 201 | 204;
    readonly body?: z.ZodType;
    /** @default application/json */
    readonly mediaType?: string;
  };
  /** Another answer, which something in the request asks for. */
  readonly alternative?: { readonly status: 200 | 202; readonly when: string; readonly body: z.ZodType };
  /** Refusals of its own, beside those that every route has (see `commonRefusals`). A race that is lost (`CONFLICT`) is not listed. */
  readonly refuses?: readonly ErrorCode[];
  /**
   * What makes a repeat of a POST under one `Idempotency-Key` harmless: `stored`, it is answered as it was; `keyed`, the id of
   * what it makes derives from the key; `fresh`, it gives something new each time, which nobody minds.
   * @default stored
   */
  readonly repeat?: 'stored' | 'keyed' | 'fresh';
  /** Answers an `ETag`; takes `If-Match` when it changes something. */
  readonly isVersioned?: boolean;
  /** Always refused so far; there is no other answer. */
  readonly isMissing?: boolean;
  readonly example?: OperationExample;
}

/** The operations of a family: one for each of its routes, none too many. */
export type Operations<Family extends RouteFamily> = Readonly<
  Record<Extract<(typeof routes)[number], { family: Family }>['key'], Operation>
>;

/** What every route may answer instead, whatever it is asked. */
export const commonRefusals: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'INVALID_FIELD',
  'UNKNOWN_FIELD',
  'RATE_LIMITED',
];

/** Why something is stopped: told to whom it concerns. */
export const StopRequest = z.strictObject({ reason: z.string().min(1).max(1024).default('Stopped by an operator.') });

/** A query without parameters. */
export const NoQuery = z.strictObject({});

/** A page of a list. */
export const pageQuery = {
  cursor: z.string().min(1).max(4096).optional().describe('The `nextCursor` of the page before.'),
  limit: z.coerce.number().int().min(1).max(100).default(50).describe('How many items are looked at.'),
} as const;

/** A page as it is answered. A filter thins a page out: it may be short, or empty, and have a cursor. */
export const pageOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.looseObject({ items: z.array(entry), nextCursor: z.string().optional().describe('Present when there is more.') });

/** A truth value in a query. */
export const QueryFlag = z.enum(['true', 'false']).transform((text) => text === 'true');
