import * as z from 'zod';
import type { Services } from '#core/services.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { buildServices } from '../runtime/build-services.ts';
import { eventHandler } from '../runtime/event-handler.ts';
import { enginePorts } from '../runtime/ports.ts';

/** Puts right what nobody noticed, and says how much it was. The event says nothing that matters. */
export const createSweepHandler = (services: Services) =>
  eventHandler(services, z.unknown(), async () => {
    services.log.info('swept', { ...(await sweep(services)) });
  });

export const handler = createSweepHandler(buildServices(enginePorts));
