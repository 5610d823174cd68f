import { describe, expect, it } from 'vitest';
import type { Json } from '#core/contract/json.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { owner } from '../world.ts';
import { begin, type Definition, decide, enter, inputs, outcomeOf, workAll } from './map-reduce-run.ts';

describe('a map-reduce run', () => {
  it('makes each element a task, and reduces what they answered, in order', async () => {
    const { world, agent, run } = await begin(
      { reduce: { aggregate: 'concat', path: 'word' } },
      { list: ['x', 'y', 'z'] },
    );
    await enter(world, run, 0);
    expect(outcomeOf(world, 0)).toMatchObject({ output: { outcome: 'SUCCEEDED', counts: { total: 0 } } });
    await enter(world, run, 1);
    expect(inputs(world)).toEqual([
      { item: 'x', at: 0 },
      { item: 'y', at: 1 },
      { item: 'z', at: 2 },
    ]);
    for (const { taskId, place } of world.members(1).toReversed())
      await world.complete(agent, taskId, { word: `word ${place?.index}` });
    expect(await world.run(run.runId)).toMatchObject({ status: 'RUNNING' });
    expect(await decide(world, run)).toEqual({ decision: 'reduced' });
    expect(await world.run(run.runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { value: ['word 0', 'word 1', 'word 2'], total: 3, succeeded: 3, isPartial: false, missing: [] },
    });
  });

  it('reduces a thousand items, ten at a time', { timeout: 60_000 }, async () => {
    const list = Array.from({ length: 1000 }, (_, index) => index);
    const { world, agent, run } = await begin({ map: { type: 'same', input: '{{ item }}' } }, { list });
    await enter(world, run, 0);
    await enter(world, run, 1);
    expect(world.members(1)).toHaveLength(1000);
    expect(world.members(1).filter(({ status }) => status === 'ASSIGNED')).toHaveLength(10);
    await workAll(world, agent, (input) => input);
    await decide(world, run);
    expect(await world.run(run.runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { value: 499_500, total: 1000, succeeded: 1000 },
    });
    world.expectBooksToBalance();
  });

  it('reduces nine results of 30 KB, which are nowhere in what Step Functions sees', async () => {
    const list = Array.from({ length: 9 }, (_, index) => index);
    const { world, agent, run } = await begin({ reduce: { aggregate: 'concat' } }, { list });
    await enter(world, run, 0);
    await enter(world, run, 1);
    const large = (index: number) => [`${index}`, 'x'.repeat(30_000)];
    await workAll(world, agent, (_input, index) => large(index));
    for (const { output = null } of world.members(1)) expect(isClaimCheck(output)).toBe(true);
    const answer = await decide(world, run);
    const ended = await world.run(run.runId);
    expect(
      JSON.stringify([answer, outcomeOf(world, 1), [...world.ports.executions.started.values()]]).length,
    ).toBeLessThan(4000);
    expect(isClaimCheck(ended.output ?? null)).toBe(true);
    const [text] = [...world.ports.payloads.stored.values()].toReversed();
    expect(JSON.parse(String(text))).toMatchObject({ value: list.flatMap(large), succeeded: 9 });
  });

  it('reduces once, with all hundred, when the last two come at once (fault 19)', async () => {
    const list = Array.from({ length: 100 }, (_, index) => index);
    const { world, agent, run } = await begin(
      { map: { type: 'same', input: '{{ item }}' }, maxParallelAgents: 100 },
      { list },
    );
    await enter(world, run, 0);
    await enter(world, run, 1);
    const members = world.members(1);
    for (const { taskId, input } of members.slice(0, 98)) await world.complete(agent, taskId, input);
    await Promise.all(members.slice(98).map(({ taskId, input }) => world.complete(agent, taskId, input)));
    expect(outcomeOf(world, 1)).toMatchObject({ output: { counts: { total: 100, succeeded: 100, open: 0 } } });
    expect(await Promise.all([decide(world, run), decide(world, run)])).toEqual([
      { decision: 'reduced' },
      { decision: 'reduced' },
    ]);
    expect((await world.run(run.runId)).output).toMatchObject({ value: 4950, succeeded: 100 });
  });

  it('decides the same when it is asked again, wherever it died', async () => {
    for (let at = 1; at <= 12; at++) {
      const { world, agent, run } = await begin({}, { list: [1, 2] });
      await enter(world, run, 0);
      await enter(world, run, 1);
      await workAll(world, agent, () => 5);
      let calls = 0;
      world.hooks.after = () => {
        if (++calls === at) throw new Error('killed');
      };
      await decide(world, run).catch(() => undefined);
      delete world.hooks.after;
      expect(await decide(world, run), `killed after call ${at}`).toEqual({ decision: 'reduced' });
      expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: { value: 10 } });
    }
  });

  it('is not a parallel stage: its run ends with the reduction, not with the parts', async () => {
    const { world, agent, run } = await begin({}, { list: [1] });
    await enter(world, run, 0);
    await enter(world, run, 1);
    await workAll(world, agent, () => 1);
    expect((await world.run(run.runId)).status).toBe('RUNNING');
  });

  it('is over at once with nothing to do', async () => {
    const { world, run } = await begin({}, { list: [] });
    await enter(world, run, 0);
    await enter(world, run, 1);
    expect(await decide(world, run)).toEqual({ decision: 'reduced' });
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: { value: 0, total: 0 } });
  });

  it('leaves nothing open when it is cancelled while it makes 1,000 tasks', { timeout: 60_000 }, async () => {
    for (const chunksDone of [0, 1, 20]) {
      const list = Array.from({ length: 1000 }, (_, index) => index);
      const { world, run } = await begin({}, { list });
      await enter(world, run, 0);
      await world.enterStage(run, 1);
      const chunks = world.ports.queues.tasks.splice(0);
      expect(chunks).toHaveLength(40);
      world.ports.queues.tasks.push(...chunks.slice(0, chunksDone));
      await world.drainTasks();
      let puts = 0;
      world.hooks.before = async (operation) => {
        if (operation.name !== 'put' || operation.key.sk !== 'TASK' || ++puts !== 5) return;
        delete world.hooks.before;
        await cancelRun(world.environment(), owner, run.runId, 'no');
      };
      world.ports.queues.tasks.push(...chunks.slice(chunksDone));
      await world.drainTasks();
      expect(await world.run(run.runId)).toMatchObject({ status: 'CANCELLED', error: { message: 'no' } });
      expect(world.members(1).filter(({ status }) => status !== 'CANCELLED')).toEqual([]);
      world.expectBooksToBalance();
    }
  });
});

