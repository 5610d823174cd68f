import { describe, expect, it } from 'vitest';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { LeaderElectWorkflow } from '#core/contract/definitions/leader-elect.ts';
import type { TaskId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { checkDefinition } from '#core/modes/check-definition.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import type { Task } from '#core/tasks/task.ts';
import { createWorld, owner, type TestAgent, tenant } from '../world.ts';

const plain = {
  mode: 'leader_elect',
  name: 'lead',
  candidates: { capability: 'leading' },
  task: { type: 'coordinate', input: { of: '{{ input.topic }}' }, retry: { maxAttempts: 5 } },
  termSeconds: 30,
};
const definition = (more: Record<string, unknown> = {}) => LeaderElectWorkflow.parse({ ...plain, ...more });

const begin = async (more: Record<string, unknown> = {}, names: readonly string[] = ['ann', 'ben', 'cem']) => {
  const world = createWorld();
  const agents: Record<string, TestAgent> = {};
  for (const [index, name] of names.entries())
    agents[name] = await world.agent(name, { capabilities: ['leading'], priority: 90 - index });
  await world.agent('stranger', { capabilities: ['singing'], priority: 100 });
  return { world, agents, run: await world.start(definition(more), { topic: 'cats' }) };
};
type Begun = Awaited<ReturnType<typeof begin>>;

const elect = ({ world, run }: Begun, position: number) => world.decideAt(run, 'elect', position);
const of = ({ agents }: Begun, name: string): TestAgent => {
  const agent = agents[name];
  if (agent === undefined) throw new Error(`there is no ${name}`);
  return agent;
};
/** Elects for a term and hands its leader the task. */
const lead = async (begun: Begun, position: number): Promise<Task> => {
  expect(await elect(begun, position)).toEqual({ decision: 'elected', position });
  await begun.world.enterStage(begun.run, position);
  const [task] = begun.world.members(position);
  if (task === undefined) throw new Error('there is no task');
  return task;
};
const ended = ({ world, run }: Begun) => world.run(run.runId);
const submitUnder = ({ world }: Begun, parentTask: TaskId, key: string): Promise<Task> =>
  submitTask(world.services, {
    principal: owner,
    idempotencyKey: key,
    submission: TaskSubmission.parse({ type: 'part', requirements: { capabilities: ['singing'] } }),
    parentTask,
  });

describe('leader election', () => {
  it('has the task led by one agent, pinned to it, and ends with what it did', async () => {
    const begun = await begin();
    const task = await lead(begun, 0);
    expect(task).toMatchObject({ agentName: 'ann', input: { of: 'cats' }, term: { number: 1 }, timeoutMs: 30_000 });
    expect(begun.world.frames('socket-ann', 'task.assigned')).toMatchObject([{ payload: { task: { term: 1 } } }]);
    await begun.world.complete(of(begun, 'ann'), task.taskId, 'done');
    expect(await ended(begun)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  });

  it('is no parallel run: all candidates but the leader do nothing', async () => {
    const begun = await begin();
    await lead(begun, 0);
    expect(begun.world.tasks()).toHaveLength(1);
    expect(begun.world.frames('socket-ben', 'task.assigned')).toEqual([]);
  });

  it('begins the next term with another leader when one fails', async () => {
    const begun = await begin();
    const first = await lead(begun, 0);
    await begun.world.fail(of(begun, 'ann'), first.taskId);
    expect(begun.world.ports.executions.answers.get('token-0')).toMatchObject({ error: 'StepFailed' });
    const second = await lead(begun, 1);
    expect(second).toMatchObject({ agentName: 'ben', term: { number: 2 } });
    await begun.world.complete(of(begun, 'ben'), second.taskId, 'done');
    expect(await ended(begun)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  });

  it('begins the next term when a leader dies, or its time is over', async () => {
    const begun = await begin();
    await lead(begun, 0);
    await handleDisconnect(begun.world.services, of(begun, 'ann').connectionId);
    begun.world.advance(10_000);
    await begun.world.fireTimers('reconnect-grace');
    expect(begun.world.members(0)).toMatchObject([{ status: 'FAILED' }]);
    expect((await lead(begun, 1)).agentName).toBe('ben');
    begun.world.advance(30_000);
    await begun.world.fireTimers('deadline');
    expect(begun.world.members(1)).toMatchObject([{ status: 'TIMED_OUT' }]);
    expect((await lead(begun, 2)).agentName).toBe('cem');
  });

  it('keeps an old leader’s result aside', async () => {
    const begun = await begin();
    const first = await lead(begun, 0);
    begun.world.advance(30_000);
    await begun.world.fireTimers('deadline');
    await lead(begun, 1);
    await expect(begun.world.complete(of(begun, 'ann'), first.taskId, 'mine')).rejects.toMatchObject({
      code: 'ALREADY_TERMINAL',
    });
    expect(begun.world.ports.table.items().filter(({ sk }) => String(sk).startsWith('LATE#'))).toHaveLength(1);
  });

  it('takes tasks in the leader’s name, and refuses an old leader’s', async () => {
    const begun = await begin();
    const first = await lead(begun, 0);
    const child = await submitUnder(begun, first.taskId, 'a');
    expect(child).toMatchObject({ term: { number: 1, runId: begun.run.runId }, status: 'ASSIGNED' });
    await begun.world.fail(of(begun, 'ann'), first.taskId);
    await expect(submitUnder(begun, first.taskId, 'b')).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    const second = await lead(begun, 1);
    await expect(submitUnder(begun, first.taskId, 'c')).rejects.toMatchObject({
      code: 'STALE_TERM',
      field: 'parentTask',
    });
    expect(await submitUnder(begun, second.taskId, 'd')).toMatchObject({ term: { number: 2 } });
  });

  it('ends what an old leader had submitted, and what that had', async () => {
    const begun = await begin();
    const first = await lead(begun, 0);
    const child = await submitUnder(begun, first.taskId, 'a');
    const grandchild = await submitUnder(begun, child.taskId, 'b');
    await begun.world.fail(of(begun, 'ann'), first.taskId);
    await lead(begun, 1);
    for (const { taskId } of [child, grandchild])
      expect(await begun.world.task(taskId)).toMatchObject({ status: 'CANCELLED', error: { code: 'STALE_TERM' } });
    const stranger = begun.world.frames('socket-stranger', 'task.cancel');
    expect(stranger).toHaveLength(2);
  });

  it('ends a task that comes to be while its leader is being replaced', async () => {
    const begun = await begin();
    const first = await lead(begun, 0);
    let isReplaced = false;
    begun.world.hooks.before = async (operation) => {
      const isChild =
        operation.name === 'put' && operation.key.sk === 'TASK' && operation.request.item['parentTask'] !== undefined;
      if (!isChild || isReplaced) return;
      isReplaced = true;
      await begun.world.fail(of(begun, 'ann'), first.taskId);
      await elect(begun, 1);
    };
    await expect(submitUnder(begun, first.taskId, 'a')).rejects.toMatchObject({ code: 'STALE_TERM' });
    expect(isReplaced).toBe(true);
    const children = begun.world.tasks().filter(({ parentTask }) => parentTask !== undefined);
    expect(children).toMatchObject([{ status: 'CANCELLED' }]);
  });

  it('elects the highest priority, then who carries least, and an earlier leader only when alone', async () => {
    const begun = await begin({ maxTerms: 4 }, ['ann']);
    for (let term = 0; term < 3; term++) {
      const task = await lead(begun, term);
      expect(task.agentName).toBe('ann');
      await begun.world.fail(of(begun, 'ann'), task.taskId);
      if (term === 1) begun.agents['zoe'] = await begun.world.agent('zoe', { capabilities: ['singing'], priority: 1 });
    }
  });

  it('gives up after the last term, and says how the last leader ended', async () => {
    const begun = await begin({ maxTerms: 2 });
    for (const [term, name] of ['ann', 'ben'].entries())
      await begun.world.fail(of(begun, name), (await lead(begun, term)).taskId);
    expect(await elect(begun, 2)).toEqual({ decision: 'no_leader' });
    expect(await ended(begun)).toMatchObject({
      status: 'FAILED',
      error: {
        code: 'LEADER_LOST',
        message: 'Nobody leads after term 2; the last leader was ben: It broke.',
        failedTask: { step: 'lead', taskId: (await lead(begun, 1)).taskId, agentName: 'ben', code: 'BROKEN' },
      },
    });
  });

  it('fails when nobody is there that may lead', async () => {
    const begun = await begin({}, []);
    expect(await elect(begun, 0)).toEqual({ decision: 'no_candidates' });
    expect(await ended(begun)).toMatchObject({ status: 'FAILED', error: { code: 'NO_LEADER' } });
  });

  it('elects one leader, wherever the election died before, and whoever came since', async () => {
    for (let failing = 1; failing < 16; failing++) {
      const begun = await begin();
      let calls = 0;
      begun.world.hooks.after = () => {
        calls += 1;
        if (calls === failing) throw new Error('died');
      };
      await elect(begun, 0).catch(() => undefined);
      delete begun.world.hooks.after;
      const chosen = await begun.world.ports.table.get(keys.note(tenant, begun.run.runId, 'term#0001'));
      await begun.world.agent('zoe', { capabilities: ['leading'], priority: 99 });
      const { agentName } = await lead(begun, 0);
      expect(agentName).toBe(chosen === undefined ? 'zoe' : 'ann');
    }
  });

  it('leaves nothing open when it is cancelled', async () => {
    const begun = await begin();
    await lead(begun, 0);
    await cancelRun(begun.world.services, owner, begun.run.runId, 'enough');
    await begun.world.drainTasks();
    expect(begun.world.tasks().filter(({ status }) => /PENDING|QUEUED|ASSIGNED/.test(status))).toEqual([]);
    expect(await elect(begun, 1)).toEqual({ decision: 'stopped' });
  });
});

describe('a definition of a leader election', () => {
  it.each([
    ['candidates', { candidates: undefined }],
    ['termSeconds', { termSeconds: 0 }],
    ['maxTerms', { maxTerms: 21 }],
    ['task.type', { task: {} }],
  ])('is refused for its %s', (field, more) =>
    expect(WorkflowDefinition.safeParse({ ...plain, ...more }).error?.issues[0]?.path.join('.')).toBe(field),
  );

  it('takes templates in the task that name what exists by then', () => {
    checkDefinition(definition());
    expect(() => checkDefinition(definition({ task: { type: 't', input: '{{ item }}' } }))).toThrow(
      expect.objectContaining({ code: 'INVALID_DEFINITION', field: 'task.input' }),
    );
  });
});
