import { ConditionalCheckFailedException, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { createDynamoTable } from '#adapters/dynamodb/create-dynamo-table.ts';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { createEnvironmentCache } from '#core/common/environment-cache.ts';
import { limits } from '#core/contract/limits.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { readTaskView } from '#core/tasks/task-view.ts';
import { createMessageHandler } from '#functions/websocket/message.ts';
import { context } from '#test/functions/harness.ts';
import { serviceFault } from '#test/unit/adapters/faults.ts';
import { createWorld, other, otherTenant, owner, stranger, tenant, type World } from '#test/unit/core/world.ts';

/** Tasks and slots: what no refused frame may change. */
const work = (world: World): string =>
  JSON.stringify(world.ports.table.items().filter(({ sk }) => sk === 'TASK' || sk === 'SLOTS'));

/** A frame as the message function gets it; the code that it is refused with, or the type of its answer. */
const frame = async (world: World, connectionId: string, type: string, payload: unknown): Promise<string> => {
  const before = world.frames(connectionId).length;
  const body = JSON.stringify({ v: 1, type, id: 'f', seq: 2, ts: 0, ack: true, payload });
  await createMessageHandler(world.services)({ body, requestContext: { connectionId, routeKey: '$default' } }, context);
  const [answer] = world.frames(connectionId).slice(before);
  const code = answer?.payload['code'];
  return typeof code === 'string' ? code : (answer?.type ?? 'nothing');
};

describe('row 6: the end of an old socket is told after the new one has registered', () => {
  it('leaves the agent online, with its work', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.connect('new');
    await world.register({ registration: { name: 'a' }, connectionId: 'new' });
    await handleDisconnect(world.services, agent.connectionId);
    await world.fireTimers();
    expect((await world.slots(agent)).connection).toBe('new');
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 1 });
  });
});

