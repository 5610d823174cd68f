import { describe, expect, it } from 'vitest';
import { recordAction } from '#core/audit/record-action.ts';
import { keys } from '#core/contract/keys.ts';
import { limits } from '#core/contract/limits.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { listTaskViews, readTaskView } from '#core/tasks/task-view.ts';
import { createWorld, otherTenant, owner, tenant } from '../world.ts';

describe('listTaskViews', () => {
  it('shows submitted tasks, the newest first, and not those of runs', async () => {
    const world = createWorld();
    for (const input of [1, 2, 3]) {
      await world.submit({ input });
      world.advance(1);
    }
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'x', type: 'work' }] });
    await world.enterStage(run, 0);
    const { items } = await listTaskViews(world.services, tenant, { limit: 10 });
    expect(items.map(({ input }) => input)).toEqual([3, 2, 1]);
    expect((await listTaskViews(world.services, otherTenant, { limit: 10 })).items).toEqual([]);
  });

  it('pages through all of them once and filters by status', async () => {
    const world = createWorld();
    for (let index = 0; index < 7; index++) {
      const { taskId } = await world.submit({ input: index });
      if (index % 2 === 0) await cancelTask(world.services, owner, taskId, 'no');
      world.advance(1);
    }
    const seen: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await listTaskViews(world.services, tenant, { limit: 2, cursor, status: 'CANCELLED' });
      seen.push(...page.items.map(({ input }) => input));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([6, 4, 2, 0]);
  });
});

describe('readTaskView', () => {
  it('shows nothing of claims, connections or keys', async () => {
    const world = createWorld();
    await world.agent('a');
    const { taskId } = await world.submit({}, { connectionId: 'client' });
    const text = JSON.stringify(await readTaskView(world.services, tenant, taskId));
    for (const inner of ['clm_', 'socket-a', 'client', 'sweepKey', 'submissionHash']) expect(text).not.toContain(inner);
  });

  it('gives an address for a large input', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ input: 'x'.repeat(limits.inlinePayloadBytes) });
    expect((await readTaskView(world.services, tenant, taskId)).input).toMatchObject({
      $payload: { url: expect.stringMatching(/^https:/) },
    });
  });

  it("does not tell another tenant's task from none", async () => {
    const world = createWorld();
    const { taskId } = await world.submit();
    await expect(readTaskView(world.services, otherTenant, taskId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('retention', () => {
  it('lets tasks, late results and operators’ actions go after as many days as are configured, each by itself', async () => {
    const world = createWorld();
    Object.assign(world.services, { retention: { ended: 2, lateResults: 5, audit: 9 } });
    const first = await world.agent('a');
    const { taskId } = await world.submit({ retry: { backoffMs: 0 } });
    const second = await world.agent('b');
    await world.fail(first, taskId);
    await world.complete(first, taskId, 'late', 1).catch(() => undefined);
    const item = async (sk: string) =>
      (await world.services.table.query({ partition: keys.task(tenant, taskId).pk, limit: 10 })).items.find((one) =>
        String(one['sk']).startsWith(sk),
      )?.['expiresAtEpochSeconds'];
    expect(await item('TASK'), 'never before it has ended').toBeUndefined();
    await world.complete(second, taskId);
    await recordAction(world.services, owner, { action: 'PUT /v1/settings', on: {} });
    const inDays = (days: number): number => Math.ceil((world.ports.clock.now() + days * 86_400_000) / 1000);
    expect([await item('TASK'), await item('LATE#')]).toEqual([inDays(2), inDays(5)]);
    const audited = world.ports.table.items().find(({ pk }) => String(pk).includes('#AUDIT#'));
    expect(audited?.['expiresAtEpochSeconds']).toBe(inDays(9));
  });
});
