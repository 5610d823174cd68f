import { describe, expect, it } from 'vitest';
import { KeyRequest } from '#core/contract/access.ts';
import { keys } from '#core/contract/keys.ts';
import { authenticate } from '#core/identity/authenticate.ts';
import { createKey } from '#core/identity/create-key.ts';
import { listKeys } from '#core/identity/list-keys.ts';
import { Principal } from '#core/identity/principal.ts';
import { revokeKey } from '#core/identity/revoke-key.ts';
import { createWorld, otherTenant, owner, tenant, type World } from '../world.ts';

const request = (more: Record<string, unknown> = {}) => KeyRequest.parse({ name: 'ci', role: 'submitter', ...more });
const make = (world: World, more: Record<string, unknown> = {}, idempotencyKey = 'once') =>
  createKey(world.services, owner, request(more), idempotencyKey);
const enter = (world: World, apiKey = '') => authenticate(world.services, `Bearer ${apiKey}`);

describe('createKey', () => {
  it('shows a secret that lets in, and keeps none of it', async () => {
    const world = createWorld();
    const { apiKey, keyId } = await make(world, { capabilities: ['review'], scopes: ['tasks:read'] });
    expect(await enter(world, apiKey)).toEqual({
      tenant,
      id: `key:${keyId}`,
      role: 'submitter',
      scopes: ['tasks:read'],
      capabilities: ['review'],
    });
    expect(JSON.stringify(world.ports.table.items())).not.toContain(apiKey?.split('_').at(-1));
  });

  it('makes one key under one idempotency key, whose secret is not shown again', async () => {
    const world = createWorld();
    const first = await make(world);
    const again = await make(world);
    expect(again).toEqual({ ...first, apiKey: undefined });
    expect((await listKeys(world.services, tenant, { limit: 50 })).items).toHaveLength(1);
    await expect(make(world, { role: 'admin' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect((await make(world, {}, 'twice')).keyId).not.toBe(first.keyId);
  });

  it('gives nobody more than its maker has', async () => {
    const world = createWorld();
    const clerk = Principal.parse({ ...owner, scopes: ['keys:manage', 'tasks:read'] });
    const asked = (more: Record<string, unknown>) => createKey(world.services, clerk, request(more), 'k');
    await expect(asked({ role: 'viewer' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(asked({ role: 'admin', scopes: ['tasks:read', 'tasks:submit'] })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(asked({ role: 'viewer', scopes: ['tasks:read'] })).resolves.toMatchObject({ role: 'viewer' });
  });

  it('ends a key when its time is over', async () => {
    const world = createWorld();
    const { apiKey } = await make(world, { expiresInSeconds: 60 });
    world.ports.clock.advance(59_999);
    await expect(enter(world, apiKey)).resolves.toMatchObject({ role: 'submitter' });
    world.ports.clock.advance(1);
    await expect(enter(world, apiKey)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('revokeKey', () => {
  it('lets nobody in any more, and can be repeated', async () => {
    const world = createWorld();
    const { apiKey, keyId } = await make(world);
    await revokeKey(world.services, tenant, keyId);
    const revokedAt = world.ports.clock.now();
    world.ports.clock.advance(5000);
    await revokeKey(world.services, tenant, keyId);
    await expect(enter(world, apiKey)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await listKeys(world.services, tenant, { limit: 50 })).items).toMatchObject([{ keyId, revokedAt }]);
  });

  it('answers another tenant’s key as one that there is none', async () => {
    const world = createWorld();
    const { apiKey, keyId } = await make(world);
    const before = JSON.stringify(world.ports.table.items());
    for (const id of [keyId, 'nothing'])
      await expect(revokeKey(world.services, otherTenant, id)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: `There is no key ${id}.`,
      });
    expect(JSON.stringify(world.ports.table.items())).toBe(before);
    await expect(enter(world, apiKey)).resolves.toBeDefined();
    expect((await listKeys(world.services, otherTenant, { limit: 50 })).items).toEqual([]);
  });

  it('lets a revoked key’s item end by itself, long after its sockets', async () => {
    const world = createWorld();
    const { keyId } = await make(world);
    await revokeKey(world.services, tenant, keyId);
    const stored = await world.services.table.get(keys.apiKey(tenant, keyId));
    expect(Number(stored?.['expiresAtEpochSeconds']) * 1000 - world.ports.clock.now()).toBeGreaterThan(86_400_000);
  });
});
