import { payloadOperations as operations } from '#core/contract/operations/payloads.ts';
import { prepareUpload } from '#core/payloads/prepare-upload.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { payloadsPort, tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';

const payloadRoutes: FamilyRoutes<'payloads'> = {
  'POST /v1/payloads': route(operations['POST /v1/payloads'], async (services, { body }, { principal }) => ({
    body: await prepareUpload(services, principal.tenant, body),
  })),
};

/** Routes of payloads. */
export const createPayloadsHandler = (services: Services) => httpHandler<'payloads'>(services, payloadRoutes);

export const handler = createPayloadsHandler(buildServices({ table: tablePort, payloads: payloadsPort }));
