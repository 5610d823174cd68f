import { relayItem } from '#core/relay/relay-item.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { enginePorts, eventsPort } from '../runtime/ports.ts';
import { streamHandler } from '../runtime/stream-handler.ts';

/** Delivers the durable effects that a write has named: the stage's token, the bus event. */
export const createRelayHandler = (services: Services) => streamHandler(services, relayItem);

export const handler = createRelayHandler(buildServices({ ...enginePorts, events: eventsPort }));
