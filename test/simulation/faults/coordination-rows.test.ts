import { describe, expect, it } from 'vitest';
import type { Json } from '#core/contract/json.ts';
import { isTerminal } from '#core/contract/task.ts';
import type { WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import type { Run } from '#core/runs/run.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { createWorld, type TestAgent, type World } from '#test/unit/core/world.ts';

const sums = {
  mode: 'map_reduce',
  name: 'sums',
  maxParallelAgents: 100,
  split: { over: '{{ input.list }}' },
  map: { type: 'same', input: '{{ item }}' },
  reduce: { aggregate: 'sum' },
} as const;

/** Enters a stage, and whatever the queue brings of it. */
const enter = async (world: World, run: Run, stage: number): Promise<void> => {
  await world.enterStage(run, stage);
  await world.drainTasks();
};

/** Two calls, of which the first stands still at its nth touch of the table until the second has ended. */
const overtaken = async (
  world: World,
  at: number,
  [first, second]: readonly [() => Promise<void>, () => Promise<void>],
): Promise<boolean> => {
  let touches = 0;
  let wasOvertaken = false;
  world.hooks.before = async () => {
    if (++touches !== at) return;
    delete world.hooks.before;
    wasOvertaken = true;
    await second();
  };
  await first();
  delete world.hooks.before;
  if (!wasOvertaken) await second();
  return wasOvertaken;
};

/** A hundred parts, of which two are still at work: the table as it is then. */
const nearlyDone = async () => {
  const world = createWorld();
  const agent = await world.agent('a', { maxConcurrency: 100 });
  const run = await world.start(sums, { list: Array.from({ length: 100 }, (_, index) => index) });
  await enter(world, run, 0);
  await enter(world, run, 1);
  const members = world.members(1);
  for (const { taskId, input } of members.slice(0, 98)) await world.complete(agent, taskId, input);
  return { agent, run, items: world.ports.table.items(), last: members.slice(98) };
};

describe('row 19: the last two of a hundred results come together', () => {
  it('reduces once, with all hundred, wherever the one overtakes the other', async () => {
    const { agent, run, items, last } = await nearlyDone();
    let isOvertaken = true;
    for (let at = 1; isOvertaken; at++) {
      const world = createWorld();
      world.ports.table.load(structuredClone(items));
      const [one, other] = last.map(
        ({ taskId, input }) =>
          () =>
            world.complete(agent, taskId, input),
      );
      if (one === undefined || other === undefined) throw new Error('there are not a hundred');
      isOvertaken = await overtaken(world, at, [one, other]);
      expect(world.ports.executions.answers.get('token-1'), `overtaken at ${at}`).toMatchObject({
        output: { outcome: 'SUCCEEDED', counts: { total: 100, succeeded: 100, open: 0 } },
      });
      const decide = () => world.decideAt(run, 'reduce', 0);
      expect(await Promise.all([decide(), decide()])).toEqual([{ decision: 'reduced' }, { decision: 'reduced' }]);
      expect(await world.run(run.runId)).toMatchObject({
        status: 'SUCCEEDED',
        output: { value: 4950, succeeded: 100 },
      });
      world.expectBooksToBalance();
    }
  });
});

const voterNames = ['ann', 'ben', 'cid', 'dot'];
const vote: WorkflowDefinitionInput = {
  mode: 'consensus',
  name: 'vote',
  type: 'judge',
  voters: { agents: voterNames },
  question: 'Ship?',
  options: ['keep', 'ship'],
  quorum: 0.6,
  minParticipation: 0.5,
  tieBreaker: 'random',
  deadlineSeconds: 60,
};

const auction = {
  mode: 'auction',
  name: 'auction',
  bidders: { capability: 'build' },
  task: { type: 'build' },
  bidWindowSeconds: 10,
} as const;

const fleet = (world: World, names: readonly string[], registration = {}): Promise<readonly TestAgent[]> =>
  Promise.all(names.map((name) => world.agent(name, registration)));

/** The task that an agent was asked, of those of a stage. */
const taskOf = (world: World, stage: number, agent: TestAgent) => {
  const found = world.members(stage).find(({ requirements }) => requirements.agentId === agent.agentId);
  if (found === undefined) throw new Error(`${agent.connectionId} was not asked`);
  return found;
};

describe('row 27: voters and bidders that die, answer twice, or too late', () => {
  /** Ann votes twice, Ben against her, Cid's process is dead, Dot votes after the deadline. */
  const poll = async (): Promise<{ world: World; run: Run }> => {
    const world = createWorld();
    const [ann, ben, , dot] = await fleet(world, voterNames);
    if (ann === undefined || ben === undefined || dot === undefined) throw new Error('nobody is there');
    const run = await world.start(vote);
    await enter(world, run, 0);
    const say = (agent: TestAgent, decision: string): Promise<void> =>
      world.complete(agent, taskOf(world, 0, agent).taskId, { decision }, 1);
    await say(ann, 'ship');
    await say(ann, 'keep').catch(() => undefined);
    await say(ben, 'keep');
    for (let minute = 0; minute < 3; minute++) {
      world.advance(61_000);
      await sweep(world.services);
      await world.fireTimers();
    }
    expect(world.members(0).every(({ status }) => isTerminal(status))).toBe(true);
    await expect(say(dot, 'ship')).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    return { world, run };
  };

  it('counts each authenticated agent once, ends the round once, and draws the same lot again', async () => {
    const decisions: Json[] = [];
    for (let time = 0; time < 2; time++) {
      const { world, run } = await poll();
      const tally = () => world.decideAt(run, 'tally', 0);
      expect(await Promise.all([tally(), tally()])).toEqual([{ decision: 'decided' }, { decision: 'decided' }]);
      const { status, output } = await world.run(run.runId);
      expect(status).toBe('SUCCEEDED');
      expect(output).toMatchObject({
        cast: 2,
        invited: 4,
        by: 'tie_break',
        votes: [
          { agent: 'ann', decision: 'ship' },
          { agent: 'ben', decision: 'keep' },
        ],
      });
      decisions.push(output ?? null);
    }
    expect(decisions[0]).toEqual(decisions[1]);
  });

  it('takes each bidder’s first bid, none that is late, and the task once', async () => {
    const world = createWorld();
    const [cheap, dear, late] = await fleet(world, ['cheap', 'dear', 'late', 'dead'], { capabilities: ['build'] });
    if (cheap === undefined || dear === undefined || late === undefined) throw new Error('nobody is there');
    const run = await world.start(auction);
    await enter(world, run, 0);
    const bid = (agent: TestAgent, price: number): Promise<void> =>
      world.complete(agent, taskOf(world, 0, agent).taskId, { price, estimatedMs: 1000, confidence: 0.9 }, 1);
    await bid(dear, 5);
    await bid(cheap, 2);
    // Cheaper than all, and not its first.
    await bid(dear, 1).catch(() => undefined);
    for (let minute = 0; minute < 3; minute++) {
      world.advance(61_000);
      await sweep(world.services);
      await world.fireTimers();
    }
    await expect(bid(late, 0)).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    const award = () => world.decideAt(run, 'award', 0);
    expect(await Promise.all([award(), award()])).toEqual([
      { decision: 'awarded', position: 1 },
      { decision: 'awarded', position: 1 },
    ]);
    await enter(world, run, 1);
    expect(world.members(1).map(({ requirements }) => requirements.agentId)).toEqual([cheap.agentId]);
  });
});
