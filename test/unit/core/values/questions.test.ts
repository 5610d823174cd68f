import { beforeEach, describe, expect, it } from 'vitest';
import { AgentId, RunId, TaskId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { limits } from '#core/contract/limits.ts';
import { isTerminal } from '#core/contract/task.ts';
import { Quotas } from '#core/contract/tenant.ts';
import { type ValueVersion, ValueWrite, type ValueWriteInput, type WriteStrategy } from '#core/contract/value.ts';
import { Principal } from '#core/identity/principal.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { answerApproval } from '#core/tasks/answer-approval.ts';
import { writeSettings } from '#core/tenants/settings.ts';
import { listVersions, readValue, writeValue } from '#core/values/write-value.ts';
import { createWorld, other, owner, type TestAgent, tenant, type World } from '../world.ts';

let world: World;
let writes = 0;
const at = 1_767_225_600_000;
const third = Principal.parse({ ...owner, id: 'key:third' });

const write = (asked: Partial<ValueWriteInput>, principal = owner): Promise<ValueVersion> => {
  writes += 1;
  const full = ValueWrite.parse({ scope: 'team', name: 'plan', value: 1, baseVersion: 0, at, ...asked });
  return writeValue(world.services, { principal, idempotencyKey: `w-${writes}`, write: full });
};
const read = () => readValue(world.services, owner, { scope: 'team', name: 'plan' });
const versions = async (): Promise<readonly ValueVersion[]> =>
  (await listVersions(world.services, owner, { scope: 'team', name: 'plan' }, { limit: 50 })).items;

const useChain = (strategies: WriteStrategy[], workflow?: string) =>
  writeSettings(world.services, tenant, {
    conflicts: {
      threshold: 0.7,
      autoResolve: true,
      chains: [{ scope: '*', strategies, ...(workflow === undefined ? {} : { workflow }) }],
    },
  });

const answer = (version: ValueVersion | undefined, decision: string, by = owner) =>
  answerApproval(world.services, by, TaskId.parse(version?.resolution?.escalationId), { decision });

/** The stream shows what is stored, and the queue is emptied: nobody reads the value. */
const relay = async (): Promise<void> => {
  for (const item of world.ports.table.items())
    if (item['endedAt'] !== undefined && (item['sk'] === 'TASK' || item['sk'] === 'RUN'))
      await relayItem(world.services, item);
  await world.drainTasks();
};

const openQuestions = () =>
  world
    .tasks()
    .filter(({ type, status }) => type === 'escalation' && !isTerminal(status))
    .map(({ taskId }) => taskId);

beforeEach(async () => {
  world = createWorld();
  await useChain(['manual']);
});

describe('a question about values that are larger than the tenant’s quota', () => {
  it.each([['people', ['manual']] as const, ['a vote', ['consensus_required']] as const])(
    'is put to people without the values: %s',
    async (_what, strategies) => {
      await world.start({ mode: 'parallel', name: 'vote', tasks: [{ id: 'a', type: 'x' }] });
      await useChain([...strategies], 'vote');
      const quotas = { ...Quotas.parse({}), payloadBytes: 1024 };
      await world.services.table.put({ key: keys.tenant(tenant), item: { quotas, rev: 1 }, clauses: {} });
      world.advance(31_000);
      await write({ value: 'a'.repeat(800) });
      const asked = await write({ value: 'b'.repeat(800) }, other);
      const task = world.tasks().find(({ taskId }) => taskId === asked.resolution?.escalationId);
      expect(task?.input).toMatchObject({
        context: { current: { by: owner.id, at }, proposed: { by: other.id, at } },
      });
      expect(JSON.stringify(task?.input)).not.toContain('bbb');
      await answer(asked, 'proposed');
      expect((await read())?.value).toBe('b'.repeat(800));
    },
  );
});

describe('a question that people answer', () => {
  it('is settled when the answer is given, though nobody reads the value', async () => {
    await write({ value: 'one' });
    const asked = await write({ value: 'other' }, other);
    await answer(asked, 'proposed');
    await relay();
    expect((await versions())[0]).toMatchObject({
      version: 3,
      value: 'other',
      resolution: { outcome: 'proposed', decidedBy: owner.id },
    });
  });

  it('lets a second write wait its turn, and is then asked anew for that', async () => {
    await write({ value: 'one' });
    const first = await write({ value: 'two' }, other);
    const second = await write({ value: 'three' }, third);
    expect(second).toMatchObject({ version: 3, value: 'one', waiting: [{ value: 'three', by: third.id }] });
    expect(second.resolution).toEqual(first.resolution);
    expect(openQuestions()).toEqual([first.resolution?.escalationId]);
    await answer(first, 'proposed');
    await relay();
    const next = await read();
    expect(next).toMatchObject({
      version: 5,
      value: 'two',
      resolution: { outcome: 'pending', proposed: { value: 'three' } },
    });
    expect(next?.waiting).toBeUndefined();
    const [question] = world.tasks().filter(({ taskId }) => taskId === next?.resolution?.escalationId);
    expect(question?.input).toMatchObject({ context: { current: { value: 'two' }, proposed: { value: 'three' } } });
    await answer(next, 'current', other);
    await relay();
    expect((await versions()).map(({ version, value, resolution }) => [version, value, resolution?.outcome])).toEqual([
      [6, 'two', 'current'],
      [5, 'two', 'pending'],
      [4, 'two', 'proposed'],
      [3, 'one', 'pending'],
      [2, 'one', 'pending'],
      [1, 'one', undefined],
    ]);
    expect(openQuestions()).toEqual([]);
  });

  it('is answered for a write that was behind, and asks the next that was, closing it for who knew of it', async () => {
    await write({ value: 'one' });
    await write({ value: 'two', baseVersion: 1 });
    const first = await write({ value: 'three', baseVersion: 1 }, other);
    expect(await write({ value: 'four', baseVersion: 1 }, third)).toMatchObject({ waiting: [{ value: 'four' }] });
    await answer(first, 'proposed');
    expect((await versions()).some(({ resolution }) => resolution?.outcome === 'proposed')).toBe(false);
    const next = await read();
    expect(next).toMatchObject({ value: 'three', resolution: { outcome: 'pending', proposed: { value: 'four' } } });
    expect(openQuestions()).toEqual([next?.resolution?.escalationId]);
    await write({ value: 'five', baseVersion: next?.version ?? 0 });
    expect(openQuestions()).toEqual([]);
  });

  it('is another for another write of the same principal, at the same moment or after the first died', async () => {
    await write({ value: 'one' });
    const [two, three] = await Promise.all([write({ value: 'two' }, other), write({ value: 'three' }, other)]);
    expect([two.waiting, three.waiting].filter((waiting) => waiting !== undefined)).toHaveLength(1);
    expect(openQuestions()).toEqual([(await read())?.resolution?.escalationId]);

    world = createWorld();
    await useChain(['manual']);
    await write({ value: 'one' });
    world.hooks.before = ({ name }) => {
      if (name === 'put' && openQuestions().length > 0) throw new Error('died');
    };
    await expect(write({ value: 'two' }, other)).rejects.toThrow('died');
    delete world.hooks.before;
    expect(await write({ value: 'three' }, other)).toMatchObject({ resolution: { proposed: { value: 'three' } } });
  });

  it('takes a write that waits once, however often it is sent', async () => {
    await write({ value: 'one' });
    await write({ value: 'two' }, other);
    const waits = await write({ value: 'three' }, third);
    expect(await write({ value: 'three' }, third)).toEqual(waits);
  });

  it('has ten wait and no more, and says what to do', async () => {
    await write({ value: 'one' });
    for (let value = 0; value <= limits.waitingWrites; value++) await write({ value }, other);
    const before = await versions();
    await expect(write({ value: 'eleventh' }, third)).rejects.toMatchObject({ code: 'CONFLICT', limit: 10 });
    expect(await versions()).toEqual(before);
  });

  it('is closed by a write that knows of it: whoever answers then hears so, and nothing changes', async () => {
    await write({ value: 'one' });
    const asked = await write({ value: 'two' }, other);
    await write({ value: 'three' }, third);
    const seen = await read();
    const after = await write({ value: 'four', baseVersion: seen?.version ?? 0 });
    expect(after).toMatchObject({ value: 'four', resolution: { outcome: 'superseded', decidedBy: owner.id } });
    await expect(answer(asked, 'proposed')).rejects.toMatchObject({ code: 'ALREADY_TERMINAL' });
    // What waited behind the question has its turn against what there is now.
    expect(await read()).toMatchObject({
      value: 'four',
      resolution: { outcome: 'pending', proposed: { value: 'three' } },
    });
  });

  it('loses no answer to a write that comes at the same moment', async () => {
    let moments = 0;
    for (let isMoment = true; isMoment; moments++) {
      world = createWorld();
      await useChain(['manual']);
      await write({ value: 'one' });
      const asked = await write({ value: 'two' }, other);
      let calls = 0;
      let given: unknown;
      world.hooks.before = async () => {
        if (calls++ !== moments) return;
        delete world.hooks.before;
        given = await answer(asked, 'proposed').catch((error: unknown) => error);
      };
      await write({ value: 'three', baseVersion: 2 }, third);
      isMoment = given !== undefined;
      delete world.hooks.before;
      await relay();
      const isTaken = (await versions()).some(({ resolution }) => resolution?.decidedBy === owner.id);
      const isRefused = given instanceof Error;
      expect({ moments, isTakenOrRefused: !isMoment || isTaken !== isRefused }).toEqual({
        moments,
        isTakenOrRefused: true,
      });
    }
    expect(moments).toBeGreaterThan(5);
  });

  it('is asked of people once, whoever else writes at the same moment', async () => {
    await write({ value: 'one' });
    await Promise.all([write({ value: 'two' }, other), write({ value: 'three' }, third)]);
    expect(openQuestions()).toEqual([(await read())?.resolution?.escalationId]);
  });
});

describe('a question that agents vote on', () => {
  const voters = ['ann', 'ben', 'cem'];
  let agents: TestAgent[];

  beforeEach(async () => {
    agents = [];
    for (const name of voters) agents.push(await world.agent(name));
    const ballot = { type: 'judge', voters: { agents: voters }, question: 'Which?', options: ['current', 'proposed'] };
    await world.start({ mode: 'consensus', name: 'vote', ...ballot, minParticipation: 1 });
    await useChain(['consensus_required', 'manual'], 'vote');
  });

  const ask = async () => {
    await write({ value: 'one' });
    const asked = await write({ value: 'other' }, other);
    const run = await world.run(asked.resolution?.runId ?? '');
    await world.enterStage(run, 0);
    return { asked, run };
  };
  const castBy = (runId: string, agent: TestAgent) => {
    const isTheirs = (id: string | undefined) => AgentId.safeParse(id).data === agent.agentId;
    return world.tasks().find(({ place, requirements }) => place?.runId === runId && isTheirs(requirements.agentId));
  };

  it('is decided by them: asked with both values, counted, taken without anybody reading it', async () => {
    const { asked, run } = await ask();
    expect(await world.run(run.runId)).toMatchObject({ startedBy: { kind: 'value', name: 'team/plan' } });
    for (const [index, decision] of ['proposed', 'current', 'proposed'].entries()) {
      const agent = agents[index];
      const ballot = agent === undefined ? undefined : castBy(run.runId, agent);
      if (agent === undefined || ballot === undefined) throw new Error('nobody was asked');
      await world.complete(agent, ballot.taskId, { decision });
    }
    await world.decideAt(run, 'tally', 0);
    expect((await world.run(run.runId)).status).toBe('SUCCEEDED');
    await relay();
    expect((await versions())[0]).toMatchObject({
      version: asked.version + 1,
      value: 'other',
      resolution: { strategy: 'consensus_required', outcome: 'proposed', decidedBy: run.runId },
    });
  });

  it('goes to people when they do not agree, and what those say is taken', async () => {
    const { run } = await ask();
    await cancelRun(world.services, owner, RunId.parse(run.runId), 'Nobody agrees.');
    await relay();
    const [asked] = await versions();
    expect(asked).toMatchObject({
      value: 'one',
      resolution: { strategy: 'manual', outcome: 'pending', escalationId: expect.any(String) },
    });
    await answer(asked, 'proposed');
    await relay();
    expect((await versions())[0]).toMatchObject({ value: 'other', resolution: { decidedBy: owner.id } });
  });
});
