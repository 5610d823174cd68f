import { describe, expect, it } from 'vitest';
import { EscalationRequest, ResourceRequest } from '#core/contract/escalation.ts';
import { TenantSettings } from '#core/contract/settings.ts';
import { ApprovalTerms } from '#core/contract/task.ts';
import { raiseEscalation } from '#core/escalations/raise-escalation.ts';
import { requestResource } from '#core/requests/request-help.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { readTaskView } from '#core/tasks/task-view.ts';
import { writeSettings } from '#core/tenants/settings.ts';
import { createWorld, owner, tenant, type World } from '../world.ts';

const chainOf = (name: string, defaultDecision?: string) => ({
  contacts: [{ name, answerWithinSeconds: 60 }],
  ...(defaultDecision === undefined ? {} : { defaultDecision }),
});

const settings = {
  escalationChain: chainOf('anybody'),
  escalationPolicies: { night: chainOf('night-shift'), money: chainOf('treasurer', 'denied') },
};

const worldWith = async (given: object = settings): Promise<World> => {
  const world = createWorld();
  await writeSettings(world.services, tenant, TenantSettings.parse(given));
  return world;
};

const escalate = ({ services }: World, fields: object = {}, idempotencyKey = 'e') =>
  raiseEscalation(
    services,
    { principal: owner, idempotencyKey },
    EscalationRequest.parse({ severity: 'low', issue: 'x', ...fields }),
  );

const ask = ({ services }: World, fields: object = {}) =>
  requestResource(
    services,
    { principal: owner, idempotencyKey: 'r' },
    ResourceRequest.parse({ resource: 'gpu', amount: 1, purpose: 'p', ...fields }),
  );

const workflow = (name: string, policy: string) => ({
  mode: 'sequential' as const,
  name,
  steps: [{ id: 'ok', approval: { policy } }],
});

