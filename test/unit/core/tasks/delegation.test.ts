import { describe, expect, it } from 'vitest';
import { indexKeys, keys } from '#core/contract/keys.ts';
import { limits } from '#core/contract/limits.ts';
import { TaskSubmission, type TaskSubmissionInput } from '#core/contract/task.ts';
import { Quotas } from '#core/contract/tenant.ts';
import { homeTenant } from '#core/identity/authenticate.ts';
import { requestCollaboration } from '#core/requests/request-help.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import type { Task } from '#core/tasks/task.ts';
import { readTenantRecord, rememberTenant } from '#core/tenants/tenant-record.ts';
import { itemBytes } from '#test/support/item-size.ts';
import { createWorld, owner, tenant, type World } from '../world.ts';

const worldWith = async (quotas: Record<string, number> = {}): Promise<World> => {
  const world = createWorld();
  await world.services.table.put({
    key: keys.tenant(tenant),
    item: { quotas: Quotas.parse(quotas), rev: 1, ...indexKeys.list(homeTenant, 'TENANTS', tenant) },
    clauses: {},
  });
  return world;
};

const under = (
  { services }: World,
  { taskId: parentTask }: Pick<Task, 'taskId'>,
  idempotencyKey: string,
  submission: Partial<TaskSubmissionInput> = {},
): Promise<Task> =>
  submitTask(services, {
    principal: owner,
    submission: TaskSubmission.parse({ type: 'child', ...submission }),
    idempotencyKey,
    parentTask,
  });

