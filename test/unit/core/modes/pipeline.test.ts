import { describe, expect, it } from 'vitest';
import type { Json } from '#core/contract/json.ts';
import { isClaimCheck } from '#core/contract/payload.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { handOn } from '#core/runs/hand-on.ts';
import type { Run } from '#core/runs/run.ts';
import { readRunView } from '#core/runs/run-view.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { createWorld, owner, type TestAgent, tenant, type World } from '../world.ts';

type Stage = { readonly id: string; readonly [field: string]: unknown };
const stage = (id: string, more: Record<string, unknown> = {}): Stage => ({ id, type: id, ...more });
const pipeline = (...stages: readonly Stage[]) => WorkflowDefinition.parse({ mode: 'pipeline', name: 'p', stages });

const begin = async (stages: readonly Stage[], input: Json = null) => {
  const world = createWorld();
  const agent = await world.agent('a');
  const run = await world.start(pipeline(...stages), input);
  return { world, agent, run };
};
/** What the state machine does at a position: asks the function that hands on, which asks for a stage or answers. */
const ask = (world: World, run: Run, position: number, taskToken = `token-${position}`): Promise<void> =>
  handOn(world.services, { tenant, runId: run.runId, step: 'hand_on', position, taskToken });
const reach = async (world: World, run: Run, position: number, taskToken?: string): Promise<void> => {
  await ask(world, run, position, taskToken);
  await world.drainTasks();
};
const answerOf = (world: World, position: number) => world.ports.executions.answers.get(`token-${position}`);
const inputOf = (world: World, position: number) => world.members(position)[0]?.input;
const finish = (world: World, agent: TestAgent, position: number, output: Json) =>
  world.complete(agent, world.memberId(position, 0), output);
const fail = (world: World, agent: TestAgent, position: number) =>
  world.fail(agent, world.memberId(position, 0), { retryable: false });

const numbers = { type: 'object', required: ['n'], properties: { n: { type: 'number' } } };

describe('a pipeline run', () => {
  it('hands what each stage made, transformed, on to the next', async () => {
    const stages = [
      stage('extract', { transform: '{ "words": $count(text), "text": text }' }),
      stage('analyse', { input: { of: '{{ value.words }}', topic: '{{ input.topic }}' } }),
      stage('sum'),
    ];
    const { world, agent, run } = await begin(stages, { topic: 'cats' });
    await reach(world, run, 0);
    expect(inputOf(world, 0)).toEqual({ topic: 'cats' });
    await finish(world, agent, 0, { text: ['x', 'y'] });
    expect(answerOf(world, 0)).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    await reach(world, run, 1);
    expect(inputOf(world, 1)).toEqual({ of: 2, topic: 'cats' });
    world.advance(1500);
    await finish(world, agent, 1, 'analysed');
    await reach(world, run, 2);
    expect(inputOf(world, 2)).toBe('analysed');
    await finish(world, agent, 2, 'sum');
    expect((await world.run(run.runId)).status).toBe('RUNNING');
    await reach(world, run, 3);
    expect(answerOf(world, 3)).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    expect(await world.run(run.runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        output: 'sum',
        stages: [
          { stage: 'extract', status: 'SUCCEEDED', metrics: [{ agent: 'a', attempts: 1, waitMs: 0 }] },
          { stage: 'analyse', status: 'SUCCEEDED', metrics: [{ workMs: 1500, outputBytes: 10 }] },
          { stage: 'sum', status: 'SUCCEEDED' },
        ],
      },
    });
  });

  it('gives the last value alone when its output says so', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start({ ...pipeline(stage('one')), output: '{{ result.output }}' }, null);
    await reach(world, run, 0);
    await finish(world, agent, 0, 'all there is');
    await reach(world, run, 1);
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: 'all there is' });
  });

  it('is not a parallel stage: a stage is not asked for before the one before has ended', async () => {
    const { world, run } = await begin([stage('one'), stage('two')]);
    await reach(world, run, 0);
    expect(world.members(1)).toEqual([]);
    await reach(world, run, 1);
    expect(world.members(1)).toEqual([]);
  });

  it('hands outputs of any size on', async () => {
    const { world, agent, run } = await begin([stage('one', { transform: 'text' }), stage('two')]);
    await reach(world, run, 0);
    await finish(world, agent, 0, { text: 'x'.repeat(100_000) });
    await reach(world, run, 1);
    expect(isClaimCheck(inputOf(world, 1) ?? null)).toBe(true);
    await finish(world, agent, 1, 'done');
    await reach(world, run, 2);
    expect((await world.run(run.runId)).output).toMatchObject({ output: 'done' });
  });
});

