import { describe, expect, it } from 'vitest';
import { createSweepHandler } from '#functions/schedule/sweep.ts';
import { context, createWorld, frameText, openSocket, principal } from '../harness.ts';

describe('sweep', () => {
  it('runs on any event, ends what is overdue, and says how much it met', async () => {
    const world = createWorld();
    const client = await openSocket(world, principal('submitter'));
    await client.send(frameText('task.submit', { task: { type: 'x', timeoutSeconds: 60 } }));
    world.ports.clock.advance(120_000);
    await createSweepHandler(world.services)({}, context);
    expect(world.ports.table.items().find(({ sk }) => sk === 'TASK')).toMatchObject({ status: 'TIMED_OUT' });
    expect(world.ports.log.lines.at(-1)).toMatchObject({
      message: 'swept',
      fields: { due: 1, repairs: expect.any(Number), failures: 0 },
    });
  });
});
