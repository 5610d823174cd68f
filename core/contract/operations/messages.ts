import * as z from 'zod';
import { MessageSending, SentMessage } from '../messaging.ts';
import { NoQuery, type Operation } from '../operation.ts';

/** Routes of messages. */
export const messageOperations = {
  'POST /v1/messages': {
    summary: 'Send up to ten messages to agents',
    description:
      'To one agent, a group, the subscribers of a topic, or all that a filter names. Answers in order, each with what became of it; a message that comes alone is refused as any request is.',
    input: z.object({ query: NoQuery, body: MessageSending }),
    reply: { status: 200, body: z.looseObject({ results: z.array(SentMessage) }) },
    refuses: ['NOT_FOUND', 'MAILBOX_FULL', 'PAYLOAD_TOO_LARGE', 'IDEMPOTENCY_MISMATCH'],
    example: {
      body: {
        messages: [
          { id: 'release-17', topic: 'releases.shop.started', content: { version: '17.0.1' } },
          { id: 'pause-17', filter: { capability: 'deploy' }, content: 'No deployments until noon.', ttlSeconds: 3600 },
        ],
      },
    },
  },
} as const satisfies Readonly<Record<string, Operation>>;
