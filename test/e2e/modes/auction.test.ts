import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../support/fleet.ts';
import type { NodeProcess } from '../support/spawn-node.ts';

let fleet: Fleet;
/** The first is the cheapest, and so on. */
let painters: readonly NodeProcess[];
beforeAll(async () => {
  fleet = await Fleet.start();
  painters = await fleet.begin('painter', 3, { script: 'bidder-process.ts', slots: 10 });
});
afterAll(() => fleet?.stop());

const auction = (more: Record<string, unknown> = {}) => ({
  mode: 'auction',
  task: { type: 'paint', input: '{{ input }}' },
  bidders: { capability: 'painter' },
  // The price alone, as how busy each is depends on what else goes on.
  scoring: { price: 1, speed: 0, confidence: 0, match: 0 },
  ...more,
});
const sell = (input: unknown, more?: Record<string, unknown>) => fleet.outcome(auction(more), input);

describe('an auction among agents in processes of their own', () => {
  it('gives the task to the best bid, of those that the SDK makes by itself', async () => {
    const run = await sell({}, { scoring: {} });
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      mode: 'auction',
      output: {
        output: { by: 'painter-0' },
        auction: {
          bids: [
            { agent: 'painter-0', price: 1 },
            { agent: 'painter-1', price: 2 },
            { agent: 'painter-2', price: 3 },
          ],
        },
      },
    });
  });
});

describe.concurrent('an auction that goes otherwise', () => {
  it('gives it to the next best when the winner always fails', async () => {
    expect(await sell({ fails: ['painter-0', 'painter-1'] })).toMatchObject({
      output: { output: { by: 'painter-2' } },
    });
  });

  it('fails when all bidders do', async () => {
    const run = await sell({ fails: ['painter-0', 'painter-1', 'painter-2'] });
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'ALL_BIDDERS_FAILED' } });
  });

  it('gives it to the next best when the winner is too slow', async () => {
    const task = { type: 'paint', input: '{{ input }}', timeoutSeconds: 2 };
    expect(await sell({ slow: ['painter-0'] }, { task })).toMatchObject({ output: { output: { by: 'painter-1' } } });
  });

  it('closes in time, refuses a late bid with the reason and keeps it aside', async () => {
    const late = await fleet.muster.socket();
    await late.register({ name: 'late', capabilities: ['late'] });
    const runId = await fleet.run(
      auction({ bidders: { capability: 'late' }, bidWindowSeconds: 2, onNoBids: 'fail' }),
      {},
    );
    const { payload } = await late.next('task.assigned');
    expect(payload['task']).toMatchObject({ kind: 'bid', type: 'paint' });
    expect(await fleet.ended(runId)).toMatchObject({ status: 'FAILED', error: { code: 'NO_BIDS' } });
    const bid = { taskId: payload['task'].taskId, attempt: 1, output: { price: 0, estimatedMs: 1, confidence: 1 } };
    const refused = await late.ask('task.result', bid);
    expect(refused.payload).toMatchObject({ code: 'ALREADY_TERMINAL' });
    expect((await fleet.muster.call(`GET /tasks/${bid.taskId}`)).body).toMatchObject({ lateResults: [{ attempt: 1 }] });
    await late.close();
  });

  it('takes the named strategy when nobody bids', async () => {
    const mute = await fleet.muster.socket();
    await mute.register({ name: 'mute', capabilities: ['mute'] });
    const runId = await fleet.run(
      auction({ bidders: { capability: 'mute' }, onNoBids: { strategy: 'least_loaded' } }),
      {},
    );
    const asked = await mute.next('task.assigned');
    const error = { code: 'NO_BID', message: 'no', retryable: false };
    await mute.ask('task.fail', { taskId: asked.payload['task'].taskId, attempt: 1, error });
    const given = await mute.next('task.assigned');
    expect(given.payload['task']).toMatchObject({ kind: 'work', type: 'paint' });
    await mute.ask('task.result', { taskId: given.payload['task'].taskId, attempt: 1, output: { by: 'mute' } });
    expect(await fleet.ended(runId)).toMatchObject({ status: 'SUCCEEDED', output: { output: { by: 'mute' } } });
    await mute.close();
  });

  it('is cancelled with the task at work', async () => {
    const runId = await fleet.run(auction(), { slow: ['painter-0'] });
    const run = await fleet.cancelled(
      runId,
      'the winner works',
      () => painters[0]?.lines.includes(`work ${runId}`) ?? false,
    );
    expect(run.status).toBe('CANCELLED');
    const statuses = run.steps.flatMap(({ tasks }: { tasks: { status: string }[] }) =>
      tasks.map(({ status }) => status),
    );
    expect(statuses).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'CANCELLED']);
  });
});
