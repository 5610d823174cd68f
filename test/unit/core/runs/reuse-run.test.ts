import { describe, expect, it } from 'vitest';
import { RunRequest, type WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { endRun } from '#core/runs/end-run.ts';
import { startRun } from '#core/runs/start-run.ts';
import { createWorld, owner, tenant } from '../world.ts';

const steps: WorkflowDefinitionInput = {
  mode: 'sequential',
  name: 'w',
  steps: [
    { id: 'one', type: 'work', input: '{{ input }}' },
    { id: 'two', type: 'work', input: '{{ steps.one.output }}' },
    { id: 'three', type: 'work', input: '{{ steps.two.output }}' },
  ],
};

const failed = async () => {
  const world = createWorld();
  const agent = await world.agent('a');
  const run = await world.start(steps, 'in');
  await world.enterStage(run, 0);
  await world.complete(agent, world.memberId(0, 0), 'first');
  await world.enterStage(run, 1);
  await world.fail(agent, world.memberId(1, 0), { retryable: false });
  await endRun(world.services, run, {
    status: 'FAILED',
    error: { code: 'STEP_FAILED', message: 'two', retryable: false },
  });
  return { world, agent, run };
};
const again = (world: Awaited<ReturnType<typeof failed>>['world'], reuse: { runId: string; from: string }, more = {}) =>
  startRun(world.services, {
    principal: owner,
    idempotencyKey: `again-${reuse.from}`,
    request: RunRequest.parse({ workflow: 'w', reuse, ...more }),
  });

describe('a run that is done again from a step', () => {
  it('takes over what succeeded before it, and works from there on', async () => {
    const { world, agent, run } = await failed();
    const second = await again(world, { runId: run.runId, from: 'two' });
    expect(second).toMatchObject({ status: 'RUNNING', input: 'in' });
    const own = (stage: number) => world.members(stage).filter(({ place }) => place?.runId === second.runId);
    await world.enterStage(second, 0, 'second-0');
    const [first] = world.members(0).filter(({ place }) => place?.runId === run.runId);
    expect(own(0)).toMatchObject([{ status: 'SUCCEEDED', output: 'first', attempt: 0, reusedFrom: first?.taskId }]);
    expect(world.ports.executions.answers.get('second-0')).toMatchObject({ output: { outcome: 'SUCCEEDED' } });
    await world.enterStage(second, 1, 'second-1');
    expect(own(1)).toMatchObject([{ status: 'ASSIGNED', input: 'first' }]);
    for (const { taskId } of own(1)) await world.complete(agent, taskId, 'second');
    await world.enterStage(second, 2, 'second-2');
    expect(own(2)).toMatchObject([{ status: 'ASSIGNED', input: 'second' }]);
  });

  it('does a step again that had not succeeded, although it lies before', async () => {
    const { world, run } = await failed();
    const second = await again(world, { runId: run.runId, from: 'three' });
    await world.enterStage(second, 1, 'second-1');
    expect(world.members(1).filter(({ place }) => place?.runId === second.runId)).toMatchObject([
      { status: 'ASSIGNED' },
    ]);
  });

  it('refuses a step, a run or a mode that it cannot be done with', async () => {
    const { world, run } = await failed();
    await expect(again(world, { runId: run.runId, from: 'nine' })).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    const unknown = { runId: run.runId.replace(/.$/, (last) => (last === '0' ? '1' : '0')), from: 'two' };
    await expect(again(world, unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const open = await world.start(steps, 'in', 'open');
    const early = again(world, { runId: open.runId, from: 'two' });
    await expect(early).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'reuse.runId' });
    const other = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'a', type: 'work' }] }, null, 'p');
    const foreign = again(world, { runId: other.runId, from: 'two' });
    await expect(foreign).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'reuse.runId' });
    const whole = again(world, { runId: other.runId, from: 'a' }, { workflow: 'p' });
    await expect(whole).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'reuse' });
    expect(world.tasks().every(({ tenant: of }) => of === tenant)).toBe(true);
  });
});