describe('a task that is submitted under another', () => {
  it('is refused below the deepest generation, which ends agents that delegate to each other without end', async () => {
    const world = await worldWith({ delegationDepth: 3 });
    let task = await world.submit();
    for (const key of ['1', '2', '3']) task = await under(world, task, key);
    await expect(under(world, task, '4')).rejects.toMatchObject({
      code: 'DELEGATION_LIMIT',
      field: 'parentTask',
      limit: 3,
      retryable: false,
      message: expect.stringContaining('3'),
    });
    expect(world.tasks()).toHaveLength(4);
  });

  it('may be as deep, and have as many beside it, as the limits say unless its tenant has others', async () => {
    const world = createWorld();
    const first = await world.submit();
    let task = first;
    for (let depth = 1; depth <= limits.quotas.delegationDepth; depth++) task = await under(world, task, `d${depth}`);
    await expect(under(world, task, 'too deep')).rejects.toMatchObject({ limit: limits.quotas.delegationDepth });
    for (let child = 1; child < limits.quotas.childrenPerTask; child++) await under(world, first, `c${child}`);
    await expect(under(world, first, 'too many')).rejects.toMatchObject({
      code: 'DELEGATION_LIMIT',
      limit: limits.quotas.childrenPerTask,
    });
  });

  it('counts once, however often and at whatever time it is sent', async () => {
    const world = await worldWith({ childrenPerTask: 2 });
    const parent = await world.submit();
    const [one, again] = await Promise.all([under(world, parent, 'a'), under(world, parent, 'a')]);
    expect(again.taskId).toBe(one.taskId);
    await under(world, parent, 'b');
    await expect(under(world, parent, 'c')).rejects.toMatchObject({ code: 'DELEGATION_LIMIT', limit: 2 });
    expect((await under(world, parent, 'a')).taskId).toBe(one.taskId);
    expect(world.tasks()).toHaveLength(3);
  });

  it('counts once when whoever took it died before it was there', async () => {
    const world = await worldWith({ childrenPerTask: 1 });
    const parent = await world.submit();
    world.hooks.before = ({ name }) => {
      if (name === 'put') throw new Error('died');
    };
    await expect(under(world, parent, 'a')).rejects.toThrow('died');
    delete world.hooks.before;
    await under(world, parent, 'a');
    await expect(under(world, parent, 'b')).rejects.toMatchObject({ code: 'DELEGATION_LIMIT' });
  });

  it('is bounded as well when it is asked of another agent for help', async () => {
    const world = await worldWith({ childrenPerTask: 1 });
    const { taskId } = await world.submit();
    const ask = (idempotencyKey: string) =>
      requestCollaboration(
        world.services,
        { principal: owner, idempotencyKey },
        { capability: 'x', purpose: 'p', input: null, taskId, priority: 'normal', timeoutSeconds: 60 },
      );
    await ask('1');
    await expect(ask('2')).rejects.toMatchObject({ code: 'DELEGATION_LIMIT' });
  });

  it('may always ask people', async () => {
    const world = await worldWith({ childrenPerTask: 1, delegationDepth: 1 });
    const child = await under(world, await world.submit(), '1');
    const asked = await under(world, child, '2', { kind: 'approval' });
    expect(asked).toMatchObject({ status: 'PENDING', parentTask: child.taskId });
  });

  it('keeps its depth when it is done again', async () => {
    const world = await worldWith({ delegationDepth: 1 });
    const child = await under(world, await world.submit(), '1');
    await cancelTask(world.services, owner, child.taskId, 'not needed');
    const again = await retryTask(world.services, { principal: owner, taskId: child.taskId, idempotencyKey: 'r' });
    await expect(under(world, again, '2')).rejects.toMatchObject({ code: 'DELEGATION_LIMIT' });
  });

  it('is not taken of a task that has ended', async () => {
    const world = await worldWith();
    const parent = await world.submit();
    await cancelTask(world.services, owner, parent.taskId, 'not needed');
    await expect(under(world, parent, '1')).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    expect(world.tasks()).toHaveLength(1);
  });

  it('lives its own life when its parent ends while it is counted', async () => {
    const world = await worldWith();
    const agent = await world.agent('a');
    const parent = await world.submit();
    world.hooks.before = async ({ name }) => {
      if (name !== 'update') return;
      delete world.hooks.before;
      await cancelTask(world.services, owner, parent.taskId, 'not needed');
    };
    const child = await under(world, parent, '1');
    await world.complete(agent, child.taskId, 'done');
    expect(await world.task(child.taskId)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(await world.task(parent.taskId)).toMatchObject({ status: 'CANCELLED', attempt: parent.attempt });
  });

  it('writes nothing on its parent, and an item of less than a write unit beside a hundred', async () => {
    const world = createWorld();
    const parent = await world.submit({ input: 'x'.repeat(20_000) });
    const before = await world.task(parent.taskId);
    for (let child = 0; child < limits.quotas.childrenPerTask; child++) await under(world, parent, `c${child}`);
    expect(await world.task(parent.taskId)).toEqual(before);
    const counted = await world.services.table.get(keys.children(tenant, parent.taskId));
    expect(counted).toMatchObject({ count: limits.quotas.childrenPerTask });
    expect(itemBytes(counted ?? {})).toBeLessThan(900);
  });

  it('is forgotten with its parent, and not before', async () => {
    const world = createWorld();
    Object.assign(world.services, { retention: { ended: 2, lateResults: 5, audit: 9 } });
    const parent = await world.submit();
    await under(world, parent, '1');
    const counted = await world.services.table.get(keys.children(tenant, parent.taskId));
    expect(counted?.['expiresAtEpochSeconds']).toBe(Math.ceil((parent.deadlineAt + 2 * 86_400_000) / 1000));
  });

  it('is answered as it was when the same is sent after a quota was lowered or its parent has ended', async () => {
    const world = await worldWith();
    const parent = await under(world, await world.submit(), '1');
    const { taskId } = await under(world, parent, '2');
    const found = await readTenantRecord(world.services, tenant);
    rememberTenant(world.services, tenant, { ...found, quotas: { ...found.quotas, delegationDepth: 1 } });
    expect((await under(world, parent, '2')).taskId).toBe(taskId);
    await expect(under(world, parent, '2', { type: 'another' })).rejects.toMatchObject({ code: 'DELEGATION_LIMIT' });
    await cancelTask(world.services, owner, parent.taskId, 'not needed');
    expect((await under(world, parent, '2')).taskId).toBe(taskId);
    await expect(under(world, parent, '3')).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
  });

  it('costs a task without a parent nothing', async () => {
    const world = createWorld();
    const task = await world.submit();
    expect(task).not.toHaveProperty('depth');
    expect(await world.services.table.get(keys.children(tenant, task.taskId))).toBeUndefined();
  });
});
