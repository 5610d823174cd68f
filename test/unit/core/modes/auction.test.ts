import { describe, expect, it } from 'vitest';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { AuctionWorkflow } from '#core/contract/definitions/auction.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { defaultBidWeights } from '#core/coordination/auction/award.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { createWorld, owner, type TestAgent, type World } from '../world.ts';

const plain = {
  mode: 'auction',
  name: 'sale',
  task: { type: 'paint', input: { wall: '{{ input.wall }}' }, description: 'Paint it.' },
  bidders: { capability: 'painting' },
};
const definition = (more: Record<string, unknown> = {}) => AuctionWorkflow.parse({ ...plain, ...more });

const begin = async (more: Record<string, unknown> = {}, names: readonly string[] = ['ann', 'ben', 'cem']) => {
  const world = createWorld();
  const agents: Record<string, TestAgent> = {};
  for (const name of names)
    agents[name] = await world.agent(name, {
      capabilities: [{ name: 'painting', confidence: 0.8 }],
      maxConcurrency: 1,
    });
  await world.agent('stranger', { capabilities: ['singing'] });
  const run = await world.start(definition(more), { wall: 'north' });
  await world.enterStage(run, 0);
  return { world, agents, run };
};
type Begun = Awaited<ReturnType<typeof begin>>;

const of = ({ agents }: Begun, name: string): TestAgent => {
  const agent = agents[name];
  if (agent === undefined) throw new Error(`there is no ${name}`);
  return agent;
};
const askedOf = (begun: Begun, name: string) => {
  const asked = begun.world.members(0).find(({ requirements }) => requirements.agentId === of(begun, name).agentId);
  if (asked === undefined) throw new Error(`${name} was not asked`);
  return asked;
};
const bid = (begun: Begun, name: string, price: number, more: Record<string, number> = {}) =>
  begun.world.complete(of(begun, name), askedOf(begun, name).taskId, {
    price,
    estimatedMs: 1000,
    confidence: 0.5,
    ...more,
  });
const award = ({ world, run }: Begun, position = 0) => world.decideAt(run, 'award', position);
const work = async (begun: Begun, position: number) => {
  await begun.world.enterStage(begun.run, position);
  const [task] = begun.world.members(position);
  if (task === undefined) throw new Error('there is no task');
  return task;
};
const ended = ({ world, run }: Begun) => world.run(run.runId);

