import * as z from 'zod';
import { ApprovalAnswer, AskedByLink, type publicRoutes, TakenAnswer } from '../approval-link.ts';
import { NoQuery, type Operation } from '../operation.ts';

/** An operation that needs no key. Beside JSON it answers a page to whoever asks for `text/html`. */
export interface PublicOperation extends Operation {
  /** What a page may send instead of JSON. */
  readonly formBody?: boolean;
}

const params = z.object({ token: z.string().describe('As the link has it: 64 hexadecimal digits.') });
const example = { params: { token: '0f'.repeat(32) } };

/** Routes of people who have a link and no key. */
export const answerOperations = {
  'GET /v1/answers/{token}': {
    summary: 'See what a link asks, or how that has ended',
    description:
      'A page with a button for each answer; with `Accept: application/json` the same to be read by a program. It changes nothing. A token that never was, was used or has expired is 404.',
    input: z.object({ params, query: NoQuery }),
    reply: { status: 200, body: AskedByLink },
    example,
  },
  'HEAD /v1/answers/{token}': {
    summary: 'See whether a link is good, without what it asks',
    input: z.object({ params, query: NoQuery }),
    reply: { status: 200 },
    example,
  },
  'POST /v1/answers/{token}': {
    summary: 'Answer an approval by a link, once',
    description:
      'The answer is that of the person whom the link is for. A form is answered by a page, JSON by JSON, unless `Accept` asks for the other. An answer that comes after the end is refused; where nobody had answered it is kept aside.',
    repeat: 'fresh',
    formBody: true,
    input: z.object({ params, query: NoQuery, body: ApprovalAnswer }),
    reply: { status: 200, body: TakenAnswer },
    refuses: ['ALREADY_TERMINAL', 'APPROVAL_EXPIRED', 'CONFLICT'],
    example: { ...example, body: { decision: 'approved', comment: 'Reviewed with the team.' } },
  },
} as const satisfies Readonly<Record<(typeof publicRoutes)[number], PublicOperation>>;