describe('when parts fail', () => {
  const withFailures = async (failing: readonly number[], more: Definition) => {
    const list = Array.from({ length: 10 }, (_, index) => index);
    const { world, agent, run } = await begin(more, { list });
    await enter(world, run, 0);
    await enter(world, run, 1);
    for (const { taskId, place, status } of world.members(1)) {
      if (status !== 'ASSIGNED' || (await world.task(taskId)).status !== 'ASSIGNED') continue;
      if (failing.includes(place?.index ?? -1)) await world.fail(agent, taskId, { retryable: false });
      else await world.complete(agent, taskId, 1);
      await world.drainTasks();
    }
    return { world, agent, run };
  };

  it.each([2, '20%', '29%'])(
    'reduces the rest and lists what is missing, as long as %s may',
    async (toleratedFailures) => {
      const { world, run } = await withFailures([3, 7], { toleratedFailures });
      expect(await decide(world, run)).toEqual({ decision: 'reduced' });
      expect(await world.run(run.runId)).toMatchObject({
        status: 'SUCCEEDED',
        output: {
          value: 8,
          total: 10,
          succeeded: 8,
          isPartial: true,
          missing: [
            { name: 'part-4', code: 'BROKEN', message: 'a: It broke.' },
            { name: 'part-8', code: 'BROKEN', message: 'a: It broke.' },
          ],
        },
      });
    },
  );

  it.each([0, 1, '19%'])(
    'fails as soon as more than %s have, naming the first, and cancels the rest',
    async (toleratedFailures) => {
      const { world, run } = await withFailures([3, 7], { toleratedFailures });
      expect(await decide(world, run)).toEqual({ decision: 'failed' });
      const { status, error } = await world.run(run.runId);
      expect({ status, code: error?.code }).toEqual({ status: 'FAILED', code: 'MAP_FAILED' });
      expect(error?.message).toMatch(/of 10 map tasks failed; at most \d may\. First "part-4": a: It broke\./);
      const { taskId } = world.members(1)[3] ?? {};
      expect(error?.failedTask).toMatchObject({ step: 'map', taskId, agentName: 'a', code: 'BROKEN' });
      expect(world.members(1).filter(({ status: now }) => now === 'ASSIGNED')).toEqual([]);
    },
  );

  it('names one and the same first failure in words and as failedTask: the earlier, whichever part it was', async () => {
    const { world, agent, run } = await begin({}, { list: [1, 'two', 'three', 4] });
    await enter(world, run, 0);
    await enter(world, run, 1);
    const [, two, three] = world.members(1);
    if (two === undefined || three === undefined) throw new Error('there are no four parts');
    await world.fail(agent, three.taskId, { code: 'THREE', retryable: false });
    world.advance(5);
    await world.fail(agent, two.taskId, { code: 'TWO', retryable: false });
    await world.drainTasks();
    await decide(world, run);
    const { error } = await world.run(run.runId);
    expect(error?.message).toContain('First "part-3": a: It broke.');
    expect(error?.failedTask).toMatchObject({ taskId: three.taskId, code: 'THREE' });
  });

  it('names by failedTask who failed by itself, not one of the many that were cancelled for it', async () => {
    const list = Array.from({ length: 60 }, (_, index) => index);
    const { world, agent, run } = await begin({ maxParallelAgents: 60 }, { list });
    await enter(world, run, 0);
    await enter(world, run, 1);
    const failing = world.members(1)[55];
    if (failing === undefined) throw new Error('there are no sixty parts');
    const { taskId } = failing;
    await world.fail(agent, taskId, { retryable: false });
    await world.drainTasks();
    await decide(world, run);
    expect((await world.run(run.runId)).error?.failedTask).toMatchObject({ taskId, code: 'BROKEN' });
  });

  it('counts a part that somebody cancelled as missing', async () => {
    const { world, agent, run } = await begin({ toleratedFailures: 1 }, { list: [1, 2] });
    await enter(world, run, 0);
    await enter(world, run, 1);
    await cancelTask(world.services, owner, world.memberId(1, 0), 'not this one');
    await workAll(world, agent, () => 7);
    expect(await decide(world, run)).toEqual({ decision: 'reduced' });
    expect((await world.run(run.runId)).output).toMatchObject({
      value: 7,
      isPartial: true,
      missing: [{ name: 'part-1', code: 'CANCELLED' }],
    });
  });

  it('never reduces nothing, whatever is tolerated', async () => {
    const { world, run } = await withFailures([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { toleratedFailures: '100%' });
    expect(await decide(world, run)).toEqual({ decision: 'failed' });
  });

  it('fails with what cannot be reduced, naming the part', async () => {
    const { world, agent, run } = await begin({}, { list: [1, 2] });
    await enter(world, run, 0);
    await enter(world, run, 1);
    await workAll(world, agent, (_input, index) => (index === 0 ? 1 : 'text'));
    expect(await decide(world, run)).toEqual({ decision: 'failed' });
    expect((await world.run(run.runId)).error?.message).toContain('"part-2" cannot be reduced');
  });
});

describe('how it is reduced', () => {
  const reduced = async (reduction: Json, answers: readonly Json[]) => {
    const { world, agent, run } = await begin({ reduce: reduction }, { list: answers.map(() => 0) });
    await enter(world, run, 0);
    await enter(world, run, 1);
    await workAll(world, agent, (_input, index) => answers[index] ?? null);
    await decide(world, run);
    return (await world.run(run.runId)).output;
  };

  it.each<[Json, readonly Json[], Json]>([
    [{ aggregate: 'majority_vote' }, ['a', 'b', 'a'], { hasMajority: true, value: 'a' }],
    [{ aggregate: 'best_of', path: 'score' }, [{ score: 1 }, { score: 3 }], { best: { score: 3 }, from: 'part-2' }],
    [{ aggregate: 'merge' }, [{ a: 1 }, { b: 2 }], { merged: { a: 1, b: 2 } }],
    [{ aggregate: 'issues' }, [{ issues: [{ file: 'a', message: 'm' }] }, { issues: [] }], { total: 1 }],
    [{ aggregate: 'sum', path: 'n' }, [{ n: 1 }, { n: 2 }], 3],
  ])('by %j', async (reduction, answers, value) =>
    expect(await reduced(reduction, answers)).toMatchObject({ value, succeeded: answers.length }),
  );

  it('by a task, which is given what there is and what is missing', async () => {
    const reduce = {
      task: { type: 'join', input: { all: '{{ parts }}', none: '{{ missing }}', of: '{{ input.of }}' } },
    };
    const { world, agent, run } = await begin({ reduce, toleratedFailures: 1 }, { list: [1, 2], of: 'topic' });
    await enter(world, run, 0);
    await enter(world, run, 1);
    await world.fail(agent, world.memberId(1, 0), { retryable: false });
    // What an agent answers is data, also where it looks like a template.
    await world.complete(agent, world.memberId(1, 1), '{{ input.of }}');
    expect(await decide(world, run)).toEqual({ decision: 'ask_reducer' });
    await enter(world, run, 2);
    expect(world.members(2)).toMatchObject([
      {
        kind: 'reduce',
        input: {
          all: [{ name: 'part-2', output: '{{ input.of }}' }],
          none: [{ name: 'part-1', code: 'BROKEN' }],
          of: 'topic',
        },
      },
    ]);
    await world.complete(agent, world.memberId(2, 0), 'joined');
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: 'joined' });
  });

  it('fails when the reducer does', async () => {
    const { world, agent, run } = await begin({ reduce: { task: { type: 'join' } } }, { list: [1] });
    await enter(world, run, 0);
    await enter(world, run, 1);
    await workAll(world, agent, () => 1);
    await decide(world, run);
    await enter(world, run, 2);
    expect(world.members(2)).toMatchObject([{ input: { parts: [{ name: 'part-1', output: 1 }], missing: [] } }]);
    await world.fail(agent, world.memberId(2, 0), { retryable: false });
    expect(outcomeOf(world, 2)).toMatchObject({ error: 'StepFailed' });
    expect((await world.run(run.runId)).status).toBe('FAILED');
  });
});
