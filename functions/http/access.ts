import { accessOperations as operations } from '#core/contract/operations/access.ts';
import type { TenantView } from '#core/contract/tenant.ts';
import { createKey } from '#core/identity/create-key.ts';
import { listKeys } from '#core/identity/list-keys.ts';
import { revokeKey } from '#core/identity/revoke-key.ts';
import { createTicket } from '#core/identity/tickets.ts';
import type { Services } from '#core/services.ts';
import { changeTenant, createTenant, listTenants, readTenant } from '#core/tenants/manage-tenants.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import type { HttpReply } from '../runtime/http-reply.ts';
import { socketsPort, tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';

const shown = (tenant: TenantView): HttpReply => ({ headers: { etag: `"${tenant.version}"` }, body: tenant });

const accessRoutes: FamilyRoutes<'access'> = {
  'POST /v1/keys': route(operations['POST /v1/keys'], async (services, { body }, { principal, idempotencyKey }) => ({
    body: await createKey(services, principal, body, idempotencyKey),
  })),
  'GET /v1/keys': route(operations['GET /v1/keys'], async (services, { query }, { principal }) => ({
    body: await listKeys(services, principal.tenant, query),
  })),
  'DELETE /v1/keys/{keyId}': route(
    operations['DELETE /v1/keys/{keyId}'],
    async (services, { params: { keyId } }, { principal }) => {
      await revokeKey(services, principal.tenant, keyId);
      return {};
    },
  ),
  'POST /v1/tenants': route(
    operations['POST /v1/tenants'],
    async (services, { body }, { principal, idempotencyKey }) => ({
      body: await createTenant(services, principal, body, idempotencyKey),
    }),
  ),
  'GET /v1/tenants': route(operations['GET /v1/tenants'], async (services, { query }, { principal }) => ({
    body: await listTenants(services, principal, query),
  })),
  'GET /v1/tenants/{tenant}': route(
    operations['GET /v1/tenants/{tenant}'],
    async (services, { params: { tenant } }, { principal }) => shown(await readTenant(services, principal, tenant)),
  ),
  'PATCH /v1/tenants/{tenant}': route(
    operations['PATCH /v1/tenants/{tenant}'],
    async (services, { params: { tenant }, body }, { principal, ifMatch }) =>
      shown(await changeTenant(services, principal, tenant, { change: body, version: ifMatch })),
  ),
  'POST /v1/tickets': route(operations['POST /v1/tickets'], async (services, { body }, { principal }) => ({
    body: await createTicket(services, principal, body),
  })),
};

/** Routes of credentials. */
export const createAccessHandler = (services: Services) => httpHandler<'access'>(services, accessRoutes);

export const handler = createAccessHandler(buildServices({ table: tablePort, sockets: socketsPort }));
