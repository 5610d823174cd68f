import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import chain from '@middy/core';
import * as z from 'zod';
import { readJson } from '#core/contract/json.ts';
import type { Services } from '#core/services.ts';
import { errorFields } from './describe-error.ts';
import { failureLog } from './event-handler.ts';
import { fieldErrorOf } from './parse-input.ts';

const SqsEvent = z.looseObject({
  Records: z.array(
    z.looseObject({
      messageId: z.string(),
      body: z.string(),
      attributes: z.looseObject({ ApproximateReceiveCount: z.coerce.number().optional() }).optional(),
    }),
  ),
});
type SqsRecord = z.infer<typeof SqsEvent>['Records'][number];

/** A message that says nothing this function understands. It fails until the queue gives it to its dead letters. */
export class UnreadableMessageError extends Error {
  override readonly name = 'UnreadableMessageError';
}

/** A message as its schema has it. @throws UnreadableMessageError with the reason. */
export const parseMessage = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new UnreadableMessageError(fieldErrorOf(parsed.error.issues, value).message);
  return parsed.data;
};

/** @throws UnreadableMessageError with the reason. */
const parseBody = <Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> => {
  const value = readJson(body);
  if (value === undefined) throw new UnreadableMessageError('The body is not JSON.');
  return parseMessage(schema, value);
};

/**
 * A function behind a queue: each message is parsed and handed to one use case. A message that fails is reported alone,
 * with its reason in the log; the queue delivers it again and, after `maxReceiveCount` times, to its dead letters.
 */
export const queueHandler = <Schema extends z.ZodType>(
  services: Services,
  schema: Schema,
  handle: (services: Services, message: z.output<Schema>) => Promise<unknown>,
) => {
  const handleRecord = async ({ messageId, body, attributes }: SqsRecord): Promise<void> => {
    try {
      await handle(services, parseBody(schema, body));
    } catch (error) {
      const attempt = attributes?.ApproximateReceiveCount;
      services.log.warn('message failed', { messageId, attempt, ...errorFields(error) });
      throw error;
    }
  };
  return chain<unknown, Awaited<ReturnType<typeof processPartialResponse>>>()
    .use(failureLog(services))
    .handler(async (event: unknown) =>
      processPartialResponse(SqsEvent.parse(event), handleRecord, new BatchProcessor(EventType.SQS), {
        throwOnFullBatchFailure: false,
      }),
    );
};
