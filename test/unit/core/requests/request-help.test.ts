import { describe, expect, it } from 'vitest';
import { CollaborationRequest, ResourceRequest } from '#core/contract/escalation.ts';
import { explainTask } from '#core/explain/explain-task.ts';
import type { Asker } from '#core/requests/asker.ts';
import { requestCollaboration, requestResource } from '#core/requests/request-help.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { waitForChildren } from '#core/tasks/wait-for-children.ts';
import { createWorld, owner, type TestAgent, tenant } from '../world.ts';

const askerOf = ({ agentId, connectionId }: TestAgent, idempotencyKey = 'ask-1'): Asker => ({
  principal: owner,
  agentId,
  connectionId,
  idempotencyKey,
});
const help = (fields: object) => CollaborationRequest.parse({ purpose: 'a second look', ...fields });
const resource = (fields: object = {}) =>
  ResourceRequest.parse({ resource: 'gpu', amount: 2, purpose: 'training', ...fields });

describe('requestCollaboration', () => {
  it('asks another agent that has the capability, never the asker, and tells the asker what came of it', async () => {
    const world = createWorld();
    const asker = await world.agent('a', { capabilities: ['rust'] });
    const asked = await requestCollaboration(
      world.services,
      askerOf(asker),
      help({ capability: 'rust', input: { file: 'main.rs' } }),
    );
    // The asker alone has it: nobody else is there yet.
    expect(asked.status).toBe('QUEUED');
    const { agents } = await explainTask(world.services, tenant, asked.taskId);
    expect(agents).toMatchObject([{ name: 'a', whyNot: 'excluded' }]);
    const other = await world.agent('b', { capabilities: ['rust'] });
    const [frame] = world.frames(other.connectionId, 'task.assigned');
    expect(frame?.payload['task']).toMatchObject({
      taskId: asked.taskId,
      type: 'collaboration',
      description: 'a second look',
      input: { file: 'main.rs' },
      context: { from: { principal: owner.id, agentId: asker.agentId } },
    });
    await world.complete(other, asked.taskId, { verdict: 'fine' });
    expect(world.frames(asker.connectionId, 'task.completed').at(-1)?.payload).toMatchObject({
      taskId: asked.taskId,
      status: 'SUCCEEDED',
      output: { verdict: 'fine' },
    });
  });

  it('asks the agent that is named, by id or by name', async () => {
    const world = createWorld();
    const [asker, named] = [await world.agent('a'), await world.agent('b')];
    const byName = await requestCollaboration(world.services, askerOf(asker, 'n'), help({ agent: 'b' }));
    const byId = await requestCollaboration(world.services, askerOf(asker, 'i'), help({ agent: named.agentId }));
    expect([byName, byId]).toMatchObject([{ agentId: named.agentId }, { agentId: named.agentId }]);
  });

  it('is a child of an open task, which waits for the answer without a slot', async () => {
    const world = createWorld();
    const asker = await world.agent('a', { maxConcurrency: 1 });
    const { taskId } = await world.submit();
    const helper = await world.agent('b', { capabilities: ['rust'] });
    const child = await requestCollaboration(world.services, askerOf(asker), help({ capability: 'rust', taskId }));
    await waitForChildren(world.services, asker, { taskId, attempt: 1, children: [child.taskId] });
    expect((await world.slots(asker)).freeSlots).toBe(1);
    await world.complete(helper, child.taskId, 'done');
    expect(await world.task(taskId)).toMatchObject({ attempt: 2, children: [{ status: 'SUCCEEDED', output: 'done' }] });
  });

  it('is one task however often it is sent', async () => {
    const world = createWorld();
    const asker = await world.agent('a');
    await world.agent('b');
    const ask = () => requestCollaboration(world.services, askerOf(asker), help({ agent: 'b' }));
    expect((await ask()).taskId).toBe((await ask()).taskId);
    expect(world.tasks()).toHaveLength(1);
  });

  it.each([
    ['itself', { agent: 'a' }, 'INVALID_FIELD'],
    ['an agent that is not there', { agent: 'nobody' }, 'NOT_FOUND'],
    ['for a task that is not there', { agent: 'b', taskId: 'tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90' }, 'NOT_FOUND'],
  ])('refuses to ask %s', async (_what, fields, code) => {
    const world = createWorld();
    const asker = await world.agent('a');
    await world.agent('b');
    const asking = requestCollaboration(world.services, askerOf(asker), help(fields));
    await expect(asking).rejects.toMatchObject({ code });
    expect(world.tasks()).toEqual([]);
  });

  it('needs an agent or a capability, and not both', () => {
    for (const fields of [{}, { agent: 'a', capability: 'c' }])
      expect(CollaborationRequest.safeParse({ purpose: 'x', ...fields }).success).toBe(false);
  });
});

describe('requestResource', () => {
  it('asks an operator, who grants or denies it', async () => {
    const world = createWorld();
    const asker = await world.agent('a');
    const asked = await requestResource(world.services, askerOf(asker), resource({ unit: 'hours' }));
    expect(asked).toMatchObject({
      kind: 'approval',
      type: 'resource',
      status: 'PENDING',
      input: { resource: 'gpu', amount: 2, unit: 'hours', purpose: 'training', from: { agentId: asker.agentId } },
      approval: { options: ['granted', 'denied'] },
    });
    await answerApproval(world.services, owner, asked.taskId, { decision: 'denied' });
    expect(world.frames(asker.connectionId, 'task.completed').at(-1)?.payload).toMatchObject({
      taskId: asked.taskId,
      status: 'FAILED',
      error: { code: 'DENIED' },
    });
  });

  it('asks the agent that hands it out, where there is one', async () => {
    const world = createWorld();
    const [asker, keeper] = [await world.agent('a'), await world.agent('b', { capabilities: ['gpus'] })];
    const asked = await requestResource(world.services, askerOf(asker), resource({ capability: 'gpus' }));
    expect(asked).toMatchObject({ kind: 'work', type: 'resource', agentId: keeper.agentId });
  });
});
