import { STATUS_CODES } from 'node:http';
import { errorCodes } from '#core/contract/error-codes.ts';
import type { AppError } from '#core/errors/app-error.ts';

/** What a route answers; without a body there is none. */
export interface HttpReply {
  readonly status: number;
  readonly body?: unknown;
}

/** A Lambda proxy response, format 2.0. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly field?: string | undefined;
  readonly limit?: number | undefined;
  readonly retryAfterMs?: number | undefined;
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

/** A reply as JSON. */
export const httpResponse = ({ status, body }: HttpReply): HttpResponse =>
  body === undefined
    ? { statusCode: status, headers: common }
    : { statusCode: status, headers: { ...common, 'content-type': 'application/json' }, body: JSON.stringify(body) };

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
