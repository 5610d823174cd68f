import { describe, expect, it } from 'vitest';
import { EventDetail } from '#core/contract/event-types.ts';
import type { Json } from '#core/contract/json.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { pauseRun, resumeRun } from '#core/runs/pause-run.ts';
import type { Item } from '#core/table/table.ts';
import { progressTask } from '#core/tasks/note-progress.ts';
import { createWorld, owner, type TestAgent, type World } from '../world.ts';

const steps = {
  mode: 'sequential' as const,
  name: 'steps',
  steps: [
    { id: 'one', type: 'work' },
    { id: 'two', type: 'work' },
  ],
};

const vote = {
  mode: 'consensus' as const,
  name: 'vote',
  type: 'judge',
  voters: { agents: ['a', 'b'] },
  question: 'Ship it?',
  options: ['keep', 'ship'],
};

/** A world whose every write goes to the relay as the stream shows it: with what the item was before. */
const createStream = () => {
  const world = createWorld();
  const known = new Map<string, Item>();
  const records: { item: Item; old: Item | undefined }[] = [];
  world.hooks.after = (operation) => {
    if (operation.name !== 'put' && operation.name !== 'update') return;
    const { pk, sk } = operation.key;
    const item = world.ports.table.items().find((one) => one['pk'] === pk && one['sk'] === sk);
    if (item === undefined) return;
    const old = known.get(`${pk} ${sk}`);
    known.set(`${pk} ${sk}`, item);
    if (JSON.stringify(item) !== JSON.stringify(old)) records.push({ item, old });
  };
  /** Relays what was written since the last time, and what that itself writes. */
  const relay = async (): Promise<void> => {
    for (let record = records.shift(); record !== undefined; record = records.shift())
      await relayItem(world.services, record.item, record.old);
  };
  return { world, relay };
};

const told = (world: World): readonly string[] =>
  world.ports.events.published.map(({ detailType, detail }) =>
    [detailType, detail['status'] ?? detail['step'] ?? detail['percent'] ?? detail['outcome']]
      .filter(Boolean)
      .join(' '),
  );

const finish = async (world: World, agent: TestAgent, stage: number, output: Json = null): Promise<void> =>
  world.complete(agent, world.memberId(stage, 0), output);

