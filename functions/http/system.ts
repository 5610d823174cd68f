import * as z from 'zod';
import { listActions } from '#core/audit/record-action.ts';
import { TenantSettings } from '#core/contract/settings.ts';
import type { Services } from '#core/services.ts';
import { readSettings, writeSettings } from '#core/tenants/settings.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, NoQuery, pageQuery, route } from '../runtime/route.ts';

const Nothing = z.object({ query: NoQuery });
/** `day` as 2026-11-20; today when left out. */
const Audit = z.object({ query: z.strictObject({ ...pageQuery, day: z.iso.date().optional() }) });

const systemRoutes: FamilyRoutes<'system'> = {
  'GET /v1/system/health': route(Nothing, async (services) => ({
    status: 200,
    body: { status: 'ok', time: services.clock.now() },
  })),
  'GET /v1/settings': route(Nothing, async (services, _input, { principal }) => ({
    status: 200,
    body: await readSettings(services, principal.tenant),
  })),
  'PUT /v1/settings': route(
    z.object({ query: NoQuery, body: TenantSettings }),
    async (services, { body }, { principal }) => ({
      status: 200,
      body: await writeSettings(services, principal.tenant, body),
    }),
  ),
  'GET /v1/audit': route(Audit, async (services, { query: { day, ...page } }, { principal }) => ({
    status: 200,
    body: await listActions(services, principal.tenant, {
      ...page,
      dayMs: day === undefined ? services.clock.now() : Date.parse(day),
    }),
  })),
};

/** Routes of the system itself, and of what holds for a whole tenant. */
export const createSystemHandler = (services: Services) => httpHandler<'system'>(services, systemRoutes);

export const handler = createSystemHandler(buildServices({ table: tablePort }));
