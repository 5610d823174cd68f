import { describe, expect, it } from 'vitest';
import { EscalationRequest } from '#core/contract/escalation.ts';
import { keys } from '#core/contract/keys.ts';
import { ApprovalTerms } from '#core/contract/task.ts';
import { raiseEscalation } from '#core/escalations/raise-escalation.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { readTaskView } from '#core/tasks/task-view.ts';
import { writeSettings } from '#core/tenants/settings.ts';
import { createWorld, other, owner, tenant } from '../world.ts';

const contacts = [
  { name: 'ada', remindAfterSeconds: 600, answerWithinSeconds: 1800 },
  { name: 'ben', answerWithinSeconds: 7200 },
];

/** A run that waits for an approval with a chain. */
const scene = async (chain: object = {}) => {
  const world = createWorld();
  const run = await world.start({
    mode: 'sequential',
    name: 'ship',
    steps: [
      { id: 'ok', approval: { chain: { contacts, ...chain } }, timeoutSeconds: 86_400 },
      { id: 'go', type: 'deploy' },
    ],
  });
  await world.enterStage(run, 0);
  const taskId = world.memberId(0, 0);
  const pass = async (seconds: number): Promise<void> => {
    world.advance(seconds * 1000);
    await world.fireTimers('chain');
    await sweep(world.services);
  };
  const events = async (): Promise<readonly string[]> => {
    world.ports.events.published.splice(0);
    const item = await world.ports.table.get(keys.task(tenant, taskId), { consistent: true });
    if (item !== undefined) await relayItem(world.services, item);
    return world.ports.events.published.map(({ detailType, detail }) => `${detailType} ${String(detail['contact'])}`);
  };
  return { world, run, taskId, pass, events };
};

describe('an approval with a chain', () => {
  it('reminds, goes on to the next, ends expired, and refuses and shows a late answer', async () => {
    const { world, run, taskId, pass, events } = await scene();
    expect(await world.task(taskId)).toMatchObject({ chain: { contact: 'ada', what: 'asked' } });
    expect(await events()).toEqual(['ApprovalRequested ada']);
    await pass(600);
    expect(await events()).toEqual(['ApprovalReminded ada']);
    await pass(1200);
    expect(await events()).toEqual(['ApprovalRequested ben']);
    // Longer than any message waits: the sweep finds it.
    await pass(7200);
    expect(await world.task(taskId)).toMatchObject({
      status: 'TIMED_OUT',
      error: { code: 'EXPIRED', message: 'Nobody answered within 9000 s. Asked in turn: ada, ben.' },
    });
    expect((await world.run(run.runId)).status).toBe('FAILED');
    const before = await world.task(taskId);
    const late = answerApproval(world.services, owner, taskId, { decision: 'approved', comment: 'sorry' });
    await expect(late).rejects.toMatchObject({ code: 'APPROVAL_EXPIRED' });
    expect(await world.task(taskId)).toEqual(before);
    expect((await readTaskView(world.services, tenant, taskId)).lateAnswers).toEqual([
      { decision: 'approved', comment: 'sorry', by: owner.id, at: expect.any(Number) },
    ]);
  });

  it('takes an answer whoever is asked, and asks nobody any more', async () => {
    const { world, taskId, pass } = await scene();
    await pass(600);
    await answerApproval(world.services, other, taskId, { decision: 'approved' });
    const answered = await world.task(taskId);
    await pass(10_000);
    expect(await world.task(taskId)).toEqual(answered);
    expect(answered).toMatchObject({ status: 'SUCCEEDED', output: { decision: 'approved', by: other.id } });
  });

  it('moves once, however often and early its timer fires', async () => {
    const { world, taskId, pass } = await scene();
    await world.fireTimers();
    expect((await world.task(taskId)).chain).toMatchObject({ what: 'asked' });
    await pass(600);
    await sweep(world.services);
    expect((await world.task(taskId)).chain?.history).toHaveLength(2);
  });

  it('takes the safe default, says that nobody gave it, and keeps an answer after it aside', async () => {
    const { world, run, taskId, pass } = await scene({ defaultDecision: 'approved' });
    for (const seconds of [600, 1200, 7200]) await pass(seconds);
    expect(await world.task(taskId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { decision: 'approved', by: 'default', isDefault: true },
    });
    expect((await world.run(run.runId)).status).toBe('RUNNING');
    const late = answerApproval(world.services, owner, taskId, { decision: 'denied' });
    await expect(late).rejects.toMatchObject({
      code: 'APPROVAL_EXPIRED',
      message: expect.stringContaining('ended by its default decision, approved,'),
    });
  });

  it('is not denied by a default that stops the work: it has expired', async () => {
    const { world, taskId, pass } = await scene({ defaultDecision: 'denied' });
    for (const seconds of [600, 1200, 7200]) await pass(seconds);
    expect(await world.task(taskId)).toMatchObject({
      status: 'TIMED_OUT',
      error: { code: 'EXPIRED' },
      output: { decision: 'denied', isDefault: true },
    });
  });

  it('names only options as its default', () => {
    const terms = { options: ['a', 'b'], chain: { contacts, defaultDecision: 'c' } };
    expect(ApprovalTerms.safeParse(terms).success).toBe(false);
  });

  it('is whom escalations ask that name nobody, as the tenant has settled', async () => {
    const world = createWorld();
    await writeSettings(world.services, tenant, {
      escalationChain: { contacts: [{ name: 'on-call', answerWithinSeconds: 60 }], defaultDecision: 'denied' },
    });
    const raise = (fields: object, idempotencyKey: string) =>
      raiseEscalation(
        world.services,
        { principal: owner, idempotencyKey },
        EscalationRequest.parse({ severity: 'low', issue: 'x', ...fields }),
      );
    expect(await raise({}, 'a')).toMatchObject({ chain: { contact: 'on-call' } });
    const own = await raise({ chain: { contacts: [{ name: 'me', answerWithinSeconds: 60 }] } }, 'b');
    expect(own).toMatchObject({ chain: { contact: 'me' } });
  });
});
