import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Item } from '#core/table/table.ts';
import { Image } from '#functions/runtime/image.ts';
import { createRelayHandler } from '#functions/stream/relay.ts';
import { context, createWorld, frameText, openSocket, principal, type World } from '../harness.ts';

let world: World;

beforeEach(() => {
  world = createWorld();
});

const streamEvent = (...items: readonly (Item | undefined)[]) => ({
  Records: items.map((item, index) => ({
    eventID: `event-${index}`,
    eventName: item === undefined ? 'REMOVE' : 'MODIFY',
    eventSource: 'aws:dynamodb',
    dynamodb: {
      Keys: {},
      SequenceNumber: `${index + 1}00`,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
      ...(item === undefined ? { OldImage: {} } : { NewImage: marshall(item) }),
    },
  })),
});

const endedTask = async (): Promise<Item> => {
  const client = await openSocket(world, principal('submitter'));
  const [submitted] = await client.send(frameText('task.submit', { task: { type: 'x', publishEvent: true } }));
  await client.send(frameText('task.cancel', { taskId: submitted?.payload['taskId'] }));
  return world.ports.table.items().find(({ sk }) => sk === 'TASK') ?? {};
};

describe('relay', () => {
  it('publishes what an item’s write has named, and passes over removals', async () => {
    const item = await endedTask();
    const before = world.ports.events.published.length;
    const answer = await createRelayHandler(world.services)(streamEvent(undefined, item), context);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(world.ports.events.published).toHaveLength(before + 1);
    expect(world.ports.events.published.at(-1)).toMatchObject({ detail: { taskId: item['taskId'] } });
  });

  it('hands on what an item was before its write', async () => {
    const run = { pk: 'acme#RUN#r', sk: 'RUN', tenant: 'acme', runId: 'run_01890000-0000-7000-8000-000000000001' };
    const facts = { workflow: 'w', version: 1, mode: 'dag', input: null, requestHash: 'h', principal: 'key:a' };
    const times = { createdAt: 1, deadlineAt: 9, rev: 3, status: 'RUNNING' };
    const item = { ...run, ...facts, ...times };
    const [record] = streamEvent(item).Records;
    const dynamodb = { ...record?.dynamodb, OldImage: marshall({ ...item, status: 'PAUSED' }) };
    await createRelayHandler(world.services)({ Records: [{ ...record, dynamodb }] }, context);
    expect(world.ports.events.published).toMatchObject([
      { detailType: 'StateChanged', detail: { from: 'PAUSED', status: 'RUNNING', runId: run.runId } },
    ]);
  });

  it('names an item that fails to the effects queue, and delivers the others', async () => {
    const item = await endedTask();
    const before = world.ports.events.published.length;
    const broken = { pk: 'acme#TASK#x', sk: 'TASK', outbox: 'event' };
    const answer = await createRelayHandler(world.services)(streamEvent(broken, item), context);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(world.ports.queues.effects).toEqual([{ pk: 'acme#TASK#x', sk: 'TASK' }]);
    expect(world.ports.events.published).toHaveLength(before + 1);
    expect(world.ports.log.lines.map(({ message }) => message)).toContain('effects failed');
  });
});

describe('Image', () => {
  it('reads every kind of value that the table holds', () => {
    const item = { text: 'a', count: -1.5, yes: true, none: null, list: [1, 'b', { deep: [] }], map: { 'a.b': {} } };
    expect(Image.parse(marshall(item))).toEqual(item);
  });

  it('refuses what it does not know', () => {
    expect(Image.safeParse({ set: { SS: ['a'] } }).success).toBe(false);
  });
});
