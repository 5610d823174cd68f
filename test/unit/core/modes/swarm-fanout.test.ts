import { describe, expect, it } from 'vitest';
import type { Json } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { readRunView } from '#core/runs/run-view.ts';
import { createWorld, owner, type TestAgent, tenant, type World } from '../world.ts';

const swarm = (more: Record<string, unknown> = {}) =>
  WorkflowDefinition.parse({
    mode: 'swarm',
    variant: 'fanout',
    name: 's',
    task: { goal: '{{ input.goal }}' },
    decompose: { task: { type: 'task_decomposer' } },
    work: { type: 'work', input: { do: '{{ item }}', of: '{{ part.id }}', at: '{{ index }}' } },
    ...more,
  });

const begin = async (more: Record<string, unknown> = {}, input: Json = { goal: 'g' }) => {
  const world = createWorld();
  const agent = await world.agent('a', { maxConcurrency: 100 });
  const run = await world.start(swarm(more), input);
  await world.enterStage(run, 0);
  return { world, agent, run };
};
type Begun = Awaited<ReturnType<typeof begin>>;

const parts = (...ids: string[]): Json => ({ parts: ids.map((id) => ({ id, input: `${id}!` })) });
const working = (world: World, stage = 1) => world.members(stage).filter(({ status }) => status === 'ASSIGNED');

/** The decomposer answers, and the state machine goes on. */
const decomposed = async ({ world, agent, run }: Begun, output: Json): Promise<void> => {
  const [task] = world.members(0);
  if (task !== undefined) await world.complete(agent, task.taskId, output);
  await world.enterStage(run, 1);
};
const completeAll = async (
  world: World,
  agent: TestAgent,
  outputOf = (step: string): Json => step,
): Promise<number> => {
  for (let rounds = 0; ; rounds++) {
    const now = working(world);
    if (now.length === 0) return rounds;
    for (const { taskId, place } of now) await world.complete(agent, taskId, outputOf(place?.step ?? ''));
  }
};
const failPart = async ({ world, agent }: Begun, step: string): Promise<void> => {
  const [task] = world.members(1, step);
  if (task !== undefined) await world.fail(agent, task.taskId, { retryable: false });
};
const ended = ({ world, run }: Begun) => world.run(run.runId);

