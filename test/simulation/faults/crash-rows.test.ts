import { describe, expect, it } from 'vitest';
import { handleDisconnect } from '#core/agents/disconnect-agent.ts';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { isTerminal } from '#core/contract/task.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { openConnection } from '#core/identity/connection.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { createWorld, owner, type TestAgent, type World } from '#test/unit/core/world.ts';

class Killed extends Error {}

/** A port each of whose calls may break, before or after its effect. */
const breakable = <Port extends object>(port: Port, before: () => void, after: () => void): Port =>
  new Proxy(port, {
    get: (target, name, receiver): unknown => {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return async (...parameters: readonly unknown[]): Promise<unknown> => {
        before();
        const result: unknown = await Reflect.apply(member, target, parameters);
        after();
        return result;
      };
    },
  });

/** Breaks the n-th call of a port, before or after its effect. */
const breakCall = (world: World, n: number, when: 'before' | 'after', error: () => Error): void => {
  let calls = 0;
  const hit = (call: number): void => {
    if (call === n) throw error();
  };
  const before = (): void => {
    calls += 1;
    if (when === 'before') hit(calls);
  };
  let ended = 0;
  const after = (): void => {
    ended += 1;
    if (when === 'after') hit(ended);
  };
  for (const name of ['table', 'sockets', 'queues', 'executions', 'events'] as const)
    Object.assign(world.services, { [name]: breakable(world.ports[name], before, after) });
};

const mend = (world: World): void => {
  const { table, sockets, queues, executions, events } = world.ports;
  Object.assign(world.services, { table, sockets, queues, executions, events });
};

/** Time passes, agents beat with what they were handed and do it, the sweep runs: until everything has ended. */
const settle = async (world: World, agents: readonly TestAgent[]): Promise<void> => {
  for (let minute = 0; minute < 8; minute++) {
    world.advance(40_000);
    for (const agent of agents) {
      const { connection, assigned } = await world.slots(agent);
      if (connection === undefined) continue;
      const live = Object.entries(assigned).filter(([, { revokedAt }]) => revokedAt === undefined);
      const tasks = live.map(([taskId, { attempt }]) => ({ taskId, attempt }));
      await heartbeat(world.services, agent, connection, { tasks });
    }
    await world.fireTimers();
    await sweep(world.services);
    for (const { taskId, status, agentId } of world.tasks()) {
      const holder = agents.find((agent) => agent.agentId === agentId);
      if (status === 'ASSIGNED' && holder !== undefined) await world.complete(holder, taskId, 'done');
    }
  }
};

interface Play {
  readonly name: string;
  readonly act: (world: World, agents: readonly [TestAgent, TestAgent]) => Promise<unknown>;
}

const plays: readonly Play[] = [
  { name: 'submit', act: (world) => world.submit({}, { key: 'one' }) },
  {
    name: 'submit to nobody fit, then an agent becomes fit',
    act: async (world, [first]) => {
      await world.submit({ requirements: { capabilities: ['late'] }, timeoutSeconds: 200 }, { key: 'one' });
      await updateAgent(world.services, first, { capabilities: [{ name: 'late', confidence: 1 }] });
    },
  },
  {
    name: 'result, with the next task waiting',
    act: async (world, [first]) => {
      const pinned = { requirements: { agentId: first.agentId } };
      const tasks = [];
      for (let turn = 0; turn < 4; turn++) tasks.push(await world.submit(pinned, { key: `k${turn}` }));
      for (const { taskId } of tasks.slice(0, 1)) await world.complete(first, taskId, 'done');
    },
  },
  {
    name: 'failure and retry elsewhere',
    act: async (world, [first, second]) => {
      const { taskId, agentId } = await world.submit({ retry: { backoffMs: 0 } }, { key: 'one' });
      await world.fail(agentId === first.agentId ? first : second, taskId);
    },
  },
  {
    name: 'cancel of running work',
    act: async (world) => cancelTask(world.services, owner, (await world.submit({}, { key: 'one' })).taskId, 'no'),
  },
  {
    name: 'an agent that goes',
    act: async (world, [first]) => {
      await world.submit({ requirements: { agentId: first.agentId }, timeoutSeconds: 100 }, { key: 'one' });
      await handleDisconnect(world.services, first.connectionId);
      await world.fireTimers();
    },
  },
  {
    name: 'a takeover',
    act: async (world) => {
      await world.submit({}, { key: 'one' });
      await openConnection(world.services, 'again', owner);
      await world.register({ registration: { name: 'a', maxConcurrency: 3 }, connectionId: 'again' });
    },
  },
];

