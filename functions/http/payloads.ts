import * as z from 'zod';
import { prepareUpload } from '#core/payloads/prepare-upload.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { payloadsPort } from '../runtime/ports.ts';
import { type FamilyRoutes, NoQuery, route } from '../runtime/route.ts';

/** Above the limit is left to the use case, which names it. */
const Prepare = z.object({
  query: NoQuery,
  body: z.strictObject({
    bytes: z.int().positive(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 of 0-9 a-f'),
  }),
});

const payloadRoutes: FamilyRoutes<'payloads'> = {
  'POST /v1/payloads': route(Prepare, async (services, { body }, { principal }) => ({
    status: 201,
    body: await prepareUpload(services, principal.tenant, body),
  })),
};

/** Routes of payloads. */
export const createPayloadsHandler = (services: Services) => httpHandler<'payloads'>(services, payloadRoutes);

export const handler = createPayloadsHandler(buildServices({ payloads: payloadsPort }));
