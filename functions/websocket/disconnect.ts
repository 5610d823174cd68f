import * as z from 'zod';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { eventHandler } from '../runtime/event-handler.ts';
import { queuesPort, tablePort } from '../runtime/ports.ts';

const DisconnectEvent = z.looseObject({ requestContext: z.looseObject({ connectionId: z.string() }) });

/** Forgets a socket and gives its agent a short grace to come back. */
export const createDisconnectHandler = (services: Services) =>
  eventHandler(services, DisconnectEvent, async (_services, { requestContext }) => {
    await handleDisconnect(services, requestContext.connectionId);
    return { statusCode: 200 };
  });

export const handler = createDisconnectHandler(buildServices({ table: tablePort, queues: queuesPort }));
