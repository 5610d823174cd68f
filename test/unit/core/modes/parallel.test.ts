import { describe, expect, it } from 'vitest';
import type { Json } from '#core/contract/json.ts';
import { AskedWorkflow, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import type { Run } from '#core/runs/run.ts';
import { readRunView } from '#core/runs/run-view.ts';
import { createWorld, tenant, type World } from '../world.ts';

const best = (completion: object, more: Partial<Extract<WorkflowDefinitionInput, { mode: 'parallel' }>> = {}) =>
  ({
    mode: 'parallel',
    name: 'best',
    tasks: ['a', 'b', 'c'].map((id) => ({ id, type: 'work', retry: { maxAttempts: 1 } })),
    completion: { bestOf: 'rating.score', ...completion },
    ...more,
  }) as const;

/** What each task answers; `undefined` for one that fails. */
const play = async (
  world: World,
  definition: WorkflowDefinitionInput,
  outputs: readonly (Json | undefined)[],
): Promise<Run> => {
  const agent = await world.agent('ann', { maxConcurrency: 10 });
  const run = await world.start(definition, { styles: ['x', 'y'] });
  await world.enterStage(run, 0);
  for (const [index, output] of outputs.entries())
    await (output === undefined
      ? world.fail(agent, world.memberId(0, index), { retryable: false })
      : world.complete(agent, world.memberId(0, index), output));
  return world.run(run.runId);
};

const rated = (score: Json, text = '') => ({ text, rating: { score } });

describe('parallel with bestOf', () => {
  it('waits for all, and gives the output with the highest score, the earlier among equals', async () => {
    const world = createWorld();
    const agent = await world.agent('bob', { maxConcurrency: 10 });
    const run = await world.start(best({}));
    await world.enterStage(run, 0);
    await world.complete(agent, world.memberId(0, 0), rated(3, 'early'));
    await world.complete(agent, world.memberId(0, 1), rated(9, 'first'));
    // Nothing is decided while a better one may come.
    expect((await world.run(run.runId)).status).toBe('RUNNING');
    await world.complete(agent, world.memberId(0, 2), rated(9, 'second'));
    expect(await world.run(run.runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { value: { text: 'first' }, score: 9, task: 'b', candidates: 3, unscored: [], failed: [] },
    });
    expect(world.ports.executions.answers.get('token-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
  });

  it('gives the lowest where that is asked for, and names the element of a list', async () => {
    const tasks = [{ id: 'each', type: 'work', forEach: '{{ input.styles }}', input: '{{ item }}' }];
    const run = await play(createWorld(), best({ order: 'lowest' }, { tasks }), [rated(2), rated(-1)]);
    expect(run.output).toMatchObject({ score: -1, task: 'each[1]' });
  });

  it('leaves out what failed and what has no score, and lists them', async () => {
    const run = await play(createWorld(), best({}), [undefined, rated('nine'), rated(1)]);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        score: 1,
        task: 'c',
        candidates: 2,
        unscored: ['b'],
        failed: [{ task: 'a', code: 'BROKEN', message: 'ann: It broke.' }],
      },
    });
  });

  it.each([
    ['every task failed', [undefined, undefined, undefined], '3 failed, 0 have none there', 'a'],
    ['no output has a number there', [rated('x'), {}, 7], '0 failed, 3 have none there', undefined],
  ] as const)('fails, naming why, when %s', async (_name, outputs, why, failed) => {
    const world = createWorld();
    const run = await play(world, best({}), outputs);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'NO_SCORE' } });
    expect(run.error?.message).toContain(why);
    expect(run.error?.failedTask?.step).toBe(failed);
    expect(world.ports.executions.answers.get('token-0')).toHaveProperty('error');
    expect(await readRunView(world.services, tenant, run.runId)).toMatchObject({ result: { score: null } });
  });

  it('takes a template of the result', async () => {
    const run = await play(createWorld(), best({}, { output: '{{ result.value.text }}' }), [rated(1, 'it'), {}, {}]);
    expect(run.output).toBe('it');
  });

  it.each([
    ['an empty path', { bestOf: '' }],
    ['a path that is none', { bestOf: 'a b' }],
    ['another order', { bestOf: 'x', order: 'middle' }],
    ['something else beside it', { bestOf: 'x', threshold: 2 }],
  ])('refuses %s', (_name, completion) =>
    expect(AskedWorkflow.safeParse({ ...best({}), completion }).success).toBe(false),
  );
});
