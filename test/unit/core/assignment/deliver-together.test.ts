import { describe, expect, it } from 'vitest';
import { pack } from '#core/assignment/deliver-together.ts';
import { jsonBytes } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { createWorld } from '../world.ts';

describe('deliverTogether', () => {
  it('hands queued tasks of a batch type over in one message, and the others one by one', async () => {
    const world = createWorld();
    for (let turn = 0; turn < 4; turn++) await world.submit({ type: 'small', input: turn });
    await world.submit({ type: 'single' });
    const agent = await world.agent('a', { maxConcurrency: 10, batchTypes: ['small'] });
    const [batch] = world.frames(agent.connectionId, 'task.batch');
    expect(world.frames(agent.connectionId, 'task.batch')).toHaveLength(1);
    expect(batch?.payload['assignments']).toHaveLength(4);
    expect(world.frames(agent.connectionId, 'task.assigned')).toHaveLength(1);
    expect(world.tasks().map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'ASSIGNED'));
    world.expectBooksToBalance();
  });

  it('sends single assignments to an agent that takes no batches', async () => {
    const world = createWorld();
    for (let turn = 0; turn < 3; turn++) await world.submit({ type: 'small' });
    const agent = await world.agent('a');
    expect(world.frames(agent.connectionId, 'task.batch')).toEqual([]);
    expect(world.frames(agent.connectionId, 'task.assigned')).toHaveLength(3);
  });

  it('never makes a message larger than a frame', async () => {
    const world = createWorld();
    for (let turn = 0; turn < 6; turn++) await world.submit({ type: 'small', input: 'x'.repeat(10_000) });
    const agent = await world.agent('a', { maxConcurrency: 10, batchTypes: ['small'] });
    const frames = world.ports.sockets.framesTo(agent.connectionId);
    expect(frames.length).toBeLessThanOrEqual(4);
    for (const frame of frames) expect(jsonBytes(frame)).toBeLessThanOrEqual(limits.frameBytes);
  });

  it('packs nothing into nothing', () => expect(pack([])).toEqual([]));
});
