import * as z from 'zod';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { type FamilyRoutes, NoQuery, route } from '../runtime/route.ts';

const systemRoutes: FamilyRoutes<'system'> = {
  'GET /v1/system/health': route(z.object({ query: NoQuery }), async (services) => ({
    status: 200,
    body: { status: 'ok', time: services.clock.now() },
  })),
};

/** Routes of the system itself. */
export const createSystemHandler = (services: Services) => httpHandler<'system'>(services, systemRoutes);

export const handler = createSystemHandler(buildServices({}));
