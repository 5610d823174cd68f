import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import chain from '@middy/core';
import * as z from 'zod';
import type { Services } from '#core/services.ts';
import type { Item } from '#core/table/table.ts';
import { errorFields } from './describe-error.ts';
import { failureLog } from './event-handler.ts';
import { Image } from './image.ts';

const StreamEvent = z.looseObject({
  Records: z.array(
    z.looseObject({
      eventName: z.string().optional(),
      dynamodb: z.looseObject({ SequenceNumber: z.string(), NewImage: z.unknown().optional() }),
    }),
  ),
});
type StreamRecord = z.infer<typeof StreamEvent>['Records'][number];

/**
 * A function behind the table's stream: each written item is handed to one use case. A record that fails is reported by
 * its sequence number; the mapping repeats from there and, after its last try, hands it on, so that it blocks nothing.
 */
export const streamHandler = (services: Services, handle: (services: Services, item: Item) => Promise<unknown>) => {
  const handleRecord = async ({ dynamodb }: StreamRecord): Promise<void> => {
    // A removal has no new image and no effects.
    if (dynamodb.NewImage === undefined) return;
    try {
      await handle(services, Image.parse(dynamodb.NewImage));
    } catch (error) {
      services.log.warn('effects failed', { sequenceNumber: dynamodb.SequenceNumber, ...errorFields(error) });
      throw error;
    }
  };
  return chain<unknown, Awaited<ReturnType<typeof processPartialResponse>>>()
    .use(failureLog(services))
    .handler(async (event: unknown) =>
      processPartialResponse(StreamEvent.parse(event), handleRecord, new BatchProcessor(EventType.DynamoDBStreams), {
        throwOnFullBatchFailure: false,
      }),
    );
};
