import { describe, expect, it } from 'vitest';
import { keys } from '#core/contract/keys.ts';
import type { Role } from '#core/contract/roles.ts';
import { bearerToken, hashSecret, parseApiKey } from '#core/identity/api-key.ts';
import { authenticate } from '#core/identity/authenticate.ts';
import { Principal, requireScope } from '#core/identity/principal.ts';
import { createWorld, type World } from '../world.ts';

const secret = 'abcdefghijklmnopqrst';
const bearer = (tenant: string, keyId: string, of = secret): string => `Bearer mst_${tenant}_${keyId}_${of}`;

const storeKey = async (world: World, item: Record<string, unknown> = {}, role: Role = 'agent'): Promise<void> => {
  await world.ports.table.put({
    key: keys.apiKey('acme', 'k1'),
    item: { secretHash: hashSecret(secret), role, ...item },
    clauses: {},
  });
};

/** The key in a header. */
const parseBearer = (header: string | undefined) => {
  const token = bearerToken(header);
  return token === undefined ? undefined : parseApiKey(token);
};

describe('parseApiKey', () => {
  it('reads tenant, key and secret', () => {
    expect(parseBearer(bearer('acme', 'k1'))).toEqual({ tenant: 'acme', keyId: 'k1', secret });
    expect(parseBearer(bearer('acme', 'k1').replace('Bearer', 'bearer'))?.keyId).toBe('k1');
  });

  it.each([
    undefined,
    '',
    'Bearer',
    `mst_acme_k1_${secret}`,
    `Basic mst_acme_k1_${secret}`,
    `Bearer mst_acme_${secret}`,
    `Bearer mst_acme_k1_short`,
    `Bearer mst_ACME_k1_${secret}`,
    `Bearer mst_-acme_k1_${secret}`,
    `Bearer mst_ac#me_k1_${secret}`,
    `Bearer mst_acme_k1_${secret} x`,
    `Bearer mst_acme_k1_${'x'.repeat(400)}`,
  ])('refuses %s', (header) => expect(parseBearer(header)).toBeUndefined());
});

describe('authenticate', () => {
  it('knows a stored key by its secret, and says whose it is', async () => {
    const world = createWorld();
    await storeKey(world);
    expect(await authenticate(world.services, bearer('acme', 'k1'))).toEqual({
      tenant: 'acme',
      id: 'key:k1',
      role: 'agent',
    });
  });

  it.each([
    ['no header', undefined, {}],
    ['a wrong secret', bearer('acme', 'k1', 'x'.repeat(20)), {}],
    ['the hash in place of the secret', bearer('acme', 'k1', hashSecret(secret)), {}],
    ['an unknown key', bearer('acme', 'k2'), {}],
    ["another tenant's name with this key", bearer('rival', 'k1'), {}],
    ['a revoked key', bearer('acme', 'k1'), { revokedAt: 1 }],
    ['a key whose time is over', bearer('acme', 'k1'), { endsAt: Date.UTC(2026, 0, 1) }],
    ['a key whose item is broken', bearer('acme', 'k1'), { role: 'king' }],
  ])('refuses %s, always in the same words', async (_what, header, item) => {
    const world = createWorld();
    await storeKey(world, item);
    await expect(authenticate(world.services, header)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('A valid credential is needed'),
    });
  });

  it('takes a key that ends later', async () => {
    const world = createWorld();
    await storeKey(world, { endsAt: world.ports.clock.now() + 1 });
    await expect(authenticate(world.services, bearer('acme', 'k1'))).resolves.toMatchObject({ role: 'agent' });
  });

  it('tells what a key is limited to, and when it ends', async () => {
    const world = createWorld();
    const endsAt = world.ports.clock.now() + 1000;
    await storeKey(world, { scopes: ['tasks:read'], capabilities: ['review'], endsAt });
    await expect(authenticate(world.services, bearer('acme', 'k1'))).resolves.toEqual({
      tenant: 'acme',
      id: 'key:k1',
      role: 'agent',
      scopes: ['tasks:read'],
      capabilities: ['review'],
      endsAt,
    });
  });

  it('takes a token of the trusted issuer for its time, and no other', async () => {
    const world = createWorld();
    const endsAt = world.ports.clock.now() + 1000;
    world.ports.tokens.valid.set('a.b.c', { tenant: 'acme', subject: 'ada', role: 'operator', endsAt });
    world.ports.tokens.valid.set('d.e.f', { tenant: 'NO TENANT', subject: 'ada', role: 'operator', endsAt });
    await expect(authenticate(world.services, 'Bearer a.b.c')).resolves.toEqual({
      tenant: 'acme',
      id: 'user:ada',
      role: 'operator',
      endsAt,
    });
    for (const header of ['Bearer d.e.f', 'Bearer x.y.z'])
      await expect(authenticate(world.services, header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    world.ports.clock.advance(1000);
    await expect(authenticate(world.services, 'Bearer a.b.c')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('takes the bootstrap secret for the default tenant only', async () => {
    const world = createWorld();
    const services = { ...world.services, secrets: { bootstrapSecret: async () => secret } };
    await expect(authenticate(services, bearer('default', 'bootstrap'))).resolves.toMatchObject({ role: 'admin' });
    for (const header of [bearer('acme', 'bootstrap'), bearer('default', 'bootstrap', 'x'.repeat(20))])
      await expect(authenticate(services, header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('requireScope', () => {
  it('names the role and the scope that it lacks', () => {
    const viewer = Principal.parse({ tenant: 'acme', id: 'k', role: 'viewer' });
    expect(() => requireScope(viewer, 'tasks:read')).not.toThrow();
    expect(() => requireScope(viewer, 'tasks:submit')).toThrow(/viewer.*tasks:submit/);
  });
});