describe('a stage that does not get or make what it should', () => {
  const failed = async (world: World, run: Run) => {
    const { status, error } = await world.run(run.runId);
    expect({ status, code: error?.code }).toEqual({ status: 'FAILED', code: 'STAGE_FAILED' });
    return error?.message;
  };

  it('is not asked for when its input does not fit', async () => {
    const { world, run } = await begin([stage('first', { inputSchema: numbers })], { n: 'x' });
    await reach(world, run, 0);
    expect(await failed(world, run)).toMatch(
      /^stage first got an input that its inputSchema refuses: "n" does not fit/,
    );
    expect(world.tasks()).toEqual([]);
    expect(answerOf(world, 0)).toMatchObject({ error: 'RunNotLive' });
  });

  it.each<[string, Record<string, unknown>, Json, RegExp]>([
    [
      'an output that does not fit',
      { outputSchema: numbers },
      { n: 'x' },
      /^stage bad made an output that its outputSchema refuses: "n"/,
    ],
    [
      'an output that cannot be transformed',
      { transform: '$number(n)' },
      { n: 'x' },
      /^stage bad made an output that cannot be transformed: /,
    ],
  ])('ends the run, named, for %s', async (_what, more, output, message) => {
    const { world, agent, run } = await begin([stage('bad', more), stage('next')]);
    await reach(world, run, 0);
    await finish(world, agent, 0, output);
    await reach(world, run, 1);
    expect(await failed(world, run)).toMatch(message);
    expect(world.members(1)).toEqual([]);
    // What was made stays with its task.
    expect(world.members(0)).toMatchObject([{ status: 'SUCCEEDED', output }]);
  });

  it('ends the run, naming stage, agent and reason, when its task fails', async () => {
    const { world, agent, run } = await begin([stage('one'), stage('two')]);
    await reach(world, run, 0);
    await fail(world, agent, 0);
    await reach(world, run, 1);
    expect(await failed(world, run)).toBe('stage one failed on a: BROKEN: It broke.');
    const failedTask = { step: 'one', taskId: world.memberId(0, 0), agentName: 'a', code: 'BROKEN' };
    expect((await world.run(run.runId)).error).toMatchObject({ failedTask });
    const { steps } = await readRunView(world.services, tenant, run.runId);
    expect(steps).toMatchObject([
      { step: 'one', status: 'FAILED' },
      { step: 'two', status: 'SKIPPED' },
    ]);
  });
});

describe('a fallback', () => {
  it('that is a value takes the place of what a stage did not make', async () => {
    const { world, agent, run } = await begin([
      stage('one', { fallback: { value: { n: 0 } }, transform: 'n' }),
      stage('two'),
    ]);
    await reach(world, run, 0);
    await fail(world, agent, 0);
    await reach(world, run, 1);
    expect(inputOf(world, 1)).toEqual({ n: 0 });
    await finish(world, agent, 1, 'done');
    await reach(world, run, 2);
    expect(await world.run(run.runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { stages: [{ stage: 'one', status: 'FELL_BACK', reason: expect.stringContaining('BROKEN') }, {}] },
    });
  });

  const withTask = [stage('one', { outputSchema: numbers, fallback: { task: { type: 'other' } } }), stage('two')];

  it('that is a task is given the same, and what it made is handed on', async () => {
    const { world, agent, run } = await begin(withTask, { of: 'x' });
    await reach(world, run, 0);
    await finish(world, agent, 0, 'no number');
    await reach(world, run, 1);
    expect(world.members(1000)).toMatchObject([{ type: 'other', input: { of: 'x' } }]);
    expect(world.members(1)).toEqual([]);
    await finish(world, agent, 1000, { n: 4 });
    expect(answerOf(world, 1)).toMatchObject({ error: 'HandOnAgain' });
    await reach(world, run, 1, 'token-again');
    expect(inputOf(world, 1)).toEqual({ n: 4 });
    await finish(world, agent, 1, 'done');
    await reach(world, run, 2);
    expect((await world.run(run.runId)).output).toMatchObject({
      output: 'done',
      stages: [{ stage: 'one', status: 'FELL_BACK', metrics: [{}, { status: 'SUCCEEDED' }] }, { stage: 'two' }],
    });
  });

  it('that fails too ends the run with both reasons', async () => {
    const { world, agent, run } = await begin(withTask);
    await reach(world, run, 0);
    await fail(world, agent, 0);
    await reach(world, run, 1);
    await finish(world, agent, 1000, { n: 'x' });
    await reach(world, run, 1, 'token-again');
    expect((await world.run(run.runId)).error?.message).toMatch(
      /^stage one failed on a: BROKEN: It broke\.; its fallback made an output that its outputSchema refuses/,
    );
  });
});

