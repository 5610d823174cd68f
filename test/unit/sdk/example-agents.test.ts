import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientFrames } from '#core/contract/client-frames.ts';
import { startAgents } from '../../../examples/shared/start-agents.ts';
import { FakePlatform, taskIds } from './fake-platform.ts';

let platform: FakePlatform;

beforeEach(async () => {
  platform = await FakePlatform.start();
});

afterEach(() => platform.stop());

const agentFiles = (...names: string[]) =>
  names.map((name) => new URL(`../../../examples/code-review/agents/${name}.ts`, import.meta.url));
const root = new URL('../../../examples/code-review/analysers/', import.meta.url).pathname;

describe('startAgents', () => {
  it('starts equal processes that do real work, survives the death of one and leaves none behind', async () => {
    const failures: string[] = [];
    const agents = await startAgents({
      url: platform.socketUrl,
      apiKey: 'mst_acme_k_s',
      agents: agentFiles('style'),
      copies: 2,
      onFailure: (name) => failures.push(name),
    });
    const connections = [await platform.connection(), await platform.connection()];
    const named = await Promise.all(
      connections.map(async (connection) => ({ connection, frame: await connection.next('agent.register') })),
    );
    const names = named.map(({ frame }) => clientFrames['agent.register'].parse(frame.payload).name);
    expect(names.toSorted()).toEqual(['style', 'style-2']);
    expect(named[0]?.frame.payload).toMatchObject({
      capabilities: ['code-review.style'],
      taskTypes: ['analyse.style', 'vote.review'],
    });

    expect(agents.kill('style-2')).toBe(true);
    expect(agents.kill('nobody')).toBe(false);
    await named[names.indexOf('style-2')]?.connection.closed;

    const left = named[names.indexOf('style')]?.connection;
    left?.assign(
      { taskId: taskIds[1], type: 'analyse.style', input: { root, files: ['finding.ts'] } },
      { deadline: 1_800_000_900_000 },
    );
    expect((await left?.next('task.result'))?.payload).toMatchObject({
      output: { findings: [], analysed: 1, skipped: [] },
    });

    await agents.stop();
    expect(await Promise.all(agents.processes.map(({ exited }) => exited))).toEqual([0, null]);
    expect(failures).toEqual([]);
  });

  it('says why an agent did not come up, and ends the others', async () => {
    platform.handshakeStatus = 401;
    const starting = startAgents({
      url: platform.socketUrl,
      apiKey: 'wrong',
      agents: agentFiles('recommender', 'reporter'),
      onFailure: () => undefined,
    });
    await expect(starting).rejects.toThrow(/refused the API key \(401\)/);
  });
});
