import chain from '@middy/core';
import * as z from 'zod';
import type { ItemChange } from '#core/event-log/event-of-change.ts';
import type { Services } from '#core/services.ts';
import { errorFields } from './describe-error.ts';
import { failureLog } from './event-handler.ts';
import { Image } from './image.ts';

const ChangeEvent = z.looseObject({
  Records: z.array(
    z.looseObject({
      dynamodb: z.looseObject({
        SequenceNumber: z.string(),
        NewImage: Image.optional(),
        OldImage: Image.optional(),
      }),
    }),
  ),
});

/** What the mapping repeats from: the first record that failed. */
interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * A function behind the table's stream for which the order of an item's changes matters: one record after the other, and
 * none after one that failed, which the mapping hands over again with all that follow.
 */
export const changeHandler = (services: Services, handle: (services: Services, change: ItemChange) => Promise<void>) =>
  chain<unknown, BatchAnswer>()
    .use(failureLog(services))
    .handler(async (event: unknown) => {
      for (const { dynamodb } of ChangeEvent.parse(event).Records) {
        const { SequenceNumber, NewImage, OldImage } = dynamodb;
        // A removal changes nothing that anybody follows.
        if (NewImage === undefined) continue;
        try {
          await handle(services, { before: OldImage, after: NewImage });
        } catch (error) {
          services.log.warn('change not logged', { sequenceNumber: SequenceNumber, ...errorFields(error) });
          return { batchItemFailures: [{ itemIdentifier: SequenceNumber }] };
        }
      }
      return { batchItemFailures: [] };
    });
