import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { TaskId } from '#core/contract/ids.ts';
import type { ItemChange } from '#core/event-log/event-of-change.ts';
import { openTaskLog } from '#core/event-log/open-log.ts';
import { createLogHandler } from '#functions/stream/log.ts';
import { streamChanges } from '#test/support/change-stream.ts';
import { context, createWorld, frameText, openSocket, principal } from '../harness.ts';

const eventOf = (changes: readonly ItemChange[]) => ({
  Records: changes.map(({ before, after }, index) => ({
    eventID: `event-${index}`,
    eventName: before === undefined ? 'INSERT' : 'MODIFY',
    dynamodb: {
      SequenceNumber: `${index + 1}00`,
      NewImage: marshall(after, { removeUndefinedValues: true }),
      ...(before === undefined ? {} : { OldImage: marshall(before, { removeUndefinedValues: true }) }),
    },
  })),
});

const followedTask = async () => {
  const world = createWorld();
  const changes = streamChanges(world.services);
  const client = await openSocket(world, principal('submitter'));
  const [submitted] = await client.send(frameText('task.submit', { task: { type: 'x' } }));
  const taskId = TaskId.parse(submitted?.payload['taskId']);
  await openTaskLog(world.services, principal('submitter').tenant, taskId);
  await client.send(frameText('task.cancel', { taskId }, { seq: 2 }));
  const logged = (): readonly string[] =>
    world.ports.table
      .items()
      .filter(({ pk }) => String(pk).includes('#LOG#'))
      .map(({ type }) => String(type));
  return { world, event: eventOf(changes.filter(({ after }) => after['taskLog'] !== undefined)), logged };
};

describe('log', () => {
  it('writes what the stream hands over, in its order, and passes over removals', async () => {
    const { world, event, logged } = await followedTask();
    const removal = { eventName: 'REMOVE', dynamodb: { SequenceNumber: '50', OldImage: {} } };
    const answer = await createLogHandler(world.services)({ Records: [removal, ...event.Records] }, context);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(logged()).toEqual(['task.state', 'task.completed']);
  });

  it('goes no further than what it cannot write, and names that to be repeated from', async () => {
    const { world, event, logged } = await followedTask();
    const [first, ...rest] = event.Records;
    const broken = {
      eventName: 'MODIFY',
      dynamodb: { SequenceNumber: '150', NewImage: marshall({ pk: 'x', sk: 'TASK' }) },
    };
    const answer = await createLogHandler(world.services)({ Records: [first, broken, ...rest] }, context);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '150' }] });
    expect(logged()).toEqual(['task.state']);
    expect(world.ports.log.lines.map(({ message }) => message)).toContain('change not logged');
  });
});
