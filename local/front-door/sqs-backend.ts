import type { JsonService, Meter } from '../contract.ts';
import { type Backend, jsonAnswer } from './backend.ts';

/** Each 64 KB of a request or an answer is one billed request. @see https://aws.amazon.com/sqs/pricing/ */
const billedChunkBytes = 64 * 1024;

/** Queues behind the door. */
export function sqsBackend(queues: JsonService, meter: Meter): Backend {
  return {
    async answer(action, body, input) {
      const found = await queues.handle(action, input);
      const answer = jsonAnswer(found);
      const bytes = Math.max(body.length, answer.body.length);
      // How often nothing is found depends on time, not on what is done; it is billed all the same.
      const isEmpty = action === 'ReceiveMessage' && !Array.isArray(found.Messages);
      meter.count(isEmpty ? 'sqs.emptyReceives' : 'sqs.requests', Math.max(1, Math.ceil(bytes / billedChunkBytes)));
      return answer;
    },
  };
}
