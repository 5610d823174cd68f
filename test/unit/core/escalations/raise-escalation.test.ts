import { describe, expect, it } from 'vitest';
import { EscalationRequest } from '#core/contract/escalation.ts';
import { raiseEscalation } from '#core/escalations/raise-escalation.ts';
import { listEscalations, readEscalation } from '#core/escalations/read-escalations.ts';
import { shutdown } from '#core/system/shutdown.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { createWorld, otherTenant, owner, tenant } from '../world.ts';

const raise = async (fields: object = {}) => {
  const world = createWorld();
  const agent = await world.agent('a');
  const request = EscalationRequest.parse({ severity: 'high', issue: 'Two reviewers disagree.', ...fields });
  const ask = (idempotencyKey = 'e-1') =>
    raiseEscalation(
      world.services,
      { principal: owner, idempotencyKey, agentId: agent.agentId, connectionId: agent.connectionId },
      request,
    );
  return { world, agent, ask, escalation: await ask() };
};

describe('raiseEscalation', () => {
  it('asks people, and tells the agent what they decided', async () => {
    const { world, agent, escalation } = await raise({
      options: ['merge', 'revert'],
      recommendedAction: 'Revert it.',
      evidence: [{ test: 'red' }],
    });
    expect(escalation).toMatchObject({
      kind: 'approval',
      type: 'escalation',
      status: 'PENDING',
      description: 'Two reviewers disagree.',
      input: {
        severity: 'high',
        recommendedAction: 'Revert it.',
        evidence: [{ test: 'red' }],
        from: { agentId: agent.agentId },
      },
    });
    await answerApproval(world.services, owner, escalation.taskId, {
      decision: 'revert',
      comment: 'It broke.',
      evidence: ['https://ci.example/7'],
    });
    expect(world.frames(agent.connectionId, 'task.completed').at(-1)?.payload).toMatchObject({
      status: 'SUCCEEDED',
      output: { decision: 'revert', comment: 'It broke.', evidence: ['https://ci.example/7'], by: owner.id },
    });
  });

  it.each([
    [{ severity: 'low' }, 'low'],
    [{ severity: 'medium' }, 'normal'],
    [{ severity: 'critical' }, 'critical'],
    [{ severity: 'low', requiresImmediateAttention: true }, 'critical'],
  ])('of %j has the priority %s', async (fields, priority) => {
    expect((await raise(fields)).escalation).toMatchObject({ priority });
  });

  it('is taken during a shutdown, and is one however often it is sent', async () => {
    const { world, ask, escalation } = await raise();
    await shutdown(world.services, tenant);
    expect((await ask()).taskId).toBe(escalation.taskId);
    expect((await ask('e-2')).status).toBe('PENDING');
    expect(world.tasks()).toHaveLength(2);
  });

  it('is about a task that may have ended', async () => {
    const { world, agent } = await raise();
    const { taskId } = await world.submit();
    await world.complete(agent, taskId);
    const about = EscalationRequest.parse({ severity: 'low', issue: 'Look at it.', taskId });
    const asked = await raiseEscalation(world.services, { principal: owner, idempotencyKey: 'k' }, about);
    expect(asked).toMatchObject({ status: 'PENDING', input: { taskId } });
    expect(asked.parentTask).toBeUndefined();
  });
});

describe('escalations', () => {
  it('are listed by themselves, and are not there for another tenant', async () => {
    const { world, escalation } = await raise();
    const plain = await world.submit({ kind: 'approval', type: 'ship' });
    const list = (of: typeof tenant) => listEscalations(world.services, of, { limit: 10, open: true });
    expect((await list(tenant)).items.map(({ taskId }) => taskId)).toEqual([escalation.taskId]);
    expect((await list(otherTenant)).items).toEqual([]);
    expect(await readEscalation(world.services, tenant, escalation.taskId)).toMatchObject({ status: 'PENDING' });
    for (const [of, taskId] of [
      [otherTenant, escalation.taskId],
      [tenant, plain.taskId],
    ] as const)
      await expect(readEscalation(world.services, of, taskId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an escalation', () => {
  it('refuses options named twice, and a decision of nobody’s that is no option', () => {
    const contacts = [{ name: 'on-call', answerWithinSeconds: 60 }];
    const pathsOf = (fields: object) =>
      EscalationRequest.safeParse({ severity: 'low', issue: 'x', ...fields }).error?.issues.map(({ path }) => path);
    expect(pathsOf({ chain: { contacts, defaultDecision: 'declined' } })).toBeUndefined();
    expect(pathsOf({ chain: { contacts, defaultDecision: 'maybe' } })).toEqual([['chain', 'defaultDecision']]);
    expect(pathsOf({ options: ['a', 'a'] })).toEqual([['options']]);
  });
});
