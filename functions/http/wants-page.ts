import type { HttpEvent } from '../runtime/http-request.ts';

/** How much a caller would like a kind of answer, 0 to 1, by its `Accept`; `undefined` when it does not name it. */
const wish = (accept: string, pattern: RegExp): number | undefined => {
  const wishes = accept
    .split(',')
    .map((part) => part.trim())
    .filter((part) => pattern.test(part))
    .map((part) => Number(/;\s*q=([\d.]+)/.exec(part)?.[1] ?? '1'));
  return wishes.length === 0 ? undefined : Math.max(...wishes.map((one) => (Number.isNaN(one) ? 0 : one)));
};

/**
 * Whether whoever asks wants a page rather than JSON: by its `Accept` where that names either, else by what it sent. A
 * browser sends a form, a program JSON; one that only looks is taken for a browser.
 */
export const wantsPage = ({ headers, requestContext }: HttpEvent): boolean => {
  const accept = headers['accept'] ?? '';
  const [page, json] = [wish(accept, /^text\/html\b/i), wish(accept, /^application\/([\w.-]+\+)?json\b/i)];
  if (page !== undefined || json !== undefined) return (page ?? 0) >= (json ?? 0);
  return requestContext.http.method !== 'POST' || headers['content-type']?.includes('json') !== true;
};
