import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import chain from '@middy/core';
import * as z from 'zod';
import type { Services } from '#core/services.ts';
import type { Item } from '#core/table/table.ts';
import { errorFields } from './describe-error.ts';
import { failureLog } from './event-handler.ts';
import { Image } from './image.ts';

/** Where an item is. */
const ItemKey = z.looseObject({ pk: z.string(), sk: z.string() });

const StreamEvent = z.looseObject({
  Records: z.array(
    z.looseObject({
      eventName: z.string().optional(),
      dynamodb: z.looseObject({
        SequenceNumber: z.string(),
        NewImage: z.unknown().optional(),
        OldImage: z.unknown().optional(),
      }),
    }),
  ),
});
type StreamRecord = z.infer<typeof StreamEvent>['Records'][number];

/**
 * A function behind the table's stream: each written item is handed to one use case, with what it was before. An item whose effects fail goes to
 * the effects queue, which repeats it apart from the others, so that it never blocks its shard; only when even that fails
 * is the record reported by its sequence number and the mapping repeats from there.
 */
export const streamHandler = (
  services: Services,
  handle: (services: Services, item: Item, old?: Item) => Promise<unknown>,
) => {
  const handleRecord = async ({ dynamodb }: StreamRecord): Promise<void> => {
    // A removal has no new image and no effects.
    if (dynamodb.NewImage === undefined) return;
    const item = Image.parse(dynamodb.NewImage);
    try {
      await handle(services, item, dynamodb.OldImage === undefined ? undefined : Image.parse(dynamodb.OldImage));
    } catch (error) {
      services.log.warn('effects failed', { sequenceNumber: dynamodb.SequenceNumber, ...errorFields(error) });
      await services.queues.sendEffect(ItemKey.parse(item));
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