describe('a pipeline whose functions die', () => {
  it.each(['before', 'after'] as const)('comes to the same, %s whichever call of handing on it is', async (when) => {
    for (let at = 1; at <= 14; at++) {
      const { world, agent, run } = await begin([stage('one', { transform: 'n + 1' }), stage('two')], { n: 1 });
      for (let position = 0; position <= 2; position++) {
        let calls = 0;
        world.hooks[when] = () => {
          if (++calls === at) throw new Error('killed');
        };
        await ask(world, run, position).catch(() => undefined);
        delete world.hooks[when];
        await reach(world, run, position);
        const [task] = world.members(position);
        if (task?.status === 'ASSIGNED') await world.complete(agent, task.taskId, { n: position });
      }
      expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output: { output: { n: 1 } } });
      expect(inputOf(world, 1)).toBe(1);
      expect(world.tasks()).toHaveLength(2);
      world.expectBooksToBalance();
    }
  });

  it('asks for nothing once its run is cancelled', async () => {
    const { world, agent, run } = await begin([stage('one'), stage('two')]);
    await reach(world, run, 0);
    await finish(world, agent, 0, 1);
    await cancelRun(world.services, owner, run.runId, 'enough');
    await reach(world, run, 1);
    expect(world.members(1)).toEqual([]);
    expect(answerOf(world, 1)).toMatchObject({ error: 'RunNotLive' });
  });
});

describe('the definition of a pipeline', () => {
  const put = (...stages: readonly Stage[]) => {
    const world = createWorld();
    return putWorkflow(world.services, tenant, WorkflowDefinition.parse(pipeline(...stages)));
  };

  it.each<[string, Record<string, unknown>, string]>([
    ['a transformation that is none', { transform: '{{' }, 'stages.one.transform'],
    ['a schema with an unknown type', { inputSchema: { type: 'text' } }, 'stages.one.inputSchema'],
    ['a schema that leads elsewhere', { outputSchema: { $ref: 'https://example.com/x' } }, 'stages.one.outputSchema'],
    ['a template that names nothing', { input: '{{ item }}' }, 'steps.one.input'],
    ['a later stage', { input: '{{ steps.two.output }}' }, 'steps.one.input'],
    [
      'a fallback’s template that names nothing',
      { fallback: { task: { type: 't', input: '{{ x }}' } } },
      'steps.one_fallback.input',
    ],
  ])('is refused for %s', async (_what, more, field) =>
    expect(put(stage('one', more), stage('two'))).rejects.toMatchObject({
      code: 'INVALID_DEFINITION',
      field,
    }),
  );

  it('is refused for two stages of one name', async () =>
    expect(put(stage('one'), stage('one'))).rejects.toMatchObject({ code: 'INVALID_DEFINITION' }));

  it('is taken when everything in it can be', async () =>
    expect(
      put(stage('one', { inputSchema: numbers, transform: 'n', fallback: { task: { type: 't' } } }), stage('two')),
    ).resolves.toMatchObject({ version: 1 }));
});
