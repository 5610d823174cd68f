import { describe, expect, it } from 'vitest';
import { updateAgent } from '#core/agents/update-agent.ts';
import { TaskId } from '#core/contract/ids.ts';
import { explainTask } from '#core/explain/explain-task.ts';
import { pauseRun } from '#core/runs/pause-run.ts';
import { createWorld, otherTenant, owner, tenant } from '../world.ts';

describe('explainTask', () => {
  it('says of each agent why it does not have the task, and what would help', async () => {
    const world = createWorld();
    await world.agent('full', { capabilities: ['x'], maxConcurrency: 1 });
    await world.agent('unfit');
    const paused = await world.agent('paused', { capabilities: ['x'] });
    await updateAgent(world.services, paused, { state: 'paused' });
    await world.submit({ requirements: { capabilities: ['x'] } });
    const { taskId } = await world.submit({ requirements: { capabilities: ['x'] } });
    const before = world.ports.table.items();
    const explanation = await explainTask(world.services, tenant, taskId);
    const reasons = Object.fromEntries(explanation.agents.map(({ name, whyNot }) => [name, whyNot]));
    expect(reasons).toEqual({ full: 'full', unfit: 'capability_missing', paused: 'paused' });
    expect(explanation).toMatchObject({ status: 'QUEUED', complete: true, queue: { position: 1 } });
    expect(explanation.wouldUnblock.length).toBeGreaterThan(0);
    expect(world.ports.table.items()).toEqual(before);
  });

  it('names everything that an agent lacks, and what exactly', async () => {
    const world = createWorld();
    await world.agent('a', { type: 'gpu', capabilities: [{ name: 'x', confidence: 0.4 }], labels: { zone: 'us' } });
    const { taskId } = await world.submit({
      requirements: { agentType: 'cpu', capabilities: ['x', 'y'], minConfidence: 0.5, labels: { zone: 'eu' } },
    });
    const { agents } = await explainTask(world.services, tenant, taskId);
    expect(agents).toMatchObject([
      {
        whyNot: 'wrong_type',
        lacks: [
          'wrong_type: gpu, not cpu',
          'confidence_too_low: x 0.4, not 0.5',
          'capability_missing: y',
          'label_mismatch: zone is not eu',
        ],
      },
    ]);
  });

  it('says of a task in a paused run that the run must be resumed', async () => {
    const world = createWorld();
    await world.agent('a');
    const run = await world.start({
      mode: 'parallel',
      name: 'two',
      maxParallelAgents: 1,
      tasks: ['a', 'b'].map((id) => ({ id, type: 'work' })),
    });
    await world.enterStage(run, 0);
    const second = TaskId.parse(world.memberId(0, 1));
    expect((await explainTask(world.services, tenant, second)).wouldUnblock).toEqual(['Its turn in its stage.']);
    await pauseRun(world.services, owner, run.runId);
    expect((await explainTask(world.services, tenant, second)).wouldUnblock).toEqual([
      `Resuming its run, which is paused: POST /v1/runs/${run.runId}/resume.`,
    ]);
  });

  it('says of an approval that a person must answer it', async () => {
    const world = createWorld();
    const { taskId } = await world.submit({ kind: 'approval', type: 'ask' });
    expect((await explainTask(world.services, tenant, taskId)).wouldUnblock).toEqual([
      `A person answering it: POST /v1/approvals/${taskId}.`,
    ]);
  });

  it('says why a task has failed, and how it is done again', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    await world.fail(agent, taskId, { retryable: false });
    const { error, wouldUnblock } = await explainTask(world.services, tenant, taskId);
    expect(error?.message).toBeDefined();
    expect(wouldUnblock).toEqual([`Doing it again, as a new task: POST /v1/tasks/${taskId}/retry.`]);
  });

  it('names agents of a large fleet that no decision saw as not in the sample', async () => {
    const world = createWorld();
    for (let index = 0; index < 130; index++) await world.agent(`a${index}`);
    const { taskId } = await world.submit();
    const { agents, complete } = await explainTask(world.services, tenant, taskId);
    const others = agents.filter(({ whyNot }) => whyNot === 'not_in_sample');
    expect(complete).toBe(false);
    expect([agents.length, others.length]).toEqual([130, 30]);
    expect(new Set(agents.map(({ name }) => name)).size).toBe(130);
    expect(others.every((agent) => agent['score'] === undefined)).toBe(true);
  });

  it('says how many are before it', async () => {
    const world = createWorld();
    const tasks = [];
    for (let index = 0; index < 3; index++) {
      tasks.push(await world.submit());
      world.advance(1000);
    }
    tasks.push(await world.submit({ priority: 'high' }));
    const explained = await Promise.all(tasks.map(({ taskId }) => explainTask(world.services, tenant, taskId)));
    expect(explained.map(({ queue }) => queue?.position)).toEqual([2, 3, 4, 1]);
  });

  it('says who has an assigned task and by what rule', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit();
    expect(await explainTask(world.services, tenant, taskId)).toMatchObject({
      agentId: agent.agentId,
      decision: { strategy: 'least_loaded', seen: 1, eligible: 1 },
      wouldUnblock: [],
    });
    await expect(explainTask(world.services, otherTenant, taskId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
