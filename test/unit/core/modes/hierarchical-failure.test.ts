import { describe, expect, it } from 'vitest';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { owner } from '../world.ts';
import {
  answer,
  appItems,
  at,
  type Begun,
  begin,
  ended,
  enter,
  failAt,
  finish,
  finishWork,
  infraItems,
  type Phase,
  plan,
  taskAt,
  untilWork,
} from './hierarchy.ts';

describe('a hierarchical run in which work fails', () => {
  const failed = async (more: Record<string, unknown> = {}): Promise<Begun> => {
    const begun = await untilWork(more);
    await failAt(begun, 'work', 'infra/vpc');
    await finishWork(begun, ['infra/vpc']);
    return begun;
  };

  it('tells the supervisor what failed, on whom, and lets another worker try', async () => {
    const begun = await failed();
    expect(begun.world.ports.executions.answers.get('token-2')).toMatchObject({ error: 'StepFailed' });
    expect((await ended(begun)).status).toBe('RUNNING');
    await enter(begun, 'recover');
    expect(taskAt(begun, 'recover')).toMatchObject({
      agentName: 'boss',
      kind: 'plan',
      input: {
        phase: 'recover',
        failed: [
          { item: 'infra/vpc', team: 'infra', agent: 'ann', error: { code: 'BROKEN' }, workers: ['ann', 'ben'] },
        ],
        succeeded: ['infra/dns', 'app/build', 'app/deploy'],
        actions: ['reassign', 'skip', 'give_up'],
      },
    });
    await answer(begun, 'recover', { action: 'reassign' });
    await enter(begun, 'again');
    expect(begun.world.members(at.again)).toMatchObject([{ agentName: 'ben', place: { step: 'infra/vpc' } }]);
    await answer(begun, 'again', 'at last', 'infra/vpc');
    await finish(begun);
    expect(await ended(begun)).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        failureHandled: true,
        skipped: [],
        items: [{ item: 'infra/vpc', output: 'at last', agent: 'ben' }, {}, {}, {}],
      },
    });
  });

  it('goes on without what the supervisor skips', async () => {
    const begun = await failed();
    await enter(begun, 'recover');
    await answer(begun, 'recover', { decisions: [{ item: 'infra/vpc', action: 'skip' }] });
    await enter(begun, 'again');
    await finish(begun);
    expect(await ended(begun)).toMatchObject({ status: 'SUCCEEDED', output: { skipped: ['infra/vpc'] } });
  });

  it('fails when the supervisor gives up, saying why, what failed and on whom', async () => {
    const begun = await failed();
    await enter(begun, 'recover');
    await answer(begun, 'recover', { action: 'give_up', reason: 'no network, no service' });
    await enter(begun, 'again');
    const { status, error } = await ended(begun);
    expect(status).toBe('FAILED');
    expect(error?.message).toMatch(/gave up: no network, no service\. .*"infra\/vpc" \(tsk_\S+ on ann\): It broke\./);
  });

  it('has its failure handled once: a second is an error that names item, task and agent', async () => {
    const begun = await failed();
    await enter(begun, 'recover');
    await answer(begun, 'recover', { decisions: [{ item: 'infra/vpc', action: 'reassign', worker: 'ann' }] });
    await enter(begun, 'again');
    expect(taskAt(begun, 'again').agentName).toBe('ann');
    await failAt(begun, 'again', 'infra/vpc');
    const { status, error } = await ended(begun);
    expect({ status, code: error?.code }).toEqual({ status: 'FAILED', code: 'STEP_FAILED' });
    expect(error?.message).toMatch(/^1 of 4 items failed\. First "infra\/vpc" \(tsk_\S+ on ann\): It broke\.$/);
    const { taskId } = taskAt(begun, 'again');
    expect(error?.failedTask).toMatchObject({ step: 'infra/vpc', taskId, agentName: 'ann', code: 'BROKEN' });
  });

  it('fails at once where nobody is to be asked', async () => {
    const begun = await failed({ policies: { onFailure: 'fail' } });
    expect(await ended(begun)).toMatchObject({ status: 'FAILED', error: { code: 'STEP_FAILED' } });
  });

  it.each([
    ['nothing', {}, /Nothing is said about "infra\/vpc"/],
    ['something else', 'retry', /no "action"/],
    [
      'an item that did not fail',
      { action: 'skip', decisions: [{ item: 'app/build', action: 'skip' }] },
      /"app\/build" is no item that failed/,
    ],
    [
      'a worker of another team',
      { decisions: [{ item: 'infra/vpc', action: 'reassign', worker: 'cem' }] },
      /"cem" is no worker/,
    ],
  ])('is refused when the supervisor says %s', async (_what, output, message) => {
    const begun = await failed();
    await enter(begun, 'recover');
    await answer(begun, 'recover', output);
    await enter(begun, 'again');
    expect((await ended(begun)).error?.message).toMatch(message);
  });

  it('fails when a leader or the supervisor does', async () => {
    const begun = await begin();
    await answer(begun, 'plan', plan);
    await enter(begun, 'split');
    await failAt(begun, 'split', 'split-app');
    expect(await ended(begun)).toMatchObject({ status: 'FAILED', error: { code: 'STEP_FAILED' } });
  });

  it('is cancelled with whoever works', async () => {
    const begun = await untilWork();
    await cancelRun(begun.world.services, owner, begun.run.runId, 'no');
    await begun.world.drainTasks();
    expect(new Set(begun.world.members(at.work).map(({ status }) => status))).toEqual(new Set(['CANCELLED']));
    expect((await ended(begun)).status).toBe('CANCELLED');
  });
});

