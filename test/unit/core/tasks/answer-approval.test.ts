import { describe, expect, it } from 'vitest';
import type { WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { listApprovals } from '#core/tasks/list-approvals.ts';
import { createWorld, other, owner, stranger, tenant } from '../world.ts';

const ask = async (approval: Record<string, unknown> = {}) => {
  const world = createWorld();
  const definition: WorkflowDefinitionInput = {
    mode: 'sequential',
    name: 'ship',
    steps: [{ id: 'ok', approval, input: { version: '{{ input.version }}' }, timeoutSeconds: 120 }],
  };
  const run = await world.start(definition, { version: '1.2' });
  await world.enterStage(run, 0);
  return { world, run, taskId: world.memberId(0, 0) };
};

describe('answerApproval', () => {
  it('waits for a person, never for an agent, and goes on with the answer', async () => {
    const { world, run, taskId } = await ask();
    const agent = await world.agent('a');
    expect((await world.slots(agent)).freeSlots).toBe(5);
    expect(await world.task(taskId)).toMatchObject({ kind: 'approval', status: 'PENDING', input: { version: '1.2' } });
    const open = await listApprovals(world.services, tenant, { limit: 10, open: true });
    expect(open.items).toMatchObject([{ taskId, runId: run.runId, approval: { options: ['approved', 'denied'] } }]);
    await answerApproval(world.services, owner, taskId, { decision: 'approved', comment: 'go' });
    const output = { decision: 'approved', comment: 'go', by: owner.id, at: expect.any(Number) };
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED', output });
    expect((await listApprovals(world.services, tenant, { limit: 10, open: true })).items).toEqual([]);
    expect((await listApprovals(world.services, tenant, { limit: 10, open: false })).items).toHaveLength(1);
  });

  it('stops the run when it is denied', async () => {
    const { world, run, taskId } = await ask();
    await answerApproval(world.services, owner, taskId, { decision: 'denied' });
    expect(await world.task(taskId)).toMatchObject({ status: 'FAILED', error: { code: 'DENIED' } });
    expect(await world.run(run.runId)).toMatchObject({ status: 'FAILED' });
  });

  it('takes options of its own, and goes on by those that say so', async () => {
    const { world, taskId } = await ask({ options: ['left', 'right', 'neither'], proceedOn: ['left', 'right'] });
    const answer = (decision: string) => answerApproval(world.services, owner, taskId, { decision });
    await expect(answer('approved')).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    expect(await answer('right')).toMatchObject({ status: 'SUCCEEDED', output: { decision: 'right' } });
  });

  it('takes the same answer of the same person again, and no other', async () => {
    const { world, taskId } = await ask();
    await answerApproval(world.services, owner, taskId, { decision: 'approved' });
    const before = await world.task(taskId);
    await answerApproval(world.services, owner, taskId, { decision: 'approved' });
    for (const [principal, decision] of [
      [owner, 'denied'],
      [other, 'approved'],
    ] as const) {
      const again = answerApproval(world.services, principal, taskId, { decision });
      await expect(again).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    }
    expect(await world.task(taskId)).toEqual(before);
  });

  it('expires, which is no denial, and takes no answer afterwards', async () => {
    const { world, taskId } = await ask();
    world.advance(121_000);
    await world.fireTimers();
    await sweep(world.services);
    expect(await world.task(taskId)).toMatchObject({
      status: 'TIMED_OUT',
      error: { code: 'EXPIRED', message: 'Nobody answered within 120 s.' },
    });
    const late = answerApproval(world.services, owner, taskId, { decision: 'approved' });
    await expect(late).rejects.toMatchObject({ code: 'APPROVAL_EXPIRED' });
  });

  it('is not there for another tenant, nor is a task that asks nobody', async () => {
    const { world, taskId } = await ask();
    const foreign = answerApproval(world.services, stranger, taskId, { decision: 'approved' });
    await expect(foreign).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const plain = await world.submit();
    const wrong = answerApproval(world.services, owner, plain.taskId, { decision: 'approved' });
    await expect(wrong).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
