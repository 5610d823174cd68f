import type { JsonService, Meter } from '../contract.ts';
import { type Backend, jsonAnswer } from './backend.ts';

/** Each 64 KB of a request or an answer is one billed request. @see https://aws.amazon.com/sqs/pricing/ */
const billedChunkBytes = 64 * 1024;

/** Queues behind the door. */
export function sqsBackend(queues: JsonService, meter: Meter): Backend {
  return {
    async answer(action, body, input) {
      const answer = jsonAnswer(await queues.handle(action, input));
      const bytes = Math.max(body.length, answer.body.length);
      meter.count('sqs.requests', Math.max(1, Math.ceil(bytes / billedChunkBytes)));
      return answer;
    },
  };
}
