import { describe, expect, it } from 'vitest';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { type ClientFrameInput, clientFrames } from '#core/contract/client-frames.ts';
import { explainTask } from '#core/explain/explain-task.ts';
import { handOffTask } from '#core/handoff/hand-off-task.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { readTaskView } from '#core/tasks/task-view.ts';
import { createWorld, owner, type TestAgent, tenant, type World } from '../world.ts';

type Said = Partial<ClientFrameInput<'task.handoff'>>;

const handOff = async (world: World, by: TestAgent, taskId: string, said: Said = {}): Promise<void> =>
  handOffTask(
    world.services,
    by,
    clientFrames['task.handoff'].parse({
      taskId,
      attempt: (await world.task(taskId)).attempt,
      reason: 'needs_specialist',
      ...said,
    }),
  );

/** A reviewer that has a task, and an auditor that has not. */
const scene = async (submission: object = {}) => {
  const world = createWorld();
  const reviewer = await world.agent('reviewer', { capabilities: ['review'], maxConcurrency: 1 });
  const auditor = await world.agent('auditor', { capabilities: ['audit'] });
  const { taskId } = await world.submit({ requirements: { capabilities: ['review'] }, ...submission });
  return { world, reviewer, auditor, taskId };
};

/** Every agent beats, with what it holds. */
const keepAlive = async (world: World, agents: readonly TestAgent[]): Promise<void> => {
  for (const agent of agents) {
    const { assigned } = await world.slots(agent);
    const tasks = Object.entries(assigned).map(([taskId, { attempt }]) => ({ taskId, attempt }));
    await heartbeat(world.services, agent, agent.connectionId, { tasks });
  }
};