describe('a swarm that fans out', () => {
  it('asks for parts, works on all of them, and tells of each', async () => {
    const begun = await begin();
    const { world, agent, run } = begun;
    expect(world.members(0)).toMatchObject([
      { kind: 'plan', type: 'task_decomposer', input: { task: { goal: 'g' } }, status: 'ASSIGNED' },
    ]);
    await decomposed(begun, parts('one', 'two'));
    expect(world.members(1)).toMatchObject([
      { kind: 'work', type: 'work', input: { do: 'one!', of: 'one', at: 0 }, place: { step: 'one' } },
      { kind: 'work', type: 'work', input: { do: 'two!', of: 'two', at: 1 }, place: { step: 'two' } },
    ]);
    world.advance(2000);
    await completeAll(world, agent);
    expect(await ended(begun)).toMatchObject({ status: 'RUNNING' });
    await world.enterStage(run, 2);
    const { status, output } = await ended(begun);
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({
      output: { one: 'one', two: 'two' },
      missing: [],
      parts: [
        { id: 'one', status: 'succeeded', agent: 'a', attempts: 1, output: 'one', workMs: 2000 },
        { id: 'two', status: 'succeeded' },
      ],
      metrics: { total: 2, succeeded: 2, failed: 0, successRate: 1, wallMs: 2000, workMs: 4000, parallelism: 2 },
    });
    expect([...world.ports.executions.answers.values()]).toMatchObject([
      { output: {} },
      { output: {} },
      { output: {} },
    ]);
    world.expectBooksToBalance();
  });

  it('works on every part however many there are; its size is how many at once', async () => {
    const begun = await begin({ size: 3 });
    const ids = Array.from({ length: 60 }, (_, index) => `p${index}`);
    await decomposed(begun, parts(...ids));
    await begun.world.drainTasks();
    expect(working(begun.world)).toHaveLength(3);
    expect(await completeAll(begun.world, begun.agent)).toBe(20);
    await begun.world.enterStage(begun.run, 2);
    expect((await ended(begun)).output).toMatchObject({ metrics: { total: 60, succeeded: 60 } });
  });

  it('is no parallel run: what is done is decided by the parts, and what they wait for is kept', async () => {
    const begun = await begin({ order: 'dag', work: { type: 'work', input: '{{ dependencies }}' } });
    await decomposed(begun, {
      parts: [
        { id: 'tests', dependsOn: ['backend', 'frontend'], type: 'test' },
        { id: 'backend' },
        { id: 'frontend', dependsOn: ['backend'] },
      ],
    });
    expect(working(begun.world).map(({ place }) => place?.step)).toEqual(['backend']);
    await completeAll(begun.world, begun.agent);
    expect(begun.world.members(1, 'tests')).toMatchObject([
      { type: 'test', input: { backend: 'backend', frontend: 'frontend' } },
    ]);
  });

  it('takes one part after the other, each with what came before, when it is sequential', async () => {
    const begun = await begin({ order: 'sequential', work: { type: 'work', input: '{{ dependencies }}' } });
    await decomposed(begun, parts('one', 'two', 'three'));
    for (const [step, input] of [
      ['one', {}],
      ['two', { one: 'one' }],
      ['three', { two: 'two' }],
    ] as const) {
      const [task, ...others] = working(begun.world);
      expect(others).toEqual([]);
      expect(task).toMatchObject({ place: { step }, input });
      if (task !== undefined) await begun.world.complete(begun.agent, task.taskId, step);
    }
  });

  it('takes what a decomposer says as data, never as a template', async () => {
    const begun = await begin({ order: 'dag' });
    await decomposed(begun, { parts: [{ id: 'a', input: '{{ input.goal }} {{ run.id }}' }] });
    expect(begun.world.members(1)[0]?.input).toMatchObject({ do: '{{ input.goal }} {{ run.id }}' });
  });

  it.each([
    ['item', ['a', 'b'], { 'item-1': 'a', 'item-2': 'b' }],
    [
      'area',
      ['src/a.ts', 'web/b.tsx', 'README.md', 'c.test.ts', 'migrations/1.sql'],
      {
        backend: ['src/a.ts'],
        frontend: ['web/b.tsx'],
        migrations: ['migrations/1.sql'],
        documentation: ['README.md'],
        tests: ['c.test.ts'],
      },
    ],
    [
      'file_type',
      ['a.ts', { path: 'b.py' }, 'c.ts', 'd.c++'],
      { 'type-ts': ['a.ts', 'c.ts'], 'type-py': [{ path: 'b.py' }], part_3: ['d.c++'] },
    ],
    [
      'complexity',
      [{ complexity: 9 }, { complexity: 5 }, { complexity: 4 }],
      { 'bin-1': [{ complexity: 9 }], 'bin-2': [{ complexity: 5 }, { complexity: 4 }] },
    ],
    [
      'dependency',
      [{ id: 'x' }, { id: 'y', dependsOn: ['x'] }, { id: 'z' }],
      { 'group-1': [{ id: 'x' }, { id: 'y', dependsOn: ['x'] }], 'group-2': [{ id: 'z' }] },
    ],
  ])('divides a list by %s itself, without asking an agent', async (by, list, expected) => {
    const begun = await begin(
      { decompose: { over: '{{ input.list }}', by }, size: 2, work: { type: 'work' } },
      { list },
    );
    expect(begun.world.members(0)).toEqual([]);
    await decomposed(begun, null);
    expect(Object.fromEntries(begun.world.members(1).map(({ place, input }) => [place?.step, input]))).toEqual(
      expected,
    );
  });

  it('keeps the dependencies of a list that says them', async () => {
    const list = [{ id: 'x', dependsOn: ['y'] }, { id: 'y' }];
    const more = { decompose: { over: '{{ input.list }}', by: 'dependency' }, order: 'dag', work: { type: 'work' } };
    const begun = await begin(more, { list });
    await decomposed(begun, null);
    expect(working(begun.world)).toMatchObject([{ place: { step: 'y' }, input: { id: 'y' } }]);
  });

  it('puts outputs together by itself, or lets an agent', async () => {
    const list = [1, 2, 3];
    const decompose = { over: '{{ input.list }}' };
    const summed = await begin({ decompose, work: { type: 'work' }, aggregate: { aggregate: 'sum' } }, { list });
    await decomposed(summed, null);
    await completeAll(summed.world, summed.agent, () => 7);
    await summed.world.enterStage(summed.run, 2);
    expect((await ended(summed)).output).toMatchObject({ output: 21 });

    const asked = await begin({ decompose, work: { type: 'work' }, aggregate: { task: { type: 'sum_up' } } }, { list });
    await decomposed(asked, null);
    await completeAll(asked.world, asked.agent, () => 7);
    await asked.world.enterStage(asked.run, 2);
    const [task] = asked.world.members(2);
    expect(task).toMatchObject({
      kind: 'reduce',
      type: 'sum_up',
      input: { parts: [{ id: 'item-1', output: 7 }, {}, {}] },
    });
    if (task !== undefined) await asked.world.complete(asked.agent, task.taskId, 'all in all');
    expect(await ended(asked)).toMatchObject({
      status: 'SUCCEEDED',
      output: { output: 'all in all', metrics: { total: 3 } },
    });
  });

  it('lets the cheapest work where it is to optimise cost, and tries a part as often again as it says', async () => {
    const begun = await begin({ optimizeCost: true, retries: 1, work: { type: 'work', retry: { backoffMs: 0 } } });
    await decomposed(begun, parts('one'));
    expect(begun.world.members(1)).toMatchObject([{ strategy: 'cost_optimized', retry: { maxAttempts: 2 } }]);
  });
});

