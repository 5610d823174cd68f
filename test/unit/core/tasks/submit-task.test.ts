import { describe, expect, it } from 'vitest';
import { keys } from '#core/contract/keys.ts';
import { limits } from '#core/contract/limits.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { submittedTaskId } from '#core/tasks/new-task.ts';
import { voidTask } from '#core/tasks/task-writes.ts';
import { createWorld, other, owner, stranger, tenant } from '../world.ts';

describe('submitTask', () => {
  it('gives a task to a free agent and tells it what, until when, and under which key', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const task = await world.submit({ input: { x: 1 }, timeoutSeconds: 60 });
    expect(task).toMatchObject({ status: 'ASSIGNED', attempt: 1, agentId: agent.agentId, agentName: 'a' });
    const [frame] = world.frames(agent.connectionId, 'task.assigned');
    expect(frame?.payload).toMatchObject({
      task: { taskId: task.taskId, type: 'work', input: { x: 1 } },
      attempt: 1,
      deadline: world.ports.clock.now() + 60_000,
      idempotencyKey: `${task.taskId}:1`,
    });
    expect(await world.slots(agent)).toMatchObject({ freeSlots: 4 });
    world.expectBooksToBalance();
  });

  it('queues a task while nobody fits, and gives it to the first who does', async () => {
    const world = createWorld();
    await world.agent('wrong', { capabilities: ['other'] });
    const task = await world.submit({ requirements: { capabilities: ['x'] } });
    expect(task.status).toBe('QUEUED');
    const right = await world.agent('right', { capabilities: ['x'] });
    expect(await world.task(task.taskId)).toMatchObject({ status: 'ASSIGNED', agentId: right.agentId, attempt: 1 });
  });

  it('queues a task while everybody is full', async () => {
    const world = createWorld();
    await world.agent('a', { maxConcurrency: 1 });
    expect((await world.submit()).status).toBe('ASSIGNED');
    expect((await world.submit()).status).toBe('QUEUED');
    world.expectBooksToBalance();
  });

  it('takes the same key twice for the same task: one task, one assignment, the same answer (fault 1)', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const first = await world.submit({ input: { a: 1, b: 2 } }, { key: 'k' });
    const again = await world.submit({ input: { b: 2, a: 1 } }, { key: 'k' });
    expect(again.taskId).toBe(first.taskId);
    expect(world.tasks()).toHaveLength(1);
    expect(world.frames(agent.connectionId, 'task.assigned')).toHaveLength(1);
    world.expectBooksToBalance();
  });

  it('answers a repeat with the task as it is now, also after its end', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({}, { key: 'k' });
    await world.complete(agent, taskId, 'done');
    expect(await world.submit({}, { key: 'k' })).toMatchObject({ taskId, status: 'SUCCEEDED', output: 'done' });
    world.expectBooksToBalance();
  });

  it('refuses the same key for another task and changes nothing', async () => {
    const world = createWorld();
    await world.submit({ input: 1 }, { key: 'k' });
    const before = world.ports.table.items();
    await expect(world.submit({ input: 2 }, { key: 'k' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect(world.ports.table.items()).toEqual(before);
  });

  it('keeps the keys of principals and tenants apart', async () => {
    const world = createWorld();
    const tasks = [owner, other, stranger].map((principal) => world.submit({}, { key: 'k', principal }));
    expect(new Set((await Promise.all(tasks)).map(({ taskId }) => taskId)).size).toBe(3);
  });

  it('never gives a task to an agent of another tenant', async () => {
    const world = createWorld();
    await world.connect('theirs', stranger);
    await world.register({ registration: { name: 'a' }, connectionId: 'theirs', principal: stranger });
    expect((await world.submit()).status).toBe('QUEUED');
    expect((await world.submit({}, { principal: stranger })).status).toBe('ASSIGNED');
  });

  it('keeps a large input beside the task and gives the agent an address for it', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const input = 'x'.repeat(limits.inlinePayloadBytes + 1);
    const task = await world.submit({ input });
    expect(isClaimCheck(task.input)).toBe(true);
    expect([...world.ports.payloads.stored.entries()]).toEqual([
      [expect.stringMatching(/^acme\//), JSON.stringify(input)],
    ]);
    expect(world.frames(agent.connectionId, 'task.assigned')[0]?.payload).toMatchObject({
      task: { input: { $payload: { url: expect.stringMatching(/^https:/), bytes: input.length + 2 } } },
    });
  });

  it('keeps an input of exactly what fits within the task', async () => {
    const world = createWorld();
    const task = await world.submit({ input: 'x'.repeat(limits.inlinePayloadBytes - 1000) });
    expect(typeof task.input).toBe('string');
    expect(world.ports.payloads.stored.size).toBe(0);
  });

  it('refuses what is too large by name, with the limit, and stores nothing (fault 23)', async () => {
    const world = createWorld();
    const submissions = [
      { input: 'x'.repeat(limits.payloadBytes) },
      { context: 'x'.repeat(limits.inlinePayloadBytes) },
    ];
    for (const submission of submissions)
      await expect(world.submit(submission)).rejects.toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
        retryable: false,
        limit: expect.any(Number),
      });
    expect(world.ports.table.items()).toEqual([]);
    expect(world.ports.payloads.stored.size).toBe(0);
  });

  it("takes a claim check of the caller's own tenant and no other", async () => {
    const world = createWorld();
    const check = (of: string) => ({ $payload: { ref: `${of}/x`, bytes: 1, sha256: '0'.repeat(64) } });
    expect((await world.submit({ input: check('acme') })).input).toEqual(check('acme'));
    await expect(world.submit({ input: check('rival') })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    expect(world.tasks()).toHaveLength(1);
  });

  it('steps over a mark that the sweep left under its id', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const taskId = submittedTaskId(tenant, owner.id, 'k');
    await world.ports.table.put(voidTask({ tenant, taskId }, 0, 1));
    expect(await world.submit({}, { key: 'k' })).toMatchObject({ taskId, status: 'ASSIGNED', agentId: agent.agentId });
    expect(world.frames(agent.connectionId, 'task.assigned')).toHaveLength(1);
    world.expectBooksToBalance();
  });

  it('sets a timer for a deadline that the sweep would notice too late', async () => {
    const world = createWorld();
    await world.submit({ timeoutSeconds: 5 });
    await world.submit({ timeoutSeconds: 600 });
    expect(world.ports.queues.timers).toMatchObject([{ message: { kind: 'deadline' }, delaySeconds: 5 }]);
  });

  it('finds a task that was written while a queued one was about to be (lost wake-up)', async () => {
    const world = createWorld();
    let agentId: string | undefined;
    world.hooks.before = async (operation) => {
      if (operation.name !== 'put' || operation.key.sk !== 'TASK' || agentId !== undefined) return;
      agentId = 'coming';
      // The agent registers after the dispatcher looked and before the task is in the backlog.
      agentId = (await world.agent('late')).agentId;
    };
    const task = await world.submit();
    expect(await world.task(task.taskId)).toMatchObject({ status: 'ASSIGNED', agentId });
  });

  it('never gives one task two agents, nor an agent two tasks for one slot (fault 18)', async () => {
    const world = createWorld();
    await world.agent('a', { maxConcurrency: 1 });
    const tasks = await Promise.all(Array.from({ length: 5 }, () => world.submit()));
    expect(tasks.filter(({ status }) => status === 'ASSIGNED')).toHaveLength(1);
    world.expectBooksToBalance();
  });

  it('lists a submitted task under its tenant', async () => {
    const world = createWorld();
    const { taskId } = await world.submit();
    const page = await world.ports.table.query({ partition: 'acme#TASKS', index: 'list', limit: 5 });
    expect(page.items).toMatchObject([{ pk: keys.task(tenant, taskId).pk }]);
  });
});
