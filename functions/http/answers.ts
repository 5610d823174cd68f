import chain from '@middy/core';
import { askedByLink } from '#core/approvals/asked-by-link.ts';
import { answerByLink, readLink } from '#core/approvals/links.ts';
import { recordAction } from '#core/audit/record-action.ts';
import { ApprovalAnswer } from '#core/contract/approval-link.ts';
import { errorCodes } from '#core/contract/error-codes.ts';
import { readJson } from '#core/contract/json.ts';
import { AppError } from '#core/errors/app-error.ts';
import { InvalidFieldError, PayloadTooLargeError } from '#core/errors/errors.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { errorFields, publicError } from '../runtime/describe-error.ts';
import { type HttpResponse, httpResponse, problemResponse } from '../runtime/http-reply.ts';
import { HttpEvent } from '../runtime/http-request.ts';
import { inTime } from '../runtime/in-time.ts';
import { parseInput } from '../runtime/parse-input.ts';
import { enginePorts } from '../runtime/ports.ts';
import { questionPage, refusalPage, thanksPage } from './answer-page.ts';
import { wantsPage } from './wants-page.ts';

/** Nothing is loaded, framed or sent on: the page's address is its credential. */
const safely = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  vary: 'accept',
};

const mostBytes = 64 * 1024;

const optional: ReadonlySet<string> = new Set(['comment', 'evidence']);

/** The fields of a form; what was left empty was not filled in. @throws InvalidFieldError for a field that is there twice. */
const formIn = (text: string): Readonly<Record<string, string>> => {
  const fields = [...new URLSearchParams(text)].filter(([, value]) => value !== '');
  const names = fields.map(([name]) => name);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined) throw new InvalidFieldError(twice, `The form has ${twice} twice.`);
  return Object.fromEntries(fields);
};

/** A form that was sent without choosing, or a body that is no form. */
const isWithoutDecision = (fields: unknown): boolean =>
  typeof fields === 'object' && fields !== null && Object.keys(fields).every((name) => optional.has(name));

/** What a form or a JSON body says. @throws PayloadTooLargeError, InvalidFieldError, UnknownFieldError. */
const answerIn = ({ body = '', isBase64Encoded, headers }: HttpEvent): ApprovalAnswer => {
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > mostBytes) throw new PayloadTooLargeError('body', bytes.byteLength, mostBytes);
  const text = bytes.toString('utf8');
  const isJson = headers['content-type']?.includes('json') === true;
  const fields = isJson ? readJson(text) : formIn(text);
  if (fields === undefined) throw new InvalidFieldError('body', 'The body is not JSON.');
  if (isWithoutDecision(fields))
    throw new InvalidFieldError('decision', 'No decision came. It must be one of the answers that the link shows.');
  return parseInput(ApprovalAnswer, fields);
};

/** The same for a person and for a program. */
const reply = (event: HttpEvent, page: string, body: unknown): HttpResponse =>
  httpResponse({
    status: 200,
    headers: safely,
    ...(wantsPage(event) ? { text: { mediaType: 'text/html; charset=utf-8', body: page } } : { body }),
  });

const serve = async (services: Services, event: HttpEvent): Promise<HttpResponse> => {
  const token = event.pathParameters?.['token'] ?? '';
  if (event.requestContext.http.method !== 'POST') {
    const asked = await askedByLink(services, await readLink(services, token));
    return reply(event, questionPage(asked), asked);
  }
  const answer = answerIn(event);
  const { task, principal } = await answerByLink(services, token, answer);
  // Named by what it answers: the token is written down nowhere.
  await recordAction(services, principal, { action: 'POST /v1/answers/{token}', on: { taskId: task.taskId } });
  return reply(event, thanksPage(answer.decision), task.output);
};

/** A person reads a page, a program a problem. */
const refuse = (event: HttpEvent, error: AppError): HttpResponse => {
  if (!wantsPage(event)) return problemResponse(error);
  const text = { mediaType: 'text/html; charset=utf-8', body: refusalPage(error.message) };
  return httpResponse({ status: errorCodes[error.code].status, headers: safely, text });
};

const withoutBody = ({ body: _body, ...response }: HttpResponse): HttpResponse => response;

/** Answers of people who have a link and no key. No request is let in by anything but the token of its path. */
export const createAnswersHandler = (services: Services) =>
  chain<unknown, HttpResponse>(inTime(services)).handler(async (received: unknown) => {
    const event = HttpEvent.parse(received);
    const answered = async (): Promise<HttpResponse> => {
      try {
        return await serve(services, event);
      } catch (thrown) {
        if (!(thrown instanceof AppError)) services.log.warn('request failed', { ...errorFields(thrown) });
        return refuse(event, publicError(thrown));
      }
    };
    const response = await answered();
    return event.requestContext.http.method === 'HEAD' ? withoutBody(response) : response;
  });

export const handler = createAnswersHandler(buildServices(enginePorts));
