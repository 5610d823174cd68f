import chain from '@middy/core';
import * as z from 'zod';
import { answerByLink, readLink } from '#core/approvals/links.ts';
import { recordAction } from '#core/audit/record-action.ts';
import { errorCodes } from '#core/contract/error-codes.ts';
import { Name } from '#core/contract/ids.ts';
import { readJson } from '#core/contract/json.ts';
import { AppError } from '#core/errors/app-error.ts';
import { InvalidFieldError } from '#core/errors/errors.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { errorFields, publicError } from '../runtime/describe-error.ts';
import { type HttpResponse, httpResponse, problemResponse } from '../runtime/http-reply.ts';
import { HttpEvent } from '../runtime/http-request.ts';
import { enginePorts } from '../runtime/ports.ts';
import { questionPage, refusalPage, thanksPage } from './answer-page.ts';

/** Nothing is loaded, framed or sent on: the page's address is its credential. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const Answer = z.object({ decision: Name, comment: z.string().max(4096).optional() });

const mostBytes = 64 * 1024;

/** What a form or a JSON body says. @throws InvalidFieldError. */
const answerIn = ({ body = '', isBase64Encoded, headers }: HttpEvent): z.infer<typeof Answer> => {
  const text = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  if (text.length > mostBytes) throw new InvalidFieldError('body', `The body has more than ${mostBytes} characters.`);
  const isJson = headers['content-type']?.includes('json') === true;
  const fields = isJson
    ? readJson(text)
    : Object.fromEntries([...new URLSearchParams(text)].filter(([, value]) => value !== ''));
  const answer = Answer.safeParse(fields);
  if (!answer.success) throw new InvalidFieldError('decision', 'The body names no decision.');
  return answer.data;
};

const html = (status: number, body: string): HttpResponse =>
  httpResponse({ status, headers: pageHeaders, text: { mediaType: 'text/html; charset=utf-8', body } });

const serve = async (services: Services, event: HttpEvent): Promise<HttpResponse> => {
  const token = event.pathParameters?.['token'] ?? '';
  if (event.requestContext.http.method !== 'POST') return html(200, questionPage(await readLink(services, token)));
  const answer = answerIn(event);
  const { task, principal } = await answerByLink(services, token, answer);
  // Named by what it answers: the token is written down nowhere.
  await recordAction(services, principal, { action: 'POST /v1/answers/{token}', on: { taskId: task.taskId } });
  return html(200, thanksPage(answer.decision));
};

/** A person reads a page, a program a problem. */
const refuse = (event: HttpEvent, error: AppError): HttpResponse => {
  const wantsPage = event.headers['accept']?.includes('text/html') === true;
  return wantsPage ? html(errorCodes[error.code].status, refusalPage(error.message)) : problemResponse(error);
};

/** Answers of people who have a link and no key. No request is let in by anything but the token of its path. */
export const createAnswersHandler = (services: Services) =>
  chain<unknown, HttpResponse>().handler(async (received: unknown) => {
    const event = HttpEvent.parse(received);
    try {
      return await serve(services, event);
    } catch (thrown) {
      if (!(thrown instanceof AppError)) services.log.warn('request failed', { ...errorFields(thrown) });
      return refuse(event, publicError(thrown));
    }
  });

export const handler = createAnswersHandler(buildServices(enginePorts));