describe('a swarm in which parts fail', () => {
  const failing = async (toleratedFailures: number | string) => {
    const begun = await begin({ toleratedFailures, aggregate: { aggregate: 'concat' } });
    await decomposed(begun, parts('one', 'two', 'three'));
    await failPart(begun, 'two');
    expect(working(begun.world)).toHaveLength(2);
    await completeAll(begun.world, begun.agent);
    await begun.world.enterStage(begun.run, 2);
    return begun;
  };

  it.each([1, '34%'])('goes on with the others where %s may fail, and names what is missing', async (tolerated) => {
    const begun = await failing(tolerated);
    const run = await ended(begun);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        output: ['one', 'three'],
        missing: ['two'],
        parts: [{}, { id: 'two', status: 'failed', agent: 'a', error: { code: 'BROKEN' } }, {}],
        metrics: { succeeded: 2, failed: 1 },
      },
    });
  });

  it('fails where more fail than may, naming part, task and agent, and keeps what there is', async () => {
    const begun = await failing(0);
    const run = await ended(begun);
    const [task] = begun.world.members(1, 'two');
    const failedTask = { step: 'two', taskId: task?.taskId, agentName: 'a', code: 'BROKEN', message: 'It broke.' };
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'STEP_FAILED', failedTask } });
    expect(run.error?.message).toBe(
      `1 of 3 parts failed; at most 0 may. First "two" (${task?.taskId} on a): It broke.`,
    );
    expect(begun.world.ports.executions.answers.get('token-2')).toMatchObject({ error: 'StepFailed' });
    const view = await readRunView(begun.world.services, tenant, run.runId);
    expect(view).toMatchObject({ result: { output: null, missing: ['two'], parts: [{ output: 'one' }, {}, {}] } });
  });

  it('never asks an agent to put nothing together', async () => {
    const begun = await begin({ aggregate: { task: { type: 'sum_up' } } });
    await decomposed(begun, parts('one'));
    await failPart(begun, 'one');
    await begun.world.enterStage(begun.run, 2);
    expect(begun.world.members(2)).toEqual([]);
    expect((await ended(begun)).status).toBe('FAILED');
  });

  it('skips what depends on a part that failed', async () => {
    const begun = await begin({ order: 'dag', toleratedFailures: '100%' });
    await decomposed(begun, { parts: [{ id: 'a' }, { id: 'b', dependsOn: ['a'] }, { id: 'c' }] });
    await failPart(begun, 'a');
    await completeAll(begun.world, begun.agent);
    await begun.world.enterStage(begun.run, 2);
    expect(await ended(begun)).toMatchObject({
      status: 'SUCCEEDED',
      output: { missing: ['a', 'b'], metrics: { failed: 1, notRun: 1, succeeded: 1 } },
    });
  });

  it.each([
    ['nothing of the kind', 'soon', /no object with a list "parts"/],
    ['no parts', { parts: [] }, /no parts/],
    [
      'a cycle',
      {
        parts: [
          { id: 'a', dependsOn: ['b'] },
          { id: 'b', dependsOn: ['a'] },
        ],
      },
      /a → b → a/,
    ],
    [
      'two faults, and names both',
      { parts: [{ id: 'a' }, { id: 'a' }, { id: 'b', dependsOn: ['ghost'] }] },
      /"a".*"ghost"/,
    ],
    ['ids that are none', { parts: [{ id: 'a.b' }, { input: 1 }] }, /parts\.0\.id.*parts\.1\.id/],
    ['a step of the mode', { parts: [{ id: 'decompose' }] }, /"decompose"/],
    [
      'too many parts',
      { parts: Array.from({ length: limits.partsPerSwarm + 1 }, (_, index) => ({ id: `p${index}` })) },
      /201 parts; at most 200/,
    ],
  ])('refuses a decomposition of %s', async (_what, output, message) => {
    const begun = await begin();
    await decomposed(begun, output);
    expect(begun.world.members(1)).toEqual([]);
    const run = await ended(begun);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_FIELD' } });
    expect(run.error?.message).toMatch(message);
    expect(begun.world.ports.executions.answers.get('token-1')).toMatchObject({ error: 'StageFailed' });
  });

  it.each([
    ['area', [1], /Element 0 .*path/],
    ['complexity', [{ complexity: 1 }, { complexity: -1 }], /Element 1 .*complexity/],
    ['dependency', [{ id: 'a', dependsOn: 'b' }], /Element 0 .*dependsOn/],
    ['item', 'no list', /is not a list/],
  ])('refuses a list that cannot be divided by %s, naming the element', async (by, list, message) => {
    const begun = await begin({ decompose: { over: '{{ input.list }}', by }, work: { type: 'work' } }, { list });
    await decomposed(begun, null);
    expect((await ended(begun)).error?.message).toMatch(message);
  });

  it('fails when the decomposer does, and when the outputs cannot be put together', async () => {
    const refused = await begin();
    const [task] = refused.world.members(0);
    if (task !== undefined) await refused.world.fail(refused.agent, task.taskId, { retryable: false });
    expect(await ended(refused)).toMatchObject({ status: 'FAILED', error: { code: 'STEP_FAILED' } });
    expect(refused.world.ports.executions.answers.get('token-0')).toMatchObject({ error: 'StepFailed' });

    const odd = await begin({ aggregate: { aggregate: 'sum' } });
    await decomposed(odd, parts('one'));
    await completeAll(odd.world, odd.agent, () => 'a text');
    await odd.world.enterStage(odd.run, 2);
    expect((await ended(odd)).error?.message).toMatch(/"one" cannot be reduced/);
  });

  it('is cancelled with every part, those that wait for their turn too', async () => {
    const begun = await begin({ size: 1 });
    await decomposed(begun, parts('one', 'two'));
    await cancelRun(begun.world.services, owner, begun.run.runId, 'no');
    await begun.world.drainTasks();
    expect(begun.world.members(1).map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
    expect((await ended(begun)).status).toBe('CANCELLED');
  });
});

