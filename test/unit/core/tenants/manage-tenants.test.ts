import { describe, expect, it } from 'vitest';
import { TenantRequest } from '#core/contract/tenant.ts';
import { authenticate } from '#core/identity/authenticate.ts';
import { Principal } from '#core/identity/principal.ts';
import { changeTenant, createTenant, listTenants, readTenant } from '#core/tenants/manage-tenants.ts';
import { createWorld, owner, type World } from '../world.ts';

const home = Principal.parse({ tenant: 'default', id: 'key:bootstrap', role: 'admin' });
const make = (world: World, more: Record<string, unknown> = {}, key = 'once', by = home) =>
  createTenant(world.services, by, TenantRequest.parse({ tenant: 'newco', ...more }), key);

describe('createTenant', () => {
  it('makes a tenant and the key of its first administrator, once', async () => {
    const world = createWorld();
    const { key, quotas } = await make(world, { quotas: { agents: 7 } });
    expect(quotas).toMatchObject({ agents: 7, requestsPerMinute: 60_000 });
    expect(await authenticate(world.services, `Bearer ${key.apiKey}`)).toMatchObject({
      tenant: 'newco',
      role: 'admin',
    });
    const again = await make(world, { quotas: { agents: 7 } });
    expect(again.key.keyId).toBe(key.keyId);
    expect(again.key.apiKey).toBeUndefined();
    await expect(make(world, { quotas: { agents: 8 } })).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    await expect(make(world, {}, 'other')).rejects.toMatchObject({ code: 'ALREADY_EXISTS', field: 'tenant' });
  });

  it('is for administrators of the home tenant', async () => {
    const world = createWorld();
    await expect(make(world, {}, 'k', owner)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(make(world, {}, 'k', { ...home, role: 'operator' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('tenants', () => {
  it('are seen by whom they are, and by the home tenant’s administrators; others are answered as unknown', async () => {
    const world = createWorld();
    await make(world);
    const newco = Principal.parse({ tenant: 'newco', id: 'key:x', role: 'admin' });
    expect((await listTenants(world.services, home, { limit: 10 })).items.map(({ tenant }) => tenant)).toEqual([
      'newco',
    ]);
    expect((await listTenants(world.services, newco, { limit: 10 })).items.map(({ tenant }) => tenant)).toEqual([
      'newco',
    ]);
    expect(await readTenant(world.services, newco, 'newco')).toMatchObject({ tenant: 'newco', state: 'open' });
    for (const id of ['default', 'acme', 'nobody', 'NO NAME'])
      await expect(readTenant(world.services, newco, id)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: `There is no tenant ${id}.`,
      });
    await expect(readTenant(world.services, home, 'nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(changeTenant(world.services, newco, 'default', { change: {} })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(changeTenant(world.services, newco, 'newco', { change: {} })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('keep the quotas that a change leaves out, and refuse a change of a version that is gone', async () => {
    const world = createWorld();
    await make(world, { quotas: { agents: 7 } });
    const { version } = await readTenant(world.services, home, 'newco');
    const changed = await changeTenant(world.services, home, 'newco', {
      change: { name: 'New', quotas: { openRuns: 3 } },
      version,
    });
    expect(changed).toMatchObject({ name: 'New', quotas: { agents: 7, openRuns: 3 } });
    await expect(
      changeTenant(world.services, home, 'newco', { change: { name: 'Old' }, version }),
    ).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  });
});