describe('row 7: a zombie sends its result after another has the task', () => {
  it('is refused and kept aside, the new owner’s stands, and the slot is freed once', async () => {
    const world = createWorld();
    const zombie = await world.agent('a');
    const { taskId } = await world.submit();
    const heir = await world.agent('b');
    await handleDisconnect(world.services, zombie.connectionId);
    await world.fireTimers();
    await expect(world.complete(zombie, taskId, 'late', 1)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    await world.complete(heir, taskId, 'right');
    await expect(world.complete(zombie, taskId, 'late', 1)).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    const view = await readTaskView(world.services, tenant, taskId);
    expect(view).toMatchObject({ output: 'right', lateResults: [{ attempt: 1, agentId: zombie.agentId }] });
    expect((await world.slots(zombie)).freeSlots).toBe(5);
    world.expectBooksToBalance();
  });
});

describe('row 10: a write is refused, for one reason or the other', () => {
  const client = new DynamoDBClient({ region: 'eu-west-1' });
  const mock = mockClient(client);
  const table = createDynamoTable({ client, tableName: 't' });
  const update = () => table.update({ key: { pk: 'a', sk: 'b' }, set: [], clauses: {} });

  it('calls a conflict with a transaction retryable, and a lost condition an answer with what it lost to', async () => {
    mock.on(UpdateItemCommand).rejectsOnce(serviceFault('TransactionConflictException', 400));
    await expect(update()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    const Item = { pk: { S: 'a' }, sk: { S: 'b' }, rev: { N: '7' } };
    mock.on(UpdateItemCommand).rejects(new ConditionalCheckFailedException({ message: 'lost', $metadata: {}, Item }));
    expect(await update()).toEqual({ won: false, item: { pk: 'a', sk: 'b', rev: 7 } });
  });
});

describe('row 18: two dispatchers meet at the last slot', () => {
  it('is won by exactly one, whoever read first', async () => {
    for (let round = 0; round < 20; round++) {
      const world = createWorld();
      await world.agent('a', { maxConcurrency: 1 });
      const submissions = ['one', 'two', 'three'].map((idempotencyKey, turn) =>
        submitTask(
          { ...world.services, cache: createEnvironmentCache(round + turn) },
          { principal: owner, submission: TaskSubmission.parse({ type: 'work' }), idempotencyKey },
        ),
      );
      const statuses = (await Promise.all(submissions)).map(({ status }) => status);
      expect(statuses.toSorted()).toEqual(['ASSIGNED', 'QUEUED', 'QUEUED']);
      world.expectBooksToBalance();
    }
  });
});

describe('row 20: a cancel and a result arrive together', () => {
  it.each(['the result first', 'the cancel first', 'at once'])('ends the task once: %s', async (order) => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({}, { connectionId: 'client' });
    const cancel = () => cancelTask(world.services, owner, taskId, 'no').catch((error: unknown) => error);
    const finish = () => world.complete(agent, taskId, 'done', 1).catch((error: unknown) => error);
    if (order === 'at once') await Promise.all([cancel(), finish()]);
    else for (const act of order.startsWith('the result') ? [finish, cancel] : [cancel, finish]) await act();
    const { status, output, endedAt } = await world.task(taskId);
    expect(['SUCCEEDED', 'CANCELLED']).toContain(status);
    expect(world.frames('client', 'task.completed')).toHaveLength(1);
    expect(world.frames(agent.connectionId, 'task.cancel').length).toBe(status === 'CANCELLED' ? 1 : 0);
    world.advance(61_000);
    await sweep(world.services);
    const after = await world.task(taskId);
    expect([after.status, after.output, after.endedAt]).toEqual([status, output, endedAt]);
    expect((await world.slots(agent)).freeSlots).toBe(5);
  });
});

describe('row 23: payloads at and above each limit', () => {
  it.each([
    ['32 KB', 32 * 1024],
    ['128 KB', 128 * 1024],
    ['256 KiB', 256 * 1024],
    ['400 KB', 400 * 1024],
    ['1 MB', 1024 * 1024],
  ])('takes one byte more than %s whole, beside an item that stays small', async (_what, bytes) => {
    const world = createWorld();
    const agent = await world.agent('a');
    const text = 'x'.repeat(bytes + 1 - 2);
    const { taskId } = await world.submit({ input: text });
    await world.complete(agent, taskId, text);
    const task = await world.task(taskId);
    expect(JSON.stringify(task).length).toBeLessThan(8 * 1024);
    for (const kept of [task.input, task.output]) expect(kept).toMatchObject({ $payload: { bytes: bytes + 1 } });
    expect([...world.ports.payloads.stored.values()].map(({ length }) => length)).toEqual([bytes + 1, bytes + 1]);
  });

  it('refuses more than there may be by name and limit, and nothing is half done', async () => {
    const world = createWorld();
    const before = world.ports.table.items().length;
    await expect(world.submit({ input: 'x'.repeat(limits.payloadBytes) })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      limit: limits.payloadBytes,
      retryable: false,
    });
    await expect(world.submit({ context: 'x'.repeat(limits.inlinePayloadBytes) })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect(world.ports.table.items()).toHaveLength(before);
  });
});

describe('row 26: an agent lies', () => {
  it('is refused by name, changes nothing, and leaves a line of who tried what', async () => {
    const world = createWorld();
    const honest = await world.agent('honest');
    const { taskId } = await world.submit();
    const mine = { taskId, attempt: 1 };
    for (const [connectionId, principal] of [
      ['liar', other],
      ['foreign', stranger],
    ] as const) {
      await world.connect(connectionId, principal);
      await world.register({ registration: { name: connectionId, capabilities: ['lies'] }, connectionId, principal });
    }
    const before = work(world);
    const lies: readonly (readonly [string, string, unknown, string])[] = [
      ['liar', 'task.result', { ...mine, output: 'forged' }, 'STALE_ATTEMPT'],
      ['liar', 'task.fail', { ...mine, error: { code: 'X', message: 'forged' } }, 'STALE_ATTEMPT'],
      ['liar', 'task.reject', mine, 'STALE_ATTEMPT'],
      ['liar', 'task.progress', { ...mine, percent: 99 }, 'STALE_ATTEMPT'],
      ['liar', 'task.wait', { ...mine, children: [taskId] }, 'STALE_ATTEMPT'],
      ['liar', 'agent.register', { name: 'honest' }, 'AGENT_ID_TAKEN'],
      ['liar', 'agent.register', { name: 'x', agentId: honest.agentId }, 'AGENT_ID_TAKEN'],
      ['foreign', 'task.result', { ...mine, output: 'forged' }, 'NOT_FOUND'],
      ['foreign', 'task.cancel', { taskId }, 'NOT_FOUND'],
      ['foreign', 'watch', { taskId }, 'NOT_FOUND'],
      ['liar', 'task.result', { taskId, attempt: 'one', output: 1 }, 'INVALID_FIELD'],
      ['liar', 'task.progress', { ...mine, message: 'x'.repeat(2000) }, 'INVALID_FIELD'],
    ];
    const heard: string[] = [];
    for (const [connectionId, type, payload] of lies) heard.push(await frame(world, connectionId, type, payload));
    expect(heard).toEqual(lies.map(([, , , code]) => code));
    expect(work(world)).toBe(before);
    const audited = world.ports.log.lines.filter(({ message, fields }) => message === 'audit' && 'refused' in fields);
    expect(audited).toHaveLength(lies.length);
    expect(audited[0]?.fields).toMatchObject({
      tenant,
      principal: other.id,
      action: 'task.result',
      taskId,
      refused: 'STALE_ATTEMPT',
    });
    expect(audited.filter(({ fields }) => fields['tenant'] === otherTenant)).toHaveLength(3);
  });
});
