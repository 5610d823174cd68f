import * as z from 'zod';
import { relayItem } from '#core/relay/relay-item.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { enginePorts, eventsPort } from '../runtime/ports.ts';
import { queueHandler } from '../runtime/queue-handler.ts';

/** The key of an item whose effects could not be delivered. */
const EffectMessage = z.looseObject({ pk: z.string().min(1), sk: z.string().min(1) });

/** The item as it is now: its effects are still named by it, and delivering one twice is harmless. */
const deliver = async (services: Services, key: z.infer<typeof EffectMessage>): Promise<void> => {
  const item = await services.table.get(key, { consistent: true });
  if (item === undefined) return services.log.warn('effects of an item that is gone', { pk: key.pk, sk: key.sk });
  await relayItem(services, item);
};

/** Delivers what the relay could not. */
export const createEffectsHandler = (services: Services) => queueHandler(services, EffectMessage, deliver);

export const handler = createEffectsHandler(buildServices({ ...enginePorts, events: eventsPort }));
