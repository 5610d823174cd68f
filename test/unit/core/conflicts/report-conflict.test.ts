import { beforeEach, describe, expect, it } from 'vitest';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { Conflict } from '#core/conflicts/conflict.ts';
import { conflictStats, listConflicts, readConflict } from '#core/conflicts/read-conflicts.ts';
import { reportConflict } from '#core/conflicts/report-conflict.ts';
import { settleConflict } from '#core/conflicts/settle.ts';
import { ConflictReport, type ConflictReportInput } from '#core/contract/conflict.ts';
import { ConflictId, TaskId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { Quotas } from '#core/contract/tenant.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { listMail } from '#core/messaging/mailbox.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { writeSettings } from '#core/tenants/settings.ts';
import { createWorld, otherTenant, owner, stranger, tenant, type World } from '../world.ts';

let world: World;
let reports = 0;

beforeEach(() => {
  world = createWorld();
});

const positions = (first: number, second: number): ConflictReportInput['positions'] => [
  { agentId: 'architect', position: 'REST', confidence: first, evidence: ['All clients speak it.'] },
  { agentId: 'backend', position: 'gRPC', confidence: second, evidence: ['A benchmark.'] },
];

const report = (asked: Partial<ConflictReportInput> = {}, key?: string, principal = owner) => {
  reports += 1;
  return reportConflict(world.services, {
    principal,
    idempotencyKey: key ?? `r-${reports}`,
    report: ConflictReport.parse({ type: 'design', severity: 'high', positions: positions(0.8, 0.9), ...asked }),
  });
};

const contested = () => report({ positions: positions(0.85, 0.9) });

const answer = async (escalationId: string | undefined, decision: string) =>
  answerApproval(world.services, owner, TaskId.parse(escalationId), { decision });

const read = (conflictId: string) => readConflict(world.services, tenant, ConflictId.parse(conflictId));

describe('a decision', () => {
  it('is not undone by whoever read the conflict before it, and finds its escalation forgotten', async () => {
    const { conflictId, escalationId } = await contested();
    const key = keys.conflict(tenant, ConflictId.parse(conflictId));
    const before = Conflict.parse(await world.services.table.get(key));
    await answer(escalationId, 'position-1');
    const decided = await read(conflictId);
    world.ports.table.load(world.ports.table.items().filter(({ sk }) => sk !== 'TASK'));
    await settleConflict(world.services, before);
    expect(await read(conflictId)).toEqual(decided);
    expect(decided).toMatchObject({ status: 'RESOLVED', decision: 'gRPC' });
  });
});

describe('reportConflict', () => {
  it('settles what the rules can, and writes down why', async () => {
    const view = await report();
    expect(view).toMatchObject({
      status: 'RESOLVED',
      decision: 'gRPC',
      decidedBy: 'rules',
      escalated: false,
      reasons: [],
    });
    expect(view.rationale).toContain('gRPC');
    expect(view.actionItems).toEqual(['Go on with "gRPC".', 'Tell architect of the decision.']);
    expect(view.log.map(({ event }) => event)).toEqual(['reported', 'resolved']);
    expect(await read(view.conflictId)).toEqual(view);
    expect(world.tasks()).toEqual([]);
  });

  it('puts before people what it cannot, and takes the position that they choose', async () => {
    const view = await contested();
    expect(view).toMatchObject({ status: 'ESCALATED', escalated: true, reasons: ['contested'], proposal: 'gRPC' });
    expect(view.decision).toBeUndefined();
    const [task] = world.tasks();
    expect(task).toMatchObject({ kind: 'approval', type: 'escalation', taskId: view.escalationId });
    expect(task?.approval?.options).toEqual(['position-1', 'position-2', 'none']);
    await answer(view.escalationId, 'position-2');
    const decided = await read(view.conflictId);
    expect(decided).toMatchObject({ status: 'RESOLVED', decision: 'REST', decidedBy: 'key:owner', escalated: true });
    expect(decided.log.map(({ event }) => event)).toEqual([
      'reported',
      'to be decided by people: contested',
      'put before people',
      'position-2 was chosen',
    ]);
    expect(await read(view.conflictId)).toEqual(decided);
  });

  it('does not take silence, or a no to all, for a decision', async () => {
    const refused = await contested();
    await answer(refused.escalationId, 'none');
    expect(await read(refused.conflictId)).toMatchObject({ status: 'UNRESOLVED', decidedBy: 'key:owner' });
    expect((await read(refused.conflictId)).decision).toBeUndefined();
  });

  it('is one conflict for one key, and an error for another under it', async () => {
    const first = await report({}, 'same');
    expect(await report({}, 'same')).toEqual(first);
    await expect(report({ severity: 'low' }, 'same')).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    expect((await listConflicts(world.services, tenant, { limit: 10 })).items).toHaveLength(1);
  });

  it('asks people once, whatever dies on the way', async () => {
    const died = new Set<number>();
    for (let at = 0; at < 30; at++) {
      let calls = 0;
      world.hooks.after = () => {
        if (calls++ === at) {
          died.add(at);
          throw new UnavailableError('The table');
        }
      };
      await report({ positions: positions(0.85, 0.9) }, `crash-${at}`).catch(() => undefined);
      delete world.hooks.after;
      const view = await report({ positions: positions(0.85, 0.9) }, `crash-${at}`);
      expect(view).toMatchObject({ status: 'ESCALATED', escalationId: expect.any(String) });
    }
    expect(died.size).toBeGreaterThan(4);
    expect(world.tasks()).toHaveLength(30);
  });

  it('goes by the tenant’s own rules', async () => {
    await writeSettings(world.services, tenant, { conflicts: { threshold: 0.7, autoResolve: false } });
    expect((await report()).reasons).toEqual(['auto_resolve_off']);
  });

  it('learns from what people decide, for that type alone', async () => {
    for (let round = 0; round < 3; round++) {
      const { escalationId, weighed } = await report({ severity: 'critical' });
      const option = weighed.find(({ position }) => position === 'REST')?.option;
      await answer(escalationId, option ?? '');
    }
    expect(await report()).toMatchObject({ decision: 'REST', status: 'RESOLVED' });
    expect(await report({ type: 'style' })).toMatchObject({ decision: 'gRPC' });
    const { learned } = await conflictStats(world.services, tenant);
    expect(learned).toEqual({
      design: { architect: { right: 3, wrong: 0, trust: 1 }, backend: { right: 0, wrong: 3, trust: 0.5 } },
    });
  });

  it('refuses what is too large to be looked at, and an agent that holds two positions, and changes nothing', async () => {
    const evidence = Array.from({ length: 20 }, () => 'x'.repeat(1000));
    const large = positions(0.8, 0.9).map((position) => ({ ...position, evidence }));
    await expect(report({ positions: large })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', field: 'positions' });
    const twice = positions(0.8, 0.9).map((position) => ({ ...position, agentId: 'architect' }));
    await expect(report({ positions: twice })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
      field: 'positions.1.agentId',
    });
    expect(world.ports.table.items().filter(({ pk }) => String(pk).includes('CONFLICT'))).toEqual([]);
  });
});

describe('what people decide', () => {
  const byAgent = async (name: string, held = positions(0.85, 0.9)) => {
    const agent = await world.agent(name);
    const from = { agentId: agent.agentId, connectionId: agent.connectionId, envelopeId: 'frame-1' };
    reports += 1;
    const view = await reportConflict(world.services, {
      principal: owner,
      idempotencyKey: `r-${reports}`,
      report: ConflictReport.parse({ type: 'design', severity: 'high', positions: held }),
      from,
    });
    return { agent, view };
  };

  /** The stream shows the answer, and the queue is emptied: nobody reads the conflict. */
  const relay = async () => {
    for (const task of world.tasks()) {
      const item = await world.services.table.get(keys.task(tenant, task.taskId));
      if (task.endedAt !== undefined && item !== undefined) await relayItem(world.services, item);
    }
    await world.drainTasks();
  };
  const stored = () => world.ports.table.items().find(({ conflictId }) => conflictId !== undefined);

  it('is what the conflict says from then on: its proposal, what is to be done, and why', async () => {
    const { conflictId, escalationId } = await contested();
    await answer(escalationId, 'position-2');
    await relay();
    expect(stored()).toMatchObject({ status: 'RESOLVED' });
    const decided = await read(conflictId);
    expect(decided).toMatchObject({ decision: 'REST', proposal: 'REST', confidence: 0.85 });
    expect(decided.actionItems).toEqual(['Go on with "REST".', 'Tell backend of the decision.']);
    expect(decided.rationale).toMatch(/key:owner chose position-2\.$/);
  });

  it('is also what is to be done when nothing is to hold', async () => {
    const { conflictId, escalationId } = await contested();
    await answer(escalationId, 'none');
    await relay();
    const view = await read(conflictId);
    expect(view.status).toBe('UNRESOLVED');
    expect(view.actionItems[0]).toBe('Go on with none of the positions.');
    expect(view.rationale).toContain('No decision: no position is to hold.');
  });

  it('is told the agent that reported it, over the connection that it has by then', async () => {
    const { agent, view } = await byAgent('architect');
    await world.connect('later');
    await world.register({ registration: { name: 'architect' }, connectionId: 'later' });
    await answer(view.escalationId, 'position-1');
    await relay();
    expect(world.frames(agent.connectionId, 'conflict.decided')).toEqual([]);
    expect(world.frames('later', 'conflict.decided')).toMatchObject([
      { correlationId: 'frame-1', payload: { conflictId: view.conflictId, status: 'RESOLVED', decision: 'gRPC' } },
    ]);
  });

  it('is looked up where it is more than the tenant’s quota lets a mailbox take, and where its reporter is gone', async () => {
    const long = positions(0.85, 0.9).map((held) => ({ ...held, position: held.agentId.repeat(200) }));
    const { agent, view } = await byAgent('architect', long);
    await handleDisconnect(world.services, agent.connectionId);
    await answer(view.escalationId, 'position-1');
    const quotas = { ...Quotas.parse({}), payloadBytes: 1024 };
    await world.services.table.put({ key: keys.tenant(tenant), item: { tenant, quotas }, clauses: {} });
    world.advance(31_000);
    await relay();
    expect((await listMail(world.services, { tenant, agentId: agent.agentId }, 10)).items).toEqual([]);
    expect(await read(view.conflictId)).toMatchObject({ status: 'RESOLVED', decision: 'backend'.repeat(200) });
  });

  it('waits in the mailbox of one that is away, once', async () => {
    const { agent, view } = await byAgent('architect');
    await handleDisconnect(world.services, agent.connectionId);
    await answer(view.escalationId, 'position-1');
    await relay();
    await relay();
    const { items } = await listMail(world.services, { tenant, agentId: agent.agentId }, 10);
    expect(items).toMatchObject([{ from: 'muster' }]);
  });
});

describe('what is known of conflicts', () => {
  it('is counted by how they came out and by type', async () => {
    await report();
    await report({ type: 'style' });
    const one = await contested();
    await contested();
    await answer(one.escalationId, 'position-1');
    expect(await conflictStats(world.services, tenant)).toMatchObject({
      total: 4,
      active: 1,
      resolved: 3,
      unresolved: 0,
      escalated: 2,
      escalationRate: 0.5,
      byType: { design: { total: 3, active: 1, resolved: 2, escalated: 2 }, style: { total: 1, escalated: 0 } },
      isComplete: true,
    });
  });

  it('is listed newest first, by status and type', async () => {
    const first = await report();
    world.advance(1000);
    const second = await contested();
    const ids = async (query: object) =>
      (await listConflicts(world.services, tenant, { limit: 10, ...query })).items.map(({ conflictId }) => conflictId);
    expect(await ids({})).toEqual([second.conflictId, first.conflictId]);
    expect(await ids({ status: 'ESCALATED' })).toEqual([second.conflictId]);
    expect(await ids({ type: 'style' })).toEqual([]);
  });

  it('is the tenant’s own', async () => {
    const { conflictId } = await report();
    await expect(readConflict(world.services, otherTenant, ConflictId.parse(conflictId))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await report({}, 'same', stranger)).conflictId).not.toBe((await report({}, 'same')).conflictId);
  });
});