describe('handOffTask', () => {
  it('gives the task to whoever has the capability, with what was done and said', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    await handOff(world, reviewer, taskId, {
      toCapability: 'audit',
      workState: { read: 12 },
      context: { file: 'auth.ts' },
      blockingIssues: ['No access to the vault.'],
      recommendations: ['Look at the tokens.'],
      evidence: ['line 7'],
    });
    expect(world.frames(auditor.connectionId, 'task.assigned').at(-1)?.payload).toMatchObject({
      attempt: 2,
      task: {
        taskId,
        workState: { read: 12 },
        handoff: {
          from: reviewer.agentId,
          fromName: 'reviewer',
          toCapability: 'audit',
          reason: 'needs_specialist',
          note: {
            context: { file: 'auth.ts' },
            blockingIssues: ['No access to the vault.'],
            recommendations: ['Look at the tokens.'],
            evidence: ['line 7'],
          },
        },
      },
    });
    expect((await world.slots(reviewer)).freeSlots).toBe(1);
    world.expectBooksToBalance();
    await world.complete(auditor, taskId, 'done');
    const view = await readTaskView(world.services, tenant, taskId);
    expect(view).toMatchObject({
      status: 'SUCCEEDED',
      agentName: 'auditor',
      handoffs: [{ attempt: 1, fromName: 'reviewer' }],
      attempts: [{ attempt: 1, outcome: 'handed_off' }, { attempt: 2 }],
    });
  });

  it('gives it to the agent that is named, by name or id, though it lacks what was required before', async () => {
    for (const called of ['name', 'id'] as const) {
      const { world, reviewer, auditor, taskId } = await scene();
      await handOff(world, reviewer, taskId, { toAgent: called === 'name' ? 'auditor' : auditor.agentId });
      expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: auditor.agentId });
    }
  });

  it('is no failure: nothing is counted, and the breaker learns nothing', async () => {
    const { world, reviewer, auditor, taskId } = await scene({ retry: { maxAttempts: 1 } });
    await handOff(world, reviewer, taskId, { toAgent: 'auditor' });
    await handOff(world, auditor, taskId, { toAgent: 'reviewer' });
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 3, waits: 2 });
    expect((await world.slots(auditor)).failuresInRow ?? 0).toBe(0);
  });

  it('never gives it back by capability, and does by name', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    await handOff(world, reviewer, taskId, {});
    expect(await world.task(taskId)).toMatchObject({ status: 'QUEUED' });
    const { agents, handoffs } = await explainTask(world.services, tenant, taskId);
    expect(agents).toContainEqual(expect.objectContaining({ name: 'reviewer', whyNot: 'excluded' }));
    expect(handoffs).toMatchObject([{ fromName: 'reviewer', reason: 'needs_specialist' }]);
    await sweep(world.services);
    expect((await world.task(taskId)).status).toBe('QUEUED');
    const second = await world.agent('second', { capabilities: ['review'] });
    expect(await world.task(taskId)).toMatchObject({ agentId: second.agentId });
    await handOff(world, second, taskId, { toAgent: 'reviewer' });
    expect(await world.task(taskId)).toMatchObject({ agentId: reviewer.agentId });
    expect((await world.slots(auditor)).freeSlots).toBe(5);
  });

  it('waits five minutes for a named agent that is away, then for whoever is fit as it was submitted', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    const second = await world.agent('second', { capabilities: ['review'] });
    await updateAgent(world.services, auditor, { state: 'paused' });
    await handOff(world, reviewer, taskId, { toAgent: 'auditor' });
    expect((await explainTask(world.services, tenant, taskId)).wouldUnblock[0]).toContain('handed over');
    const pass = async (ms: number): Promise<void> => {
      world.advance(ms);
      await keepAlive(world, [reviewer, auditor, second]);
      await sweep(world.services);
    };
    await pass(240_000);
    expect((await world.task(taskId)).status).toBe('QUEUED');
    await pass(61_000);
    expect(await world.task(taskId)).toMatchObject({ status: 'ASSIGNED', agentId: second.agentId });
  });

  it('is said again without doing anything again, and a result of the attempt that ended is kept aside', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    await handOff(world, reviewer, taskId, { toAgent: 'auditor' });
    const before = await world.task(taskId);
    await handOff(world, reviewer, taskId, { toAgent: 'auditor', attempt: 1 });
    await expect(world.complete(reviewer, taskId, 'late', 1)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    expect(await world.task(taskId)).toEqual(before);
    expect((await readTaskView(world.services, tenant, taskId)).lateResults).toMatchObject([{ attempt: 1 }]);
    await world.complete(auditor, taskId);
  });

  it('is refused when it says something else of the same attempt, and the first one stands', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    await world.agent('third', { capabilities: ['audit'] });
    const said: Said = { toAgent: 'auditor', context: { file: 'a.ts', line: 7 }, attempt: 1 };
    await handOff(world, reviewer, taskId, said);
    const before = await world.task(taskId);
    for (const other of [{ toAgent: 'third' }, { context: { file: 'b.ts' } }, { reason: 'blocked' as const }])
      await expect(handOff(world, reviewer, taskId, { ...said, ...other })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
      });
    await handOff(world, reviewer, taskId, { ...said, context: { line: 7, file: 'a.ts' } });
    expect(await world.task(taskId)).toEqual(before);
    await world.complete(auditor, taskId);
    await handOff(world, reviewer, taskId, said);
    const [shown] = (await readTaskView(world.services, tenant, taskId)).handoffs ?? [];
    expect(shown).toEqual({
      at: expect.any(Number),
      attempt: 1,
      from: reviewer.agentId,
      fromName: 'reviewer',
      toAgent: auditor.agentId,
      reason: 'needs_specialist',
      note: { context: { file: 'a.ts', line: 7 } },
    });
  });

  it('waits for an agent that has the capability when nobody does, as a task that is submitted so', async () => {
    const { world, reviewer, taskId } = await scene();
    await handOff(world, reviewer, taskId, { toCapability: 'translate' });
    const submitted = await world.submit({ requirements: { capabilities: ['translate'] } });
    const { status, unrunnable } = await readTaskView(world.services, tenant, taskId);
    expect({ status, unrunnable }).toEqual({ status: 'QUEUED', unrunnable: submitted.unrunnable });
    expect((await explainTask(world.services, tenant, taskId)).wouldUnblock).toEqual(
      (await explainTask(world.services, tenant, submitted.taskId)).wouldUnblock,
    );
    const translator = await world.agent('translator', { capabilities: ['translate'] });
    const taken = await world.task(taskId);
    expect(taken).toMatchObject({ status: 'ASSIGNED', agentId: translator.agentId });
    expect(taken.unrunnable).toBeUndefined();
  });

  it('does not call a task unrunnable that somebody else could have, who has no room', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    await updateAgent(world.services, auditor, { state: 'paused' });
    await handOff(world, reviewer, taskId, { toCapability: 'audit' });
    const { status, unrunnable } = await world.task(taskId);
    expect({ status, unrunnable }).toEqual({ status: 'QUEUED' });
  });

  it('is told that the task has ended, and one that never had it that it does not', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    const notIts = handOff(world, auditor, taskId, { toAgent: 'reviewer' });
    await expect(notIts).rejects.toMatchObject({
      code: 'STALE_ATTEMPT',
      message: expect.stringMatching(/not, or not any more, this agent’s.*changed nothing/),
    });
    await world.complete(reviewer, taskId);
    for (const by of [reviewer, auditor])
      await expect(handOff(world, by, taskId, { toCapability: 'audit' })).rejects.toMatchObject({
        code: 'ALREADY_TERMINAL',
      });
  });

  it.each<[string, Said, string]>([
    ['itself', { toAgent: 'reviewer' }, 'INVALID_FIELD'],
    ['an agent that is not there', { toAgent: 'nobody' }, 'NOT_FOUND'],
    ['an agent without the label that the submitter requires', { toAgent: 'auditor' }, 'INVALID_FIELD'],
    ['an attempt that is not its', { toCapability: 'audit', attempt: 7 }, 'STALE_ATTEMPT'],
  ])('refuses %s, and the holder keeps it', async (what, said, code) => {
    const world = createWorld();
    const labels = { region: 'eu' };
    const reviewer = await world.agent('reviewer', { capabilities: ['review'], labels });
    await world.agent('auditor', { capabilities: ['audit'] });
    const requirements = { capabilities: ['review'], ...(what.includes('label') ? { labels } : {}) };
    const { taskId } = await world.submit({ requirements });
    const before = await world.task(taskId);
    await expect(handOff(world, reviewer, taskId, said)).rejects.toMatchObject({ code });
    expect(await world.task(taskId)).toEqual(before);
  });

  it('refuses a task that was meant for its agent alone, and one of somebody else', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    const pinned = await world.submit({ requirements: { capabilities: [], agentId: auditor.agentId } });
    await expect(handOff(world, auditor, pinned.taskId)).rejects.toMatchObject({ code: 'INVALID_FIELD' });
    await expect(handOff(world, auditor, taskId)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' });
    expect((await world.task(taskId)).agentId).toBe(reviewer.agentId);
  });

  it('ends a task that is given to and fro, and says by whom', async () => {
    const { world, reviewer, auditor, taskId } = await scene();
    const pair = [reviewer, auditor];
    for (let turn = 0; turn < 7; turn++) {
      const [from, to] = turn % 2 === 0 ? ['reviewer', 'auditor'] : ['auditor', 'reviewer'];
      await handOff(world, pair[from === 'reviewer' ? 0 : 1] ?? reviewer, taskId, { toAgent: to ?? '' });
    }
    expect((await world.task(taskId)).status).toBe('ASSIGNED');
    await handOff(world, auditor, taskId, { toAgent: 'reviewer' });
    expect(await world.task(taskId)).toMatchObject({ status: 'FAILED', error: { code: 'HANDOFF_LOOP' } });
    expect((await world.task(taskId)).handoffs).toHaveLength(8);
    world.expectBooksToBalance();
    // Done again, it begins as it was submitted.
    const again = await retryTask(world.services, { principal: owner, taskId, idempotencyKey: 'r' });
    expect(again).toMatchObject({ requirements: { capabilities: ['review'] }, agentId: reviewer.agentId });
    expect(again.handoffs).toBeUndefined();
  });

  it('keeps a long note beside the task', async () => {
    const { world, reviewer, taskId } = await scene();
    await handOff(world, reviewer, taskId, { toAgent: 'auditor', context: 'x'.repeat(9000) });
    expect((await world.task(taskId)).handoffs?.[0]?.note).toMatchObject({ $payload: { bytes: expect.any(Number) } });
    const [shown] = (await readTaskView(world.services, tenant, taskId)).handoffs ?? [];
    expect(shown?.note).toMatchObject({ $payload: { url: expect.any(String) } });
  });
});