describe('an auction', () => {
  it('asks every eligible agent at once, beside whatever it is at, and nobody else', async () => {
    const begun = await begin({ maxParallelAgents: 1 });
    const { world } = begun;
    expect(
      world
        .members(0)
        .map(({ agentName, status, kind }) => `${agentName} ${status} ${kind}`)
        .toSorted(),
    ).toEqual(['ann ASSIGNED bid', 'ben ASSIGNED bid', 'cem ASSIGNED bid']);
    expect(askedOf(begun, 'ann')).toMatchObject({
      slotCost: 0,
      input: {
        task: { type: 'paint', input: { wall: 'north' }, description: 'Paint it.' },
        capabilities: ['painting'],
      },
    });
    world.expectBooksToBalance();
  });

  it('gives the task to the best bid, pinned to its agent, and tells all bids', async () => {
    const begun = await begin();
    await bid(begun, 'ann', 9);
    await bid(begun, 'ben', 2);
    await bid(begun, 'cem', 5);
    expect(begun.world.ports.executions.answers.get('token-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    expect(await award(begun)).toEqual({ decision: 'awarded', position: 1 });
    const task = await work(begun, 1);
    expect(task).toMatchObject({ agentName: 'ben', status: 'ASSIGNED', input: { wall: 'north' } });
    await begun.world.complete(of(begun, 'ben'), task.taskId, 'painted');
    expect(begun.world.ports.executions.answers.get('token-1')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    expect(await ended(begun)).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        output: 'painted',
        auction: { bids: [{ agent: 'ben', price: 2, match: 0.8 }, { agent: 'cem' }, { agent: 'ann' }], rejected: [] },
      },
    });
  });

  it('is no parallel run: whoever answers first does not get the task for it', async () => {
    const begun = await begin();
    await bid(begun, 'ann', 9);
    expect(begun.world.ports.executions.answers.size).toBe(0);
    await bid(begun, 'cem', 1);
    await bid(begun, 'ben', 5);
    expect(await ended(begun)).toMatchObject({ status: 'RUNNING' });
    await award(begun);
    expect((await work(begun, 1)).agentName).toBe('cem');
  });

  it('weighs as its scoring says; what an agent says of its match does not count', async () => {
    const begun = await begin({ scoring: { price: 0, speed: 1, confidence: 0, match: 0 } });
    await bid(begun, 'ann', 1, { estimatedMs: 900 });
    await bid(begun, 'ben', 9, { estimatedMs: 100, match: 0 });
    await bid(begun, 'cem', 1, { estimatedMs: 500, match: 99 });
    await award(begun);
    expect((await work(begun, 1)).agentName).toBe('ben');
  });

  it('closes when its window is over, and refuses a late bid with the reason', async () => {
    const begun = await begin();
    await bid(begun, 'ann', 9);
    begun.world.advance(10_000);
    await begun.world.fireTimers('deadline');
    expect(begun.world.ports.executions.answers.get('token-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    await expect(bid(begun, 'ben', 1)).rejects.toMatchObject({
      code: 'ALREADY_TERMINAL',
      message: expect.stringContaining('TIMED_OUT'),
    });
    await award(begun);
    expect((await work(begun, 1)).agentName).toBe('ann');
    expect(begun.world.ports.table.items().filter(({ sk }) => String(sk).startsWith('LATE#'))).toHaveLength(1);
  });

  it('does not take one bid twice, another’s bid, or what is none', async () => {
    const begun = await begin();
    await bid(begun, 'ann', 5);
    await bid(begun, 'ann', 0);
    await expect(
      begun.world.complete(of(begun, 'ann'), askedOf(begun, 'ben').taskId, { price: 0, estimatedMs: 1 }),
    ).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    await bid(begun, 'ben', -1);
    await begun.world.complete(of(begun, 'cem'), askedOf(begun, 'cem').taskId, 'cheap');
    await award(begun);
    const task = await work(begun, 1);
    await begun.world.complete(of(begun, 'ann'), task.taskId, 'painted');
    expect(await ended(begun)).toMatchObject({
      output: {
        auction: {
          bids: [{ agent: 'ann', price: 5 }],
          rejected: [
            { agent: 'cem', reason: 'malformed' },
            { agent: 'ben', reason: 'invalid_price' },
          ],
        },
      },
    });
  });

  it('gives the task to the next best bid when the winner fails, and to nobody twice', async () => {
    const begun = await begin({ task: { type: 'paint', retry: { maxAttempts: 5 } } });
    for (const [index, name] of ['ann', 'ben', 'cem'].entries()) await bid(begun, name, index);
    await award(begun);
    for (const [index, name] of ['ann', 'ben'].entries()) {
      const task = await work(begun, index + 1);
      expect(task.agentName).toBe(name);
      await begun.world.fail(of(begun, name), task.taskId);
      expect(begun.world.ports.executions.answers.get(`token-${index + 1}`)).toMatchObject({ error: 'StepFailed' });
      expect(await ended(begun)).toMatchObject({ status: 'RUNNING' });
      expect(await award(begun, index + 1)).toEqual({ decision: 'awarded', position: index + 2 });
    }
    const last = await work(begun, 3);
    await begun.world.complete(of(begun, 'cem'), last.taskId, 'painted');
    expect(await ended(begun)).toMatchObject({ status: 'SUCCEEDED', output: { output: 'painted' } });
  });

  it('passes over a winner that is gone by the time of the award', async () => {
    const begun = await begin();
    for (const [index, name] of ['ann', 'ben', 'cem'].entries()) await bid(begun, name, index);
    await handleDisconnect(begun.world.services, of(begun, 'ann').connectionId);
    await award(begun);
    expect((await work(begun, 1)).agentName).toBe('ben');
  });

  it('fails when all bidders failed, and says how the last one did', async () => {
    const begun = await begin({}, ['ann']);
    await bid(begun, 'ann', 1);
    await award(begun);
    await begun.world.fail(of(begun, 'ann'), (await work(begun, 1)).taskId, { retryable: false });
    expect(await award(begun, 1)).toEqual({ decision: 'no_more_bids' });
    expect(await ended(begun)).toMatchObject({
      status: 'FAILED',
      error: {
        code: 'ALL_BIDDERS_FAILED',
        message: 'All 1 bidders failed; the last one: It broke.',
        failedTask: { step: 'task', taskId: (await work(begun, 1)).taskId, agentName: 'ann', code: 'BROKEN' },
      },
    });
  });

  it('fails without bids', async () => {
    const begun = await begin({}, []);
    expect(begun.world.ports.executions.answers.get('token-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    expect(await award(begun)).toEqual({ decision: 'no_bids' });
    expect(await ended(begun)).toMatchObject({ status: 'FAILED', error: { code: 'NO_BIDS' } });
  });

  it('gives the task away by the named strategy without bids, once', async () => {
    const begun = await begin({ onNoBids: { strategy: 'least_loaded' } });
    for (const name of ['ann', 'ben', 'cem'])
      await begun.world.fail(of(begun, name), askedOf(begun, name).taskId, { retryable: false });
    await award(begun);
    const task = await work(begun, 1);
    expect(task).toMatchObject({ requirements: { capabilities: ['painting'] }, strategy: 'least_loaded' });
    expect(task.requirements.agentId).toBeUndefined();
    await begun.world.fail(of(begun, task.agentName ?? ''), task.taskId, { retryable: false });
    expect(await award(begun, 1)).toEqual({ decision: 'failed' });
    expect(await ended(begun)).toMatchObject({ status: 'FAILED', error: { code: 'BROKEN' } });
  });

  it('awards the same, wherever the award died before', async () => {
    for (let failing = 1; failing < 24; failing++) {
      const begun = await begin();
      for (const [index, name] of ['ann', 'ben', 'cem'].entries()) await bid(begun, name, index);
      let calls = 0;
      begun.world.hooks.after = () => {
        calls += 1;
        if (calls === failing) throw new Error('died');
      };
      await award(begun).catch(() => undefined);
      delete begun.world.hooks.after;
      expect(await award(begun)).toEqual({ decision: 'awarded', position: 1 });
      expect((await work(begun, 1)).agentName).toBe('ann');
    }
  });

  it('leaves nothing open when it is cancelled', async () => {
    const begun = await begin();
    await cancelRun(begun.world.services, owner, begun.run.runId, 'enough');
    await begun.world.drainTasks();
    expect(open(begun.world)).toEqual([]);
    expect(await award(begun)).toEqual({ decision: 'stopped' });
  });
});

const open = (world: World) => world.tasks().filter(({ status }) => /PENDING|QUEUED|ASSIGNED/.test(status));

describe('a definition of an auction', () => {
  const refusal = (more: Record<string, unknown>): unknown =>
    WorkflowDefinition.safeParse({ ...plain, ...more }).error?.issues[0]?.path.join('.');

  it.each([
    ['bidders', { bidders: undefined }],
    ['bidders.minConfidence', { bidders: { capability: 'c', minConfidence: 2 } }],
    ['bidWindowSeconds', { bidWindowSeconds: 0 }],
    ['scoring.price', { scoring: { price: -1 } }],
    ['scoring', { scoring: { price: 0, speed: 0, confidence: 0, match: 0 } }],
    ['task.type', { task: {} }],
    ['onNoBids', { onNoBids: 'shrug' }],
  ])('is refused for its %s', (field, more) => expect(refusal(more)).toBe(field));

  it('takes templates in the task that name what exists by then, and counts as the rule does by default', () => {
    expect(definition().scoring).toEqual(defaultBidWeights);
    checkDefinition(definition());
    expect(() => checkDefinition(definition({ task: { type: 't', input: '{{ steps.bids.outputs }}' } }))).not.toThrow();
    expect(() => checkDefinition(definition({ task: { type: 't', input: '{{ steps.x.output }}' } }))).toThrow(
      expect.objectContaining({ code: 'INVALID_DEFINITION', field: 'task.input' }),
    );
  });
});
