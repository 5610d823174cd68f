import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { KeyRequest } from '../contract/access.ts';
import { TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import type { CreatedTenant, TenantChange, TenantRequest, TenantView } from '../contract/tenant.ts';
import { ConflictError, NotFoundError, PreconditionFailedError } from '../errors/errors.ts';
import { homeTenant } from '../identity/authenticate.ts';
import { createKey } from '../identity/create-key.ts';
import { ForbiddenError, mayUse, type Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { absent, equal, setAll } from '../table/conditions.ts';
import { IdempotencyMismatchError } from '../tasks/errors.ts';
import { TenantExistsError } from './errors.ts';
import { forgetTenant, readTenantRecord, readUsage, tenantRecordOf, tenantView } from './tenant-record.ts';

const maxTries = 5;

/** Whether a principal sees to all tenants: an administrator of the tenant that the installation began with. */
const managesAll = (principal: Principal): boolean =>
  principal.tenant === homeTenant && mayUse(principal, 'tenants:manage');

const requireManager = (principal: Principal): void => {
  if (!managesAll(principal)) throw new ForbiddenError(principal.role, 'tenants:manage');
};

/** @throws NotFoundError for a tenant that there is none of, and in the same words for one that is not the caller's to see. */
const requireVisible = async (services: Services, principal: Principal, text: string): Promise<TenantId> => {
  const tenant = TenantId.safeParse(text);
  if (!tenant.success) throw new NotFoundError('tenant', text);
  if (tenant.data === principal.tenant) return tenant.data;
  const isKnown =
    managesAll(principal) && (await services.table.get(keys.tenant(tenant.data), { consistent: true })) !== undefined;
  if (!isKnown) throw new NotFoundError('tenant', text);
  return tenant.data;
};

/**
 * Makes a tenant with its first administrator's key, whose secret is in this answer only. A repeat under one
 * `Idempotency-Key` is the same tenant and key.
 *
 * @throws ForbiddenError for anybody but an administrator of the home tenant; ConflictError when somebody else made it;
 * IdempotencyMismatchError.
 */
export const createTenant = async (
  services: Services,
  principal: Principal,
  request: TenantRequest,
  idempotencyKey: string,
): Promise<CreatedTenant> => {
  requireManager(principal);
  const { tenant, name, quotas } = request;
  const nowMs = services.clock.now();
  const origin = sha256Hex(canonicalJson([principal.id, idempotencyKey]));
  const requestHash = sha256Hex(canonicalJson(request));
  const written = await services.table.put({
    key: keys.tenant(tenant),
    item: {
      ...(name === undefined ? {} : { name }),
      state: 'open',
      quotas,
      origin,
      requestHash,
      createdAt: nowMs,
      rev: 1,
      ...indexKeys.list(homeTenant, 'TENANTS', tenant),
    },
    clauses: { isNewTenant: absent('pk') },
  });
  if (!written.won && written.item?.['origin'] !== origin) throw new TenantExistsError(tenant);
  if (!written.won && written.item?.['requestHash'] !== requestHash) throw new IdempotencyMismatchError();
  forgetTenant(services, tenant);
  const owner: Principal = { tenant, id: 'tenant', role: 'admin' };
  const key = await createKey(services, owner, KeyRequest.parse({ name: 'first', role: 'admin' }), idempotencyKey);
  return { ...tenantView(tenant, tenantRecordOf(written.item)), key };
};

/** Tenants by name: all of them for who manages them, for anybody else the own one. */
export const listTenants = async (
  services: Services,
  principal: Principal,
  query: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: readonly TenantView[]; nextCursor?: string }> => {
  if (!managesAll(principal)) return { items: [await readTenant(services, principal, principal.tenant)] };
  const page = await services.table.query({
    partition: indexKeys.listOf(homeTenant, 'TENANTS'),
    index: 'list',
    limit: query.limit,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  const tenants = page.items.map((item) => TenantId.parse(item['listSort']));
  const items = await Promise.all(
    tenants.map(async (tenant) => tenantView(tenant, await readTenantRecord(services, tenant))),
  );
  return { items, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};

/** One tenant with what the sweep counted last. @throws NotFoundError. */
export const readTenant = async (services: Services, principal: Principal, id: string): Promise<TenantView> => {
  const tenant = await requireVisible(services, principal, id);
  return tenantView(tenant, await readTenantRecord(services, tenant), await readUsage(services, tenant));
};

/**
 * Changes a tenant's name and quotas; every environment goes by them within 30 s. `version`: only if it is still that one.
 * @throws NotFoundError, ForbiddenError, PreconditionFailedError; ConflictError when others keep being faster.
 */
export const changeTenant = async (
  services: Services,
  principal: Principal,
  id: string,
  { change, version }: { readonly change: TenantChange; readonly version?: string | undefined },
): Promise<TenantView> => {
  const tenant = await requireVisible(services, principal, id);
  requireManager(principal);
  for (let tries = 0; tries < maxTries; tries++) {
    const before = await readTenantRecord(services, tenant);
    if (version !== undefined && version !== String(before.rev)) throw new PreconditionFailedError(`Tenant ${tenant}`);
    const written = await services.table.update({
      key: keys.tenant(tenant),
      set: setAll({
        name: change.name,
        quotas: { ...before.quotas, ...change.quotas },
        rev: before.rev + 1,
        ...indexKeys.list(homeTenant, 'TENANTS', tenant),
      }),
      clauses: { sameRev: before.rev === 0 ? absent('rev') : equal('rev', before.rev) },
    });
    forgetTenant(services, tenant);
    if (written.won) return tenantView(tenant, tenantRecordOf(written.item), await readUsage(services, tenant));
  }
  throw new ConflictError(`Tenant ${tenant}`);
};