describe('the lifecycle of a run on the bus', () => {
  it('is told by the states, the stages that are done, and the end with its result', async () => {
    const { world, relay } = createStream();
    const agent = await world.agent('a');
    const run = await world.start(steps);
    await world.enterStage(run, 0);
    await finish(world, agent, 0);
    await world.enterStage(run, 1);
    await finish(world, agent, 1, { found: 7 });
    await relay();
    // The last stage is told as done after the run that ended with it: each is a write of its own.
    expect(told(world).toSorted()).toEqual([
      'MilestoneReached SUCCEEDED',
      'MilestoneReached SUCCEEDED',
      'RunCompleted SUCCEEDED',
      'StateChanged RUNNING',
      'StateChanged SUCCEEDED',
    ]);
    expect(world.ports.events.published.find(({ detailType }) => detailType === 'RunCompleted')?.detail).toMatchObject({
      id: `${run.runId}:RunCompleted`,
      source: run.runId,
      output: { found: 7 },
      metadata: { coordinatorId: run.runId, publishedAt: world.ports.clock.now() },
    });
  });

  it('has a claim check in place of a result that is large', async () => {
    const { world, relay } = createStream();
    const agent = await world.agent('a');
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'x', type: 'work' }] });
    await world.enterStage(run, 0);
    await finish(world, agent, 0, 'x'.repeat(40_000));
    await relay();
    const ends = world.ports.events.published.filter(({ detail }) => detail['status'] === 'SUCCEEDED');
    expect(ends.map(({ detailType }) => detailType)).toEqual(['StateChanged', 'RunCompleted']);
    for (const { detail } of ends) expect(isClaimCheck(detail['output'])).toBe(true);
  });

  it('tells of a pause, of going on, and of a cancel', async () => {
    const { world, relay } = createStream();
    const run = await world.start(steps);
    await world.enterStage(run, 0);
    await pauseRun(world.services, owner, run.runId);
    await resumeRun(world.services, owner, run.runId);
    await cancelRun(world.services, owner, run.runId, 'enough');
    await relay();
    expect(told(world)).toEqual([
      'StateChanged RUNNING',
      'StateChanged PAUSED',
      'StateChanged RUNNING',
      'StateChanged CANCELLING',
      'StateChanged CANCELLED',
      'RunCompleted CANCELLED',
    ]);
    expect(world.ports.events.published[1]?.detail).toMatchObject({ from: 'RUNNING', status: 'PAUSED' });
  });

  it('tells of votes that are asked for and of the decision', async () => {
    const { world, relay } = createStream();
    const voters = [await world.agent('a'), await world.agent('b')];
    const run = await world.start(vote);
    await world.enterStage(run, 0);
    for (const [index, voter] of voters.entries())
      await world.complete(voter, world.memberId(0, index), { decision: 'ship' });
    await world.decideAt(run, 'tally', 0);
    await relay();
    const { published } = world.ports.events;
    const asked = published.filter(({ detailType }) => detailType === 'VoteRequested');
    expect(asked).toMatchObject([{ detail: { runId: run.runId, stage: 0, steps: ['votes'], invited: 2 } }]);
    const reached = published.filter(({ detailType }) => detailType === 'ConsensusReached');
    expect(reached).toMatchObject([{ detail: { runId: run.runId, result: { decision: 'ship', by: 'quorum' } } }]);
  });

  it('names the task by which it failed', async () => {
    const { world, relay } = createStream();
    const agent = await world.agent('a');
    const run = await world.start(steps);
    await world.enterStage(run, 0);
    await world.fail(agent, world.memberId(0, 0), { retryable: false });
    await relay();
    const end = world.ports.events.published.find(({ detailType }) => detailType === 'RunCompleted');
    const failedTask = { taskId: world.memberId(0, 0), agentName: 'a', code: 'BROKEN', message: 'It broke.' };
    expect(end?.detail).toMatchObject({ status: 'FAILED', error: { code: 'STEP_FAILED', failedTask } });
  });

  it('has no decision of voters who came to none', async () => {
    const { world, relay } = createStream();
    const voters = [await world.agent('a'), await world.agent('b')];
    const run = await world.start({ ...vote, minParticipation: 1 });
    await world.enterStage(run, 0);
    for (const [index, voter] of voters.entries()) await world.complete(voter, world.memberId(0, index), 'egg');
    await world.decideAt(run, 'tally', 0);
    await relay();
    expect(told(world)).toContain('RunCompleted FAILED');
    expect(told(world).filter((line) => line.startsWith('ConsensusReached'))).toEqual([]);
    const end = world.ports.events.published.find(({ detailType }) => detailType === 'RunCompleted');
    expect(end?.detail).toMatchObject({
      error: { code: 'INSUFFICIENT_PARTICIPATION' },
      result: { cast: 0, invited: 2 },
    });
  });

  it('tells each change of its tasks only where the workflow says so', async () => {
    const { world, relay } = createStream();
    const agent = await world.agent('a');
    const run = await world.start({ ...steps, taskEvents: true });
    await world.enterStage(run, 0);
    const taskId = world.memberId(0, 0);
    await progressTask(world.services, agent, { taskId, attempt: 1, percent: 50 });
    await progressTask(world.services, agent, { taskId, attempt: 1, percent: 60, milestone: 'half way' });
    await finish(world, agent, 0);
    await relay();
    const own = world.ports.events.published.filter(({ detail }) => detail['taskId'] === taskId);
    expect(own.map(({ detailType }) => detailType)).toEqual([
      'TaskCreated',
      'TaskAssigned',
      'ProgressUpdate',
      'MilestoneReached',
      'TaskCompleted',
    ]);
    for (const { detail } of own) expect(detail).toMatchObject({ runId: run.runId, step: 'one', stage: 0 });
    expect(own[1]?.detail).toMatchObject({ target: agent.agentId, attempt: 1, source: taskId });
    expect(own[3]?.detail).toMatchObject({ milestone: 'half way', percent: 60, source: agent.agentId });
  });

  it('says the same under the same id when it is told again, also without what was before', async () => {
    const { world, relay } = createStream();
    const agent = await world.agent('a');
    const run = await world.start({ ...steps, taskEvents: true });
    await world.enterStage(run, 0);
    await finish(world, agent, 0);
    await relay();
    const first = new Map(world.ports.events.published.map(({ detail }) => [EventDetail.parse(detail).id, detail]));
    world.ports.events.published.splice(0);
    for (const item of world.ports.table.items().filter(({ sk }) => sk === 'TASK' || String(sk).startsWith('STAGE#')))
      await relayItem(world.services, { ...item, outbox: item['outbox'] ?? 'event' });
    const again = world.ports.events.published;
    expect(again.map(({ detailType }) => detailType).toSorted()).toEqual([
      'MilestoneReached',
      'TaskCompleted',
      'TaskCreated',
    ]);
    for (const { detail } of again) expect(detail).toEqual(first.get(EventDetail.parse(detail).id));
  });
});
