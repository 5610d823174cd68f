import { beforeEach, describe, expect, it } from 'vitest';
import { logChange } from '#core/event-log/log-change.ts';
import { createEventsHandler } from '#functions/http/events.ts';
import { streamChanges } from '#test/support/change-stream.ts';
import { callRoute, createWorld, frameText, openSocket, principal, type World } from '../harness.ts';

const route = 'GET /v1/tasks/{taskId}/events';

let world: World;
let taskId: string;
let deliver: () => Promise<void>;

beforeEach(async () => {
  world = createWorld();
  const changes = streamChanges(world.services);
  deliver = async () => {
    for (const change of changes.splice(0)) await logChange(world.services, change);
  };
  const client = await openSocket(world, principal('submitter'));
  const [submitted] = await client.send(frameText('task.submit', { task: { type: 'x' } }));
  taskId = String(submitted?.payload['taskId']);
});

/** Waiting moves the clock; whatever happens meanwhile is `during`'s. */
const ask = (query: Record<string, string>, during: () => Promise<void> = async () => undefined) => {
  const pause = async (ms: number): Promise<void> => {
    world.ports.clock.advance(ms);
    await during();
  };
  return callRoute(createEventsHandler(world.services, pause), route, { params: { taskId }, query });
};

describe('GET /v1/tasks/{taskId}/events', () => {
  it('waits for the first event, and then goes on from the cursor', async () => {
    const first = await ask({}, deliver);
    expect(first).toMatchObject({
      status: 200,
      body: { items: [{ type: 'task.state', taskId, data: { status: 'QUEUED' } }], isOver: false },
    });
    const client = await openSocket(world, principal('submitter'), 'canceller');
    await client.send(frameText('task.cancel', { taskId }));
    await deliver();
    const second = await ask({ cursor: first.body.cursor });
    expect(second.body.items).toMatchObject([{ type: 'task.completed', data: { status: 'CANCELLED' } }]);
    expect(await ask({ cursor: second.body.cursor })).toMatchObject({ body: { items: [], isOver: true } });
  });

  it('answers empty after the time that was asked for, with the same cursor', async () => {
    const began = world.ports.clock.now();
    expect(await ask({ cursor: '7', waitSeconds: '3' })).toMatchObject({
      status: 200,
      body: { items: [], cursor: '7', isOver: false },
    });
    const waited = world.ports.clock.now() - began;
    expect(waited).toBeGreaterThan(2000);
    expect(waited).toBeLessThanOrEqual(3000);
  });

  it.each([
    [{ cursor: 'x' }, 'cursor'],
    [{ cursor: '-1' }, 'cursor'],
    [{ cursor: '1e400' }, 'cursor'],
    [{ waitSeconds: '21' }, 'waitSeconds'],
    [{ limit: '0' }, 'limit'],
  ])('refuses %j', async (query, field) => {
    expect(await ask(query)).toMatchObject({ status: 400, body: { code: 'INVALID_FIELD', field } });
  });
});
