import { UnavailableError } from '#core/errors/errors.ts';
import type { Services } from '#core/services.ts';
import { type HttpResponse, problemResponse } from './http-reply.ts';

/** Enough to write an answer, also where the processor is shared with many. */
const timeToAnswerMs = 500;

/**
 * Answers 503 UNAVAILABLE shortly before a function's time is over. Without it Lambda ends the function, of which API
 * Gateway makes a 500 without a code: nobody could tell a store that is slow from a fault.
 */
export const inTime = ({ log }: Pick<Services, 'log'>) => ({
  timeoutEarlyInMillis: timeToAnswerMs,
  timeoutEarlyResponse: (): HttpResponse => {
    log.warn('request took too long', {});
    return problemResponse(new UnavailableError('What this request needs'));
  },
});
