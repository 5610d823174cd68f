import { describe, expect, it } from 'vitest';
import type { Agent } from '#sdk/index.ts';
import { until, useAgents } from './agent-fixture.ts';
import { taskIds } from './fake-platform.ts';

const fixture = useAgents();

describe('an agent that asks', () => {
  const collaboration = { agent: 'b', purpose: 'a second look' };
  const resource = { resource: 'gpu', amount: 2, purpose: 'training' };
  const escalation = { severity: 'high', issue: 'Two reviewers disagree.' } as const;

  it.each([
    ['collaboration.request', collaboration, (agent: Agent) => agent.collaborate(collaboration)],
    ['resource.request', resource, (agent: Agent) => agent.requestResource(resource)],
    ['escalation.raise', escalation, (agent: Agent) => agent.escalate(escalation)],
  ] as const)('sends a %s and hears what became of it', async (type, request, ask) => {
    const agent = fixture.createAgent();
    await agent.start();
    const connection = await fixture.platform.connection();
    const asking = ask(agent);
    const frame = await connection.next(type);
    expect(frame.payload).toEqual(request);
    connection.send('task.submitted', { taskId: taskIds[0], status: 'PENDING' }, frame.id);
    const { taskId, outcome } = await asking;
    expect(taskId).toBe(taskIds[0]);
    connection.send('task.completed', { taskId, status: 'SUCCEEDED', output: { decision: 'resolved' } });
    expect(await outcome).toMatchObject({ status: 'SUCCEEDED', output: { decision: 'resolved' } });
  });

  it('asks for the task that its handler works on', async () => {
    const agent = fixture.createAgent();
    agent.handle('*', async (_task, context) => {
      const asked = await context.escalate({ severity: 'low', issue: 'Is this right?' });
      return context.waitFor([asked], { step: 2 });
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign({ taskId: taskIds[0] ?? '' });
    const frame = await connection.next('escalation.raise');
    expect(frame.payload).toMatchObject({ taskId: taskIds[0], issue: 'Is this right?' });
    connection.send('task.submitted', { taskId: taskIds[1], status: 'PENDING' }, frame.id);
    expect((await connection.next('task.wait')).payload).toMatchObject({
      taskId: taskIds[0],
      children: [taskIds[1]],
      workState: { step: 2 },
    });
  });
});

describe('an agent that hands a task over', () => {
  it('gives away what it has done, and the next one is told', async () => {
    const ends: string[] = [];
    const agent = fixture.createAgent();
    agent.on('completed', ({ outcome }) => void ends.push(outcome));
    agent.handle('*', ({ handoff }, context) =>
      handoff === undefined
        ? context.handOff({ toCapability: 'audit', reason: 'needs_specialist', workState: { read: 12 } })
        : { after: handoff.reason, note: handoff.note },
    );
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign();
    const frame = await connection.next('task.handoff');
    expect(frame.payload).toEqual({
      taskId: taskIds[0],
      attempt: 1,
      toCapability: 'audit',
      reason: 'needs_specialist',
      workState: { read: 12 },
    });
    await until(() => ends.length === 1);
    expect(ends).toEqual(['handed_off']);
    const handoff = { at: 1, attempt: 1, from: 'agt_x', reason: 'blocked', note: { context: 'so far' } };
    connection.assign({ taskId: taskIds[1], handoff });
    expect((await connection.next('task.result')).payload).toMatchObject({
      output: { after: 'blocked', note: { context: 'so far' } },
    });
  });

  it('fails it when nobody may go on', async () => {
    const agent = fixture.createAgent();
    agent.handle('*', (_task, context) => context.handOff({ toAgent: 'nobody', reason: 'blocked' }));
    fixture.platform.silentOn.add('task.handoff');
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign();
    connection.refuse(await connection.next('task.handoff'), 'NOT_FOUND');
    expect((await connection.next('task.fail')).payload).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });
});
