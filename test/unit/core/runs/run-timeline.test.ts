import { describe, expect, it } from 'vitest';
import { pauseRun, resumeRun } from '#core/runs/pause-run.ts';
import { readRunTimeline } from '#core/runs/run-timeline.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { completeTask } from '#core/tasks/complete-task.ts';
import { createWorld, otherTenant, owner, tenant } from '../world.ts';

describe('readRunTimeline', () => {
  it('says who waited, who worked for how long at what cost, and what the run took so long for', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start({
      mode: 'sequential',
      name: 'w',
      steps: [
        {
          id: 'pair',
          parallel: [
            { id: 'quick', type: 'work' },
            { id: 'slow', type: 'work' },
          ],
        },
        { id: 'last', type: 'work' },
      ],
    });
    world.advance(1000);
    await world.enterStage(run, 0);
    const [quick, slow] = [world.memberId(0, 0), world.memberId(0, 1)];
    world.advance(2000);
    await completeTask(world.services, agent, { taskId: quick, attempt: 1, output: 1, usage: { costUsd: 0.25 } });
    world.advance(5000);
    await world.complete(agent, slow);
    world.advance(500);
    await world.enterStage(run, 1);
    world.advance(3000);
    await world.complete(agent, world.memberId(1, 0));
    const timeline = await readRunTimeline(world.services, tenant, run.runId);
    expect(timeline).toMatchObject({ status: 'SUCCEEDED', wallMs: 11_500, workMs: 12_000, costUsd: 0.25 });
    expect(timeline.criticalPath).toEqual([slow, world.memberId(1, 0)]);
    // A second until the stage was asked for, half a second between the stages.
    expect(timeline.overheadMs).toBe(1500);
    const seen = timeline.entries.map(({ step, stage, workMs, isCritical, agentName }) =>
      [step, stage, workMs, isCritical, agentName].join(' '),
    );
    expect(new Set(seen)).toEqual(new Set(['quick 0 2000 false a', 'slow 0 7000 true a', 'last 1 3000 true a']));
  });

  it('tells a pause and the wait for a person from coordinating', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const run = await world.start({
      mode: 'sequential',
      name: 'w',
      steps: [
        { id: 'make', type: 'work' },
        { id: 'ask', approval: {} },
        { id: 'ship', type: 'work' },
      ],
    });
    await pauseRun(world.services, owner, run.runId);
    await world.enterStage(run, 0);
    world.advance(6000);
    await resumeRun(world.services, owner, run.runId);
    world.advance(1000);
    await world.complete(agent, world.memberId(0, 0));
    world.advance(200);
    await world.enterStage(run, 1);
    world.advance(3000);
    await answerApproval(world.services, owner, world.memberId(1, 0), { decision: 'approved' });
    await world.enterStage(run, 2);
    world.advance(500);
    await pauseRun(world.services, owner, run.runId);
    world.advance(500);
    const timeline = await readRunTimeline(world.services, tenant, run.runId);
    expect(timeline).toMatchObject({ wallMs: 11_200, workMs: 2000, pausedMs: 6500, personMs: 3000, overheadMs: 200 });
    expect(timeline.entries).toMatchObject([
      { step: 'make', waitMs: 0, queuedMs: 0, pausedMs: 6000, workMs: 1000 },
      { step: 'ask', waitMs: 0, workMs: 0, personMs: 3000 },
      { step: 'ship', waitMs: 0, pausedMs: 0, workMs: 1000 },
    ]);
  });

  it("does not find another tenant's", async () => {
    const world = createWorld();
    const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'a', type: 'work' }] });
    await expect(readRunTimeline(world.services, otherTenant, run.runId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