const begin = async () => {
  const world = createWorld();
  const agents = [
    await world.agent('a', { maxConcurrency: 3 }),
    await world.agent('b', { maxConcurrency: 3 }),
  ] as const;
  return { world, agents };
};

/** Everything that the crash left behind is mended: each task ended once, every slot is free, the books balance. */
const expectMended = async (world: World, agents: readonly TestAgent[]): Promise<void> => {
  await settle(world, agents);
  for (const task of world.tasks()) expect(isTerminal(task.status), `${task.taskId} is ${task.status}`).toBe(true);
  for (const agent of agents) expect(Object.keys((await world.slots(agent)).assigned)).toEqual([]);
  world.expectBooksToBalance();
};

/** Whether something was done; `false` when the handler was killed. */
const survives = async (act: Promise<unknown>): Promise<boolean> => {
  try {
    await act;
    return true;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
};

/** Breaks each call of something in turn until none is left to break; the world is mended afterwards. */
const breakEach = async (
  when: 'before' | 'after',
  act: (world: World, agents: readonly [TestAgent, TestAgent]) => Promise<unknown>,
  look: (world: World, agents: readonly [TestAgent, TestAgent]) => Promise<void>,
): Promise<number> => {
  for (let n = 1; ; n++) {
    const { world, agents } = await begin();
    breakCall(world, n, when, () => new Killed());
    const isWhole = await survives(act(world, agents));
    mend(world);
    await look(world, agents);
    if (isWhole) return n - 1;
  }
};

describe('row 3: a handler dies at any of its port calls', () => {
  it.each(plays)(
    '$name: before and after each',
    async ({ act }) => {
      const calls = [await breakEach('before', act, expectMended), await breakEach('after', act, expectMended)];
      expect(Math.min(...calls)).toBeGreaterThan(5);
    },
    120_000,
  );
});

describe('row 4: the answer is lost after the write', () => {
  it('gives the same task to the same request, whichever answer was lost', async () => {
    const { taskId } = await (await begin()).world.submit({}, { key: 'one' });
    await breakEach(
      'after',
      (world) => world.submit({}, { key: 'one' }),
      async (world, agents) => {
        expect((await world.submit({}, { key: 'one' })).taskId).toBe(taskId);
        expect(world.tasks()).toHaveLength(1);
        await expect(world.submit({ type: 'other' }, { key: 'one' })).rejects.toMatchObject({
          code: 'IDEMPOTENCY_MISMATCH',
        });
        await expectMended(world, agents);
      },
    );
  });
});

/** What a client hears of a submit whose n-th call was throttled. */
const submitThrottled = async (world: World, n: number): Promise<unknown> => {
  breakCall(world, n, 'before', () => new UnavailableError('The table'));
  const heard = await world.submit({}, { key: 'one' }).then(
    ({ taskId }) => ({ accepted: taskId }),
    (error: unknown) => error,
  );
  mend(world);
  return heard;
};

describe('row 9: the table is throttled', () => {
  it('refuses a submit as retryable or has written it, whichever call it was', async () => {
    const accepted = { accepted: (await (await begin()).world.submit({}, { key: 'one' })).taskId };
    const refused = { code: 'UNAVAILABLE', retryable: true, retryAfterMs: 1000 };
    const outcomes = new Set<string>();
    for (let n = 1; n <= 30; n++) {
      const { world, agents } = await begin();
      const heard = await submitThrottled(world, n);
      const isStored = world.tasks().length === 1;
      const isAccepted = JSON.stringify(heard) === JSON.stringify(accepted);
      outcomes.add(isAccepted ? 'accepted' : 'refused');
      expect(heard).toMatchObject(isAccepted ? accepted : refused);
      expect(isStored || !isAccepted, 'never accepted without a durable write').toBe(true);
      await world.submit({}, { key: 'one' });
      await expectMended(world, agents);
    }
    expect(outcomes).toEqual(new Set(['accepted', 'refused']));
  });
});
