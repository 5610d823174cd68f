import { describe, expect, it } from 'vitest';
import { createWorld } from '../world.ts';

describe('a plain task', () => {
  it('takes four writes, and no read that could be spared', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const first = await world.submit({}, { connectionId: 'client' });
    await world.complete(agent, first.taskId);
    const calls: string[] = [];
    world.hooks.before = (operation) => {
      calls.push('key' in operation ? `${operation.name} ${operation.key.sk}` : operation.name);
    };
    const { taskId } = await world.submit({}, { connectionId: 'client' });
    await world.complete(agent, taskId, null, 1);
    expect(calls).toEqual([
      // Who could have it, and how busy they are.
      'query',
      'getMany',
      // Claim and put.
      'update SLOTS',
      'put TASK',
      // End, and the slot as it is before its release.
      'update TASK',
      'get SLOTS',
      // Release, and then what was queued meanwhile.
      'update SLOTS',
      'query',
    ]);
  });
});
