import { describe, expect, it } from 'vitest';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { TenantId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { Quotas } from '#core/contract/tenant.ts';
import type { Services } from '#core/services.ts';
import { RateLimitedError } from '#core/tenants/errors.ts';
import { takeToken } from '#core/tenants/take-token.ts';
import { createWorld, otherTenant, tenant, type World } from '../world.ts';

const withQuota = async (requestsPerMinute: number): Promise<World> => {
  const world = createWorld();
  await world.services.table.put({
    key: keys.tenant(tenant),
    item: { quotas: Quotas.parse({ requestsPerMinute }), rev: 1 },
    clauses: {},
  });
  return world;
};

/** Warm execution environments over one table. */
const environments = (world: World, count: number): readonly Services[] =>
  Array.from({ length: count }, (_, turn) => ({ ...world.services, cache: createEnvironmentCache(turn) }));

const isTaken = async (services: Services, of: TenantId = tenant): Promise<boolean> => {
  try {
    await takeToken(services, of);
    return true;
  } catch (error) {
    if (error instanceof RateLimitedError) return false;
    throw error;
  }
};

/** Requests of one minute, `perSecond` of them evenly over it, each to the environment that `choose` names. */
const drive = async (
  world: World,
  fleet: readonly Services[],
  perSecond: number,
  choose: (request: number) => number,
): Promise<number> => {
  let taken = 0;
  for (let request = 0; request < perSecond * 60; request++) {
    const services = fleet[choose(request) % fleet.length] ?? world.services;
    if (await isTaken(services)) taken += 1;
    if (request % perSecond === perSecond - 1) world.advance(1000);
  }
  return taken;
};

describe('takeToken', () => {
  it.each([
    ['4 environments in turn', 4, (request: number) => request],
    ['8 environments in turn', 8, (request: number) => request],
    ['16 environments, one of which does half of it', 16, (request: number) => (request % 2 === 0 ? 0 : request)],
    ['6 environments, of which 5 are asked once', 6, (request: number) => (request < 6 ? request : 0)],
  ])('keeps a tenant within ±10 %% of its rate over %s', async (_what, count, choose) => {
    for (const quota of [120, 1000, 3000]) {
      const world = await withQuota(quota);
      const fleet = environments(world, count);
      for (const minute of [1, 2]) {
        const taken = await drive(world, fleet, Math.ceil((quota * 1.5) / 60), choose);
        expect(Math.abs(taken - quota) / quota, `${taken} of ${quota} in minute ${minute}`).toBeLessThanOrEqual(0.1);
      }
    }
  });

  it('lets all in that stay below the rate', async () => {
    const world = await withQuota(600);
    expect(await drive(world, environments(world, 4), 5, (request) => request)).toBe(300);
  });

  it('writes no item for each request: a hundred leases a minute at most, and one refusal for each environment', async () => {
    const world = await withQuota(6000);
    let writes = 0;
    const { table } = world.services;
    const counting = environments(world, 4).map((services) => ({
      ...services,
      table: {
        ...table,
        update: (request: Parameters<typeof table.update>[0]) => ((writes += 1), table.update(request)),
      },
    }));
    await drive(world, counting, 200, (request) => request);
    expect(writes).toBeLessThanOrEqual(104);
  });

  it('refuses without a call of any kind: fifty clients that go on asking cost what one does', async () => {
    const world = await withQuota(60);
    const { table } = world.services;
    let calls = 0;
    const counted = new Proxy(table, {
      get: (port, name) => {
        calls += 1;
        return Reflect.get(port, name);
      },
    });
    const fleet = environments(world, 4).map((services) => ({ ...services, table: counted }));
    const taken = await drive(world, fleet.slice(0, 4), 3, (request) => request);
    expect(taken).toBeLessThanOrEqual(60);
    calls = 0;
    const minuteStart = calls;
    for (const services of fleet) while (await isTaken(services));
    const spent = calls;
    for (let request = 0; request < 50 * 40; request++) {
      const services = fleet[request % fleet.length] ?? world.services;
      expect(await isTaken(services)).toBe(false);
      // What is remembered of the tenant ends meanwhile.
      if (request % 100 === 99) world.advance(1000);
    }
    expect(spent).toBeGreaterThan(minuteStart);
    expect(calls).toBe(spent);
  });

  it('says when to come back: at the next minute, when there is room again', async () => {
    const world = await withQuota(2);
    world.advance(45_000);
    expect([await isTaken(world.services), await isTaken(world.services), await isTaken(world.services)]).toEqual([
      true,
      true,
      false,
    ]);
    await expect(takeToken(world.services, tenant)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      limit: 2,
      retryAfterMs: 15_000,
    });
    world.advance(15_000);
    expect(await isTaken(world.services)).toBe(true);
  });

  it('holds up nobody else', async () => {
    const world = await withQuota(1);
    await isTaken(world.services);
    expect(await isTaken(world.services)).toBe(false);
    expect(await isTaken(world.services, otherTenant)).toBe(true);
  });
});