describe('a swarm whose handlers die', () => {
  it.each(['before', 'after'] as const)('comes to the same, %s whichever call it is', async (when) => {
    for (let at = 1; at <= 30; at++) {
      const begun = await begin({ aggregate: { aggregate: 'concat' } });
      const { world, agent, run } = begun;
      await decomposed(begun, parts('one', 'two'));
      await completeAll(world, agent);
      let calls = 0;
      world.hooks[when] = () => {
        if (++calls === at) throw new Error('killed');
      };
      await world.enterStage(run, 2).catch(() => undefined);
      delete world.hooks[when];
      // The queue delivers the message again, and the stream what was written.
      if ((await ended(begun)).status === 'RUNNING') await world.enterStage(run, 2);
      for (const item of world.ports.table.items().filter(({ outbox }) => outbox !== undefined))
        await relayItem(world.services, item);
      expect(await ended(begun), `killed ${when} call ${at}`).toMatchObject({
        status: 'SUCCEEDED',
        output: { output: ['one', 'two'] },
      });
      expect(world.ports.executions.answers.get('token-2')).toHaveProperty('output');
    }
  });
});

describe('the definition of a swarm', () => {
  const check = (more: Record<string, unknown>) => () => checkDefinition(swarm(more));

  it.each([
    [{ work: { type: 'w', input: '{{ item }} {{ part.id }} {{ index }}' } }],
    [{ order: 'dag', work: { type: 'w', input: '{{ dependencies }}' } }],
    [{ aggregate: { task: { type: 's', input: ['{{ parts }}', '{{ task }}', '{{ steps.decompose.output }}'] } } }],
    [{ output: '{{ result.output }}' }],
    [{ work: { run: { workflow: 'other' } } }],
  ])('takes %j', (more) => expect(check(more)).not.toThrow());

  it.each([
    [{ work: { type: 'w', input: '{{ parts }}' } }, 'work.input'],
    [{ work: { type: 'w', input: '{{ dependencies }}' } }, 'work.input'],
    [{ task: '{{ item }}' }, 'task'],
    [{ decompose: { over: '{{ list }}' } }, 'decompose.over'],
    [{ decompose: { task: { type: 'd', input: '{{ parts }}' } } }, 'decompose.task.input'],
    [{ aggregate: { task: { type: 's', input: '{{ steps.work.output }}' } } }, 'aggregate.task.input'],
    [{ output: '{{ parts }}' }, 'output'],
  ])('refuses the template of %j, naming %s', (more, field) =>
    expect(check(more)).toThrow(expect.objectContaining({ code: 'INVALID_DEFINITION', field })),
  );

  it.each([
    { size: 11 },
    { size: 0 },
    { decompose: { over: 'input.list' } },
    { toleratedFailures: '101%' },
    { retries: -1 },
    { work: {} },
    { variant: 'other' },
  ])('refuses the values of %j', (more) =>
    expect(WorkflowDefinition.safeParse({ ...swarm(), ...more }).success).toBe(false),
  );
});
