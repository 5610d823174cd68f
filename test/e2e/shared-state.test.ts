import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '#core/common/hash-id.ts';
import { Agent, Operator, type SharedState } from '#sdk/index.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

let muster: Muster;
const agents: Agent[] = [];

beforeAll(async () => {
  muster = await startMuster();
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await muster?.stop();
});

const create = (index: number): Agent => {
  const agent = new Agent({
    url: muster.ws,
    apiKey: muster.apiKey,
    name: `sharer-${index}`,
    ...(index % 2 === 0 ? {} : { encoding: 'binary' as const }),
  });
  agents.push(agent);
  return agent;
};

const work = (state: SharedState, index: number): void => {
  for (let round = 0; round < 10; round++) {
    state.increment('done', index + 1);
    state.increment('left', -1);
    state.addToSet('seen', `${index}-${round}`);
    state.addToSet('turn', round);
    if (round % 2 === 1) state.removeFromSet('turn', round);
    state.setMap('last', `key-${round}`, { index, round });
  }
};

describe('five agents', () => {
  it('come to share one state over real sockets, one of them away at first, and people see the same', async () => {
    const [late, ...present] = [4, 0, 1, 2, 3].map(create);
    const states = agents.map((agent) => agent.state('crew'));
    await Promise.all(present.map((agent) => agent.start()));
    // One of them is not connected yet: what it does waits for that.
    for (const [index, state] of states.entries()) work(state, index);
    expect(states[0]?.counter('done')).toBe(10);
    const operator = new Operator({ url: muster.http, apiKey: muster.apiKey });
    await operator.changeState({ scope: 'crew', ops: [{ op: 'increment', name: 'done', by: 1000 }] });
    await late?.start();
    const alike = await until('all are alike', () => {
      const texts = states.map(({ values }) => canonicalJson(values));
      const isAlike = states.every(({ isSettled }) => isSettled) && new Set(texts).size === 1;
      return isAlike && states[0]?.counter('done') === 1150 ? states[0].values : undefined;
    });
    expect(alike.counters).toEqual({ done: 1150, left: -50 });
    expect(alike.sets['seen']).toHaveLength(50);
    const { scope: _scope, ...seen } = await operator.getState('crew');
    expect(seen).toEqual(alike);
  });

  it('are told of what people change, and no more once they are gone', async () => {
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
