import { describe, expect, it } from 'vitest';
import { MockAgent, runPipeline } from '#sdk/index.ts';

describe('MockAgent', () => {
  it('answers a fixed output and remembers what it was asked', async () => {
    const agent = new MockAgent({ output: { findings: 2 } });
    expect(await agent.run({ type: 'review', input: { file: 'a.ts' } })).toEqual({ findings: 2 });
    expect(agent.calledWith).toMatchObject([
      { type: 'review', input: { file: 'a.ts' }, kind: 'work', priority: 'normal' },
    ]);
    expect(agent.output).toEqual({ findings: 2 });
  });

  it('runs a handler with everything that a real one has', async () => {
    const agent = new MockAgent({
      subtaskOutput: 'part',
      secrets: { token: 't' },
      handler: async (task, ctx) => {
        ctx.progress(10, 'begun');
        ctx.milestone('read', 40);
        ctx.chunk('piece');
        const { outcome } = await ctx.submit({ type: 'sub' });
        return [task.input, (await outcome).output, ctx.attempt, await ctx.secret('token')];
      },
    });
    expect(await agent.run({ type: 'x', input: 1 })).toEqual([1, 'part', 1, 't']);
    expect(agent.reported).toEqual([
      { percent: 10, message: 'begun' },
      { percent: 40, milestone: 'read' },
      { chunk: 'piece' },
    ]);
    expect(agent.submitted).toEqual([{ type: 'sub' }]);
  });
});

describe('MockAgent without a secret', () => {
  it('refuses it as the platform does', async () => {
    const agent = new MockAgent({ handler: (_task, ctx) => ctx.secret('none') });
    await expect(agent.run({ type: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('runPipeline', () => {
  it('hands each output to the next agent', async () => {
    const analyse = new MockAgent({ handler: (task) => ({ doubled: Number(task.input) * 2 }) });
    const report = new MockAgent({ output: 'report' });
    const stages = [
      { type: 'analyse', agent: analyse },
      { type: 'report', agent: report },
    ];
    expect(await runPipeline(stages, 21)).toBe('report');
    expect(report.calledWith[0]?.input).toEqual({ doubled: 42 });
  });

  it('ends at the first failure and does not call the rest', async () => {
    const failing = new MockAgent({
      handler: () => {
        throw new Error('no');
      },
    });
    const after = new MockAgent({ output: 1 });
    const stages = [
      { type: 'a', agent: failing },
      { type: 'b', agent: after },
    ];
    await expect(runPipeline(stages, null)).rejects.toThrow('no');
    expect(after.calledWith).toEqual([]);
  });
});