describe('a named escalation policy', () => {
  it('is whom an approval, an escalation, a request for a resource and a step of a workflow ask', async () => {
    const world = await worldWith();
    const approval = await world.submit({ kind: 'approval', approval: { policy: 'night' } });
    expect(approval).toMatchObject({ chain: { contact: 'night-shift' } });
    expect(await escalate(world, { policy: 'night' })).toMatchObject({ chain: { contact: 'night-shift' } });
    expect(await ask(world, { policy: 'money' })).toMatchObject({ chain: { contact: 'treasurer' } });
    const run = await world.start(workflow('ship', 'night'));
    await world.enterStage(run, 0);
    expect(await world.task(world.memberId(0, 0))).toMatchObject({ chain: { contact: 'night-shift' } });
  });

  it('is the tenant’s usual chain where nobody is named: of escalations and requests for resources', async () => {
    const world = await worldWith();
    expect(await escalate(world)).toMatchObject({ chain: { contact: 'anybody' } });
    expect(await ask(world)).toMatchObject({ chain: { contact: 'anybody' } });
    const approval = await world.submit({ kind: 'approval' });
    expect(approval.chain).toBeUndefined();
    const named = await world.submit({ kind: 'approval', approval: { policy: 'default' } });
    expect(named).toMatchObject({ chain: { contact: 'anybody' } });
  });

  it('ends a request for a resource by its default, which nobody decided', async () => {
    const world = await worldWith();
    const { taskId } = await ask(world, { policy: 'money', timeoutSeconds: 3600 });
    world.advance(61_000);
    await sweep(world.services);
    expect(await readTaskView(world.services, tenant, taskId)).toMatchObject({
      status: 'TIMED_OUT',
      error: { code: 'EXPIRED' },
      output: { decision: 'denied', isDefault: true, by: 'default' },
    });
  });

  it('asks without its default where that is no option', async () => {
    const world = await worldWith();
    const { approval } = await escalate(world, { policy: 'money' });
    expect(approval?.chain).toEqual(chainOf('treasurer'));
  });

  it.each(['weekend', 'constructor'])('is refused when there is none of that name: %s', async (name) => {
    const world = await worldWith();
    await expect(escalate(world, { policy: name })).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'policy' });
    await expect(ask(world, { policy: name })).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'policy' });
    const submitted = world.submit({ kind: 'approval', approval: { policy: name } });
    await expect(submitted).rejects.toMatchObject({ code: 'INVALID_FIELD', field: 'approval.policy' });
    await expect(world.start(workflow('ship', name))).rejects.toMatchObject({
      code: 'INVALID_DEFINITION',
      field: 'steps.ok.approval.policy',
    });
    expect(world.tasks()).toEqual([]);
  });

  it('is known as soon as it is set, whatever an environment remembers', async () => {
    const world = await worldWith({});
    await escalate(world);
    const elsewhere = { ...world.environment(), cache: world.environment(1).cache };
    await writeSettings(elsewhere, tenant, TenantSettings.parse(settings));
    expect(await escalate(world, { policy: 'night' }, 'f')).toMatchObject({ chain: { contact: 'night-shift' } });
  });

  it('that is gone when a run comes to it leaves the usual chain: somebody is asked', async () => {
    const world = await worldWith();
    const run = await world.start(workflow('ship', 'night'));
    await writeSettings(world.services, tenant, TenantSettings.parse({ escalationChain: chainOf('anybody') }));
    await world.enterStage(run, 0);
    expect(await world.task(world.memberId(0, 0))).toMatchObject({ chain: { contact: 'anybody' } });
  });

  it('is not part of what makes a request the same: it is answered as before once settings have changed', async () => {
    const world = await worldWith();
    const first = await escalate(world);
    await writeSettings(world.services, tenant, TenantSettings.parse({ escalationChain: chainOf('others') }));
    expect((await escalate(world)).taskId).toBe(first.taskId);
  });

  it('may be gone when the same is sent again, which is answered as it was', async () => {
    const world = await worldWith();
    const submit = () => world.submit({ kind: 'approval', approval: { policy: 'night' } }, { key: 'a' });
    const asks = [submit, () => escalate(world, { policy: 'night' }), () => ask(world, { policy: 'money' })];
    const first = await Promise.all(asks.map(async (again) => (await again()).taskId));
    await writeSettings(world.services, tenant, TenantSettings.parse({}));
    expect(await Promise.all(asks.map(async (again) => (await again()).taskId))).toEqual(first);
    const another = { code: 'INVALID_FIELD', field: 'policy' };
    await expect(escalate(world, { policy: 'night', issue: 'y' })).rejects.toMatchObject(another);
    await expect(escalate(world, { policy: 'night' }, 'f')).rejects.toMatchObject(another);
    expect(world.tasks()).toHaveLength(3);
  });

  it('is asked again, with what may be answered, when an approval that expired is done again', async () => {
    const world = await worldWith();
    const { taskId } = await world.submit({
      kind: 'approval',
      approval: { options: ['go', 'stay'], policy: 'night' },
      timeoutSeconds: 600,
    });
    world.advance(61_000);
    await sweep(world.services);
    expect((await world.task(taskId)).status).toBe('TIMED_OUT');
    const again = await retryTask(world.services, { principal: owner, taskId, idempotencyKey: 'again' });
    expect(again).toMatchObject({ approval: { options: ['go', 'stay'] }, chain: { contact: 'night-shift' } });
    const answered = await answerApproval(world.services, owner, again.taskId, { decision: 'go' });
    expect(answered).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is named or written out, and has no second name for the usual one', () => {
    const chain = chainOf('ada');
    expect(ApprovalTerms.safeParse({ chain, policy: 'night' }).success).toBe(false);
    expect(TenantSettings.safeParse({ escalationPolicies: { default: chain } }).success).toBe(false);
    const resource = { resource: 'gpu', amount: 1, purpose: 'p' };
    for (const fields of [
      { chain, policy: 'night' },
      { agent: 'a', policy: 'night' },
      { capability: 'c', chain },
    ])
      expect(ResourceRequest.safeParse({ ...resource, ...fields }).success).toBe(false);
    expect(EscalationRequest.safeParse({ severity: 'low', issue: 'x', chain, policy: 'night' }).success).toBe(false);
  });
});
