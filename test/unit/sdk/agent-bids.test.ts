import { describe, expect, it } from 'vitest';
import { until, useAgents } from './agent-fixture.ts';
import { taskIds } from './fake-platform.ts';

const [firstTask, secondTask, thirdTask] = taskIds;
const fixture = useAgents();
const request = { task: { type: 'echo', input: { wall: 'north' } }, capabilities: ['painting'] };
const bid = (taskId = firstTask) => ({ taskId, kind: 'bid', type: 'echo', input: request });
const painter = { capabilities: [{ name: 'painting', confidence: 0.7 }], costPerTask: 3, maxConcurrency: 2 };

describe('an agent that is asked for a bid', () => {
  it('offers its declared cost, its confidence in what is asked for, and a guess of the time', async () => {
    await fixture
      .createAgent(painter)
      .handle('echo', () => null)
      .start();
    const connection = await fixture.platform.connection();
    connection.assign(bid());
    expect((await connection.next('task.result')).payload).toEqual({
      taskId: firstTask,
      attempt: 1,
      output: { price: 3, estimatedMs: 1000, confidence: 0.7 },
    });
  });

  it('offers how long such tasks took it, stretched by what it carries', async () => {
    const releases: (() => void)[] = [];
    const agent = fixture
      .createAgent(painter)
      .handle('echo', () => new Promise<null>((resolve) => releases.push(() => resolve(null))));
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign({ taskId: firstTask });
    await until(() => releases.length === 1);
    fixture.timers.advance(4000);
    releases[0]?.();
    await connection.next('task.result');
    connection.assign({ taskId: secondTask });
    connection.assign(bid(thirdTask));
    expect((await connection.next('task.result')).payload).toMatchObject({
      taskId: thirdTask,
      output: { estimatedMs: 6000 },
    });
    releases[1]?.();
  });

  it('offers what its handler says, or nothing', async () => {
    const agent = fixture.createAgent(painter).handle('*', () => null);
    agent.onBid(({ task }, usual) =>
      JSON.stringify(task.input).includes('north') ? { ...usual, price: usual.price * 2 } : undefined,
    );
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign(bid());
    expect((await connection.next('task.result')).payload).toMatchObject({ output: { price: 6 } });
    connection.assign({ ...bid(secondTask), input: { ...request, task: { type: 'echo', input: 'south' } } });
    expect((await connection.next('task.fail')).payload).toMatchObject({
      taskId: secondTask,
      error: { code: 'NO_BID', retryable: false },
    });
  });

  it('makes none for what it could not do, or does not understand', async () => {
    await fixture
      .createAgent(painter)
      .handle('echo', () => null)
      .start();
    const connection = await fixture.platform.connection();
    connection.assign({ ...bid(), type: 'other' });
    expect((await connection.next('task.reject')).payload).toMatchObject({ taskId: firstTask });
    connection.assign({ ...bid(secondTask), input: 'what?' });
    expect((await connection.next('task.fail')).payload).toMatchObject({ error: { code: 'MALFORMED_FRAME' } });
  });
});
