import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { eventSource } from '#core/contract/event-types.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import type { Events } from '#core/ports/events.ts';
import { callService } from '../service-errors.ts';

export interface EventBridgeOptions {
  readonly client: EventBridgeClient;
  readonly busName: string;
}

const bus = 'The event bus';

/** The bus on EventBridge. An entry that the bus does not take comes back inside a successful answer. */
export const createEventBridgeEvents = ({ client, busName }: EventBridgeOptions): Events => ({
  publish: async ({ detailType, detail }) => {
    const entry = {
      EventBusName: busName,
      Source: eventSource,
      DetailType: detailType,
      Detail: JSON.stringify(detail),
    };
    const answer = await callService(bus, () => client.send(new PutEventsCommand({ Entries: [entry] })));
    if ((answer.FailedEntryCount ?? 0) > 0) {
      const { ErrorCode, ErrorMessage } = answer.Entries?.[0] ?? {};
      throw new UnavailableError(bus, { cause: new Error(`${ErrorCode}: ${ErrorMessage}`) });
    }
  },
});
