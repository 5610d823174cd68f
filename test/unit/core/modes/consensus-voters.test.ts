import { describe, expect, it } from 'vitest';
import { createWorld, type TestAgent } from '../world.ts';
import { begin, definition, ended, fail, tally, vote, votes } from './ballot.ts';

describe('weights', () => {
  it('by expertise are confidence in the capability times observed success at the type', async () => {
    const world = createWorld();
    const agents = new Map<string, TestAgent>();
    const skills = { ann: 1, ben: 0.4, cem: 0.4 };
    for (const [name, confidence] of Object.entries(skills))
      agents.set(name, await world.agent(name, { capabilities: [{ name: 'law', confidence }] }));
    const cem = agents.get('cem') ?? fail();
    for (const outcome of ['fails', 'succeeds']) {
      const { taskId } = await world.submit({
        type: 'judge',
        requirements: { agentId: cem.agentId },
        retry: { maxAttempts: 1 },
      });
      await (outcome === 'fails' ? world.fail(cem, taskId) : world.complete(cem, taskId));
    }
    const run = await world.start(
      definition({ voters: { capability: 'law', count: 3 }, weights: 'expertise', quorum: 0.6 }),
    );
    await world.enterStage(run, 0);
    const begun = { world, agents, run };
    await votes(begun, { ben: 'keep', cem: 'keep' });
    await vote(begun, 'ann', 'ship');
    await tally(begun);
    expect(await ended(begun)).toMatchObject({
      output: {
        decision: 'ship',
        tally: [
          { option: 'keep', weight: 0.6 },
          { option: 'ship', weight: 1 },
        ],
      },
    });
  });

  it('by confidence are the voter’s own, also from the frame of its result', async () => {
    const begun = await begin({ weights: 'confidence' });
    await votes(begun, {
      ann: { decision: 'ship', confidence: 0.9 },
      ben: { decision: 'keep', confidence: 0.2 },
      cem: { decision: 'keep', confidence: 0.2 },
      dia: { decision: 'ship', confidence: 0.1 },
    });
    await tally(begun);
    expect(await ended(begun)).toMatchObject({ output: { decision: 'ship', tally: [{ weight: 0.4 }, { weight: 1 }] } });
  });
});

describe('voters', () => {
  it('by capability are those connected, the surest first; an empty place counts as invited', async () => {
    const world = createWorld();
    for (const [name, confidence] of [
      ['low', 0.2],
      ['high', 0.9],
      ['mid', 0.5],
    ] as const)
      await world.agent(name, { capabilities: [{ name: 'law', confidence }] });
    await world.agent('other', { capabilities: ['art'] });
    const two = await world.start({ ...definition({ voters: { capability: 'law', count: 2 } }), name: 'two' });
    await world.enterStage(two, 0, 'two');
    expect(world.members(0).map(({ agentName }) => agentName)).toEqual(['high', 'mid']);
    const six = await world.start(
      { ...definition({ voters: { capability: 'law', count: 7 }, veto: ['low'] }), name: 'six' },
      null,
      'six',
    );
    await world.enterStage(six, 0, 'six');
    const asked = world.members(0).filter(({ place }) => place?.runId === six.runId);
    expect(asked.map(({ agentName }) => agentName)).toEqual(['low', 'high', 'mid']);
    world.advance(30_000);
    await world.fireTimers('deadline');
    await world.decideAt(six, 'tally', 0);
    expect((await world.run(six.runId)).error?.message).toContain('0 of 7 voted; at least 4 must');
  });

  it('are the same in every round, and in a round that is asked for again', async () => {
    const world = createWorld();
    const agents = new Map<string, TestAgent>();
    for (const [name, confidence] of Object.entries({ ann: 0.9, ben: 0.8 }))
      agents.set(name, await world.agent(name, { capabilities: [{ name: 'law', confidence }] }));
    const run = await world.start(definition({ voters: { capability: 'law', count: 2 }, maxRounds: 2 }));
    await world.enterStage(run, 0);
    await world.agent('aaa', { capabilities: [{ name: 'law', confidence: 1 }] });
    await world.enterStage(run, 0, 'token-again');
    expect(world.members(0)).toHaveLength(2);
    const begun = { world, agents, run };
    await votes(begun, { ann: 'ship', ben: 'keep' });
    await tally(begun);
    await world.enterStage(run, 1);
    expect(world.members(1).map(({ agentName }) => agentName)).toEqual(['ann', 'ben']);
  });
});
