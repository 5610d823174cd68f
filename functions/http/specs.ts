import { specOperations as operations } from '#core/contract/operations/specs.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';
import asyncapi from './specs/asyncapi.json' with { type: 'json' };
import openapi from './specs/openapi.json' with { type: 'json' };

const specRoutes: FamilyRoutes<'specs'> = {
  'GET /v1/openapi.json': route(operations['GET /v1/openapi.json'], async () => ({ body: openapi })),
  'GET /v1/asyncapi.json': route(operations['GET /v1/asyncapi.json'], async () => ({ body: asyncapi })),
};

/** Routes of the generated descriptions: `npm run specs` writes what they answer. */
export const createSpecsHandler = (services: Services) => httpHandler<'specs'>(services, specRoutes);

export const handler = createSpecsHandler(buildServices({ table: tablePort }));