describe('a hierarchical run whose handlers die', () => {
  /** Minutes in which agents say what they have, and the sweep looks. */
  const mend = async ({ world, agents }: Begun): Promise<void> => {
    for (let minute = 0; minute < 3; minute++) {
      world.advance(59_000);
      for (const agent of agents.values()) {
        const own = world.tasks().filter(({ status, agentId }) => status === 'ASSIGNED' && agentId === agent.agentId);
        const tasks = own.map(({ taskId, attempt }) => ({ taskId, attempt }));
        await heartbeat(world.services, agent, agent.connectionId, { tasks });
      }
      await sweep(world.services);
      await world.drainTasks();
    }
  };
  const phases: readonly Phase[] = ['split', 'work', 'aggregate', 'integrate'];
  it.each(phases)('comes to the same, whichever call of entering %s it is', async (phase) => {
    for (let call = 1; call <= 24; call += 2) {
      const begun = await begin();
      const { world } = begun;
      const enterDying = async (next: Phase): Promise<void> => {
        if (next !== phase) return enter(begun, next);
        let calls = 0;
        world.hooks.before = () => {
          if (++calls === call) throw new Error('killed');
        };
        await enter(begun, next).catch(() => undefined);
        delete world.hooks.before;
        await enter(begun, next);
        if (world.members(at[next]).some(({ status }) => status !== 'ASSIGNED')) await mend(begun);
      };
      await answer(begun, 'plan', plan);
      await enterDying('split');
      await answer(begun, 'split', infraItems, 'split-infra');
      await answer(begun, 'split', appItems, 'split-app');
      await enterDying('work');
      await finishWork(begun);
      await enterDying('aggregate');
      await answer(begun, 'aggregate', 1, 'aggregate-infra');
      await answer(begun, 'aggregate', 2, 'aggregate-app');
      await enterDying('integrate');
      await answer(begun, 'integrate', 'all done');
      for (const item of world.ports.table.items().filter(({ outbox }) => outbox !== undefined))
        await relayItem(world.services, item);
      expect(await ended(begun), `killed before call ${call}`).toMatchObject({
        status: 'SUCCEEDED',
        output: { output: 'all done' },
      });
    }
  });
});
