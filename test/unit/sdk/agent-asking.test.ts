import { describe, expect, it } from 'vitest';
import { type Agent, MusterError } from '#sdk/index.ts';
import { until, untilAborted, useAgents } from './agent-fixture.ts';
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

describe('an agent that reports a conflict', () => {
  const report = {
    type: 'review',
    severity: 'medium' as const,
    positions: [
      { agentId: 'a', position: 'merge', confidence: 0.9 },
      { agentId: 'b', position: 'reject', confidence: 0.85 },
    ],
  };
  const asked = {
    conflictId: 'cfl_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90',
    type: 'review',
    severity: 'medium',
    status: 'ESCALATED',
    proposal: 'merge',
    confidence: 0.6,
    rationale: 'Two positions are sure of themselves.',
    actionItems: [],
    escalated: true,
    reasons: ['contested'],
    createdAt: 1,
  };

  it('hears what it came to, and later what people decided', async () => {
    const agent = fixture.createAgent();
    const decided: unknown[] = [];
    agent.on('conflictDecided', (conflict) => void decided.push(conflict.decision));
    await agent.start();
    const connection = await fixture.platform.connection();
    const reporting = agent.reportConflict(report, { key: 'once' });
    const frame = await connection.next('conflict.report');
    expect(frame).toMatchObject({ id: 'once', payload: report });
    connection.send('conflict.decided', asked, frame.id);
    expect(await reporting).toMatchObject({ status: 'ESCALATED', escalated: true });
    connection.send('conflict.decided', asked, frame.id);
    connection.send(
      'conflict.decided',
      { ...asked, status: 'RESOLVED', decision: 'reject', decidedBy: 'ada' },
      frame.id,
    );
    await until(() => decided.length > 0);
    expect(decided).toEqual(['reject']);
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

describe('an agent that is stopped', () => {
  it('aborts what it does, says why, and does not come back', async () => {
    const said: string[] = [];
    const agent = fixture.createAgent();
    let hasBegun = false;
    agent.handle('*', (_task, { signal }) => {
      hasBegun = true;
      signal.addEventListener('abort', () => void said.push(`aborted: ${String(signal.reason.message)}`));
      return untilAborted(signal);
    });
    agent.onStop((reason) => void said.push(`stopped: ${reason}`));
    const stopped = new Promise<string | undefined>((resolve) => {
      agent.on('stopped', ({ error }) => resolve(error instanceof MusterError ? error.code : undefined));
    });
    await agent.start();
    const connection = await fixture.platform.connection();
    connection.assign();
    await until(() => hasBegun);
    connection.send('agent.stop', { agentId: 'agt_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90', reason: 'Amok.' });
    expect(await stopped).toBe('AGENT_STOPPED');
    expect(said).toEqual(['aborted: Amok.', 'stopped: Amok.']);
    expect(fixture.platform.handshakes).toBe(1);
  });
});
