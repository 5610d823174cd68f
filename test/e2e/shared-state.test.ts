import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

let muster: Muster;

beforeAll(async () => {
  muster = await startMuster();
});
afterAll(async () => {
  await muster?.stop();
});

describe('shared state', () => {
  it('is told to those who pulled it, and no more once they are gone', async () => {
    const socket = await muster.socket();
    const { agentId } = await socket.register({ name: 'listener' });
    socket.send('state.pull', { scope: 'board' });
    await socket.next('state.delta');
    const change = () => muster.call('POST /state', { scope: 'board', ops: [{ op: 'increment', name: 'n' }] });
    expect((await change()).body).toMatchObject({ counters: { n: 1 } });
    expect((await socket.next('state.delta')).payload).toMatchObject({ scope: 'board', parts: [{ name: 'n' }] });
    expect((await muster.call('GET /state/muster.workload')).body.counters).toMatchObject({ [agentId]: 0 });
    socket.terminate();
    await until(
      'the socket is gone',
      async () => (await muster.call(`GET /agents/${agentId}`)).body.connected === false,
    );
    await change();
    expect((await muster.call('GET /state/board')).body.counters).toEqual({ n: 2 });
  });
});

describe('what agents disagree about', () => {
  it('is settled by rules, or by people when it is contested', async () => {
    const socket = await muster.socket();
    const positions = (first: number) => [
      { agentId: 'architect', position: 'REST', confidence: first, evidence: ['clients'] },
      { agentId: 'backend', position: 'gRPC', confidence: 0.9, evidence: ['benchmark'] },
    ];
    const report = async (first: number) => {
      const conflict = { type: 'design', severity: 'high', positions: positions(first) };
      const id = socket.send('conflict.report', conflict);
      return (await socket.next('conflict.decided', ({ correlationId }) => correlationId === id)).payload;
    };
    expect(await report(0.8)).toMatchObject({ status: 'RESOLVED', decision: 'gRPC', escalated: false });
    const { conflictId, escalationId, status } = await report(0.85);
    expect(status).toBe('ESCALATED');
    await muster.call(`POST /approvals/${escalationId}`, { decision: 'position-2' });
    const decided = await muster.call(`GET /conflicts/${conflictId}`);
    expect(decided.body).toMatchObject({ status: 'RESOLVED', decision: 'REST', escalated: true });
    expect((await muster.call('GET /conflicts/stats')).body).toMatchObject({ total: 2, resolved: 2, escalated: 1 });
    socket.terminate();
  });

  it('is settled for two writes of one value by what the scope asks for', async () => {
    const chains = [{ scope: 'plan', strategies: ['merge_compatible', 'manual'] }];
    await muster.call('PUT /settings', { conflicts: { chains } });
    const write = async (value: unknown, baseVersion: number) =>
      (await muster.call('POST /values', { scope: 'plan', name: 'who', value, baseVersion })).body;
    await write({ owner: 'ada', due: 1 }, 0);
    await write({ owner: 'bob', due: 1 }, 1);
    // Settings are known everywhere within half a minute; the usual chain settles it by time.
    const settled = await write({ owner: 'ada', due: 2 }, 1);
    expect(settled).toMatchObject({ version: 3, resolution: { outcome: expect.stringMatching(/merged|proposed/) } });
    expect((await muster.call('GET /values/plan/who')).body).toEqual(settled);
    expect((await muster.call('GET /values/plan/who/versions')).body.items).toHaveLength(3);
  });
});
