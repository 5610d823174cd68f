import { describe, expect, it } from 'vitest';
import { indexKeys, keys } from '#core/contract/keys.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { Quotas } from '#core/contract/tenant.ts';
import { homeTenant } from '#core/identity/authenticate.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { admit, admitAgent, noteAdded, submitAdmitted } from '#core/tenants/admission.ts';
import { createWorld, owner, stranger, tenant, type World } from '../world.ts';

const withQuotas = async (quotas: Record<string, number>): Promise<World> => {
  const world = createWorld();
  await world.services.table.put({
    key: keys.tenant(tenant),
    item: { quotas: Quotas.parse(quotas), rev: 1, ...indexKeys.list(homeTenant, 'TENANTS', tenant) },
    clauses: {},
  });
  return world;
};

const submit = (world: World, idempotencyKey: string, principal = owner) =>
  submitAdmitted(world.services, { principal, idempotencyKey, submission: TaskSubmission.parse({ type: 'work' }) });

describe('submitAdmitted', () => {
  it('refuses what would queue beyond the quota, by what this environment added since the last count', async () => {
    const world = await withQuotas({ queuedTasks: 2 });
    await submit(world, '1');
    await submit(world, '2');
    await expect(submit(world, '3')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', limit: 2, retryAfterMs: 60_000 });
    await expect(submit(world, '3', stranger)).resolves.toMatchObject({ status: 'QUEUED' });
  });

  it('counts what waits, not what agents have', async () => {
    const world = await withQuotas({ queuedTasks: 1 });
    await world.agent('a', { maxConcurrency: 5 });
    for (const key of ['1', '2', '3']) expect((await submit(world, key)).status).toBe('ASSIGNED');
  });

  it('goes by the sweep’s count, which another environment’s tasks are in', async () => {
    const world = await withQuotas({ queuedTasks: 3 });
    for (let count = 0; count < 3; count++) await world.submit();
    await sweep(world.services);
    expect(await world.services.table.get(keys.usage(tenant))).toMatchObject({
      queuedTasks: 3,
      agents: 0,
      openRuns: 0,
    });
    await expect(submit(world, '1')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const agent = await world.agent('a', { maxConcurrency: 5 });
    expect(agent).toBeDefined();
    world.advance(60_000);
    await sweep(world.services);
    world.advance(30_000);
    await expect(submit(world, '1')).resolves.toBeDefined();
  });

  it('forgets a count that no sweep has renewed', async () => {
    const world = await withQuotas({ queuedTasks: 1 });
    await world.submit();
    await sweep(world.services);
    await expect(submit(world, '1')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    world.advance(181_000);
    await expect(submit(world, '1')).resolves.toBeDefined();
  });
});

describe('admit', () => {
  it('holds open runs to the quota', async () => {
    const world = await withQuotas({ openRuns: 1 });
    await admit(world.services, tenant, 'openRuns');
    await noteAdded(world.services, tenant, 'openRuns');
    await expect(admit(world.services, tenant, 'openRuns')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', limit: 1 });
  });
});

describe('admitAgent', () => {
  it('holds connected agents to the quota, and lets one come back that counts already', async () => {
    const world = await withQuotas({ agents: 1 });
    const [isNew, isBack] = [async () => false, async () => true];
    await admitAgent(world.services, tenant, isNew);
    await expect(admitAgent(world.services, tenant, isNew)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', limit: 1 });
    await expect(admitAgent(world.services, tenant, isBack)).resolves.toBeUndefined();
  });
});
