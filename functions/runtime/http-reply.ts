import { STATUS_CODES } from 'node:http';
import { errorCodes } from '#core/contract/error-codes.ts';
import type { Problem } from '#core/contract/problem.ts';
import type { AppError } from '#core/errors/app-error.ts';

/** What a route answers; without a body there is none. */
export interface HttpReply {
  /** @default the one that the contract names first */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The body in a format other than JSON. */
  readonly text?: { readonly mediaType: string; readonly body: string };
  /** It was only looked at: there is no action to keep. */
  readonly changesNothing?: boolean;
}

/** A Lambda proxy response, format 2.0. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An error as the API says it. */
export const problemOf = (error: AppError): Problem => {
  const { status } = errorCodes[error.code];
  const { code, retryable, field, limit, retryAfterMs } = error;
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? code,
    status,
    detail: error.message,
    code,
    retryable,
    field,
    limit,
    retryAfterMs,
  };
};

/** Answers are of one caller at one moment: nobody between may keep them. */
const common = { 'cache-control': 'no-store' };

/** A reply as JSON, or in the format that it has itself. */
export const httpResponse = ({
  status,
  headers,
  body,
  text,
}: HttpReply & { readonly status: number }): HttpResponse => {
  if (text === undefined && body === undefined) return { statusCode: status, headers: { ...common, ...headers } };
  return {
    statusCode: status,
    headers: { ...common, 'content-type': text?.mediaType ?? 'application/json', ...headers },
    body: text?.body ?? JSON.stringify(body),
  };
};

/** A refusal as problem+json. */
export const problemResponse = (error: AppError): HttpResponse => {
  const problem = problemOf(error);
  const retryAfter = problem.retryAfterMs === undefined ? undefined : Math.ceil(problem.retryAfterMs / 1000);
  return {
    statusCode: problem.status,
    headers: {
      ...common,
      'content-type': 'application/problem+json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify(problem),
  };
};
