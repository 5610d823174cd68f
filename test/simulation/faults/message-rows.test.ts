import { describe, expect, it } from 'vitest';
import { heartbeat } from '#core/agents/heartbeat.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { clientFrames } from '#core/contract/client-frames.ts';
import { keys } from '#core/contract/keys.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { createStage } from '#core/stages/create-stage.ts';
import { sweep } from '#core/sweep/sweep.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { acceptTask, progressTask } from '#core/tasks/note-progress.ts';
import { createDispatchHandler } from '#functions/queue/dispatch.ts';
import { createMessageHandler } from '#functions/websocket/message.ts';
import { backoffMs } from '#sdk/backoff.ts';
import { context } from '#test/functions/harness.ts';
import { createWorld, other, owner, tenant, type World } from '#test/unit/core/world.ts';

const oneAgent = async () => {
  const world = createWorld();
  const agent = await world.agent('a');
  const { taskId } = await world.submit();
  return { world, agent, taskId };
};

const text = (world: World): string => JSON.stringify(world.ports.table.items());

/** A frame as the message function gets it; answers what the sender hears. */
const frame = async (world: World, connectionId: string, type: string, payload: unknown, id = 'f'): Promise<string> => {
  const before = world.frames(connectionId).length;
  const body = JSON.stringify({ v: 1, type, id, seq: 2, ts: 0, ack: true, payload });
  await createMessageHandler(world.services)({ body, requestContext: { connectionId, routeKey: '$default' } }, context);
  const [answer] = world.frames(connectionId).slice(before);
  const code = answer?.payload['code'];
  return typeof code === 'string' ? code : (answer?.type ?? 'nothing');
};

describe('row 2: messages overtake each other', () => {
  it('takes a result before any word of the attempt, and refuses the words that come after it', async () => {
    const { world, agent, taskId } = await oneAgent();
    await world.complete(agent, taskId, 'done', 1);
    const ended = await world.task(taskId);
    for (const late of [acceptTask, progressTask])
      await expect(late(world.services, agent, { taskId, attempt: 1 })).rejects.toMatchObject({
        code: 'STALE_ATTEMPT',
      });
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [{ taskId, attempt: 1 }] });
    expect(await world.task(taskId)).toEqual(ended);
  });

  it('drops an older status of an agent that comes after a newer one', async () => {
    const { world, agent } = await oneAgent();
    const order = (seq: number) => ({ connection: agent.connectionId, seq });
    await updateAgent(world.services, agent, { state: 'paused' }, order(3));
    await updateAgent(world.services, agent, { state: 'idle' }, order(2));
    expect((await world.slots(agent)).paused).toBe(true);
  });
});

describe('row 8: what becomes of a frame', () => {
  it.each(['refused for now (429, 5xx)', 'lost though it was taken'])(
    'delivers an assignment again, as the same attempt, that was %s',
    async (how) => {
      const world = createWorld();
      const agent = await world.agent('a');
      const isRefused = how.startsWith('refused');
      Object.assign(world.services, {
        sockets: {
          ...world.ports.sockets,
          post: async () => {
            if (isRefused) throw new UnavailableError('The gateway');
            return 'delivered';
          },
        },
      });
      const { taskId, status } = await world.submit();
      expect(status).toBe('ASSIGNED');
      Object.assign(world.services, { sockets: world.ports.sockets });
      world.advance(30_000);
      await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
      expect(world.frames(agent.connectionId, 'task.assigned')).toMatchObject([
        { payload: { attempt: 1, task: { taskId } } },
      ]);
    },
  );

  it('begins the grace of an agent whose socket is gone, and then gives its task away', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    world.ports.sockets.gone.add(agent.connectionId);
    const { taskId } = await world.submit();
    expect((await world.slots(agent)).connection).toBeUndefined();
    const heir = await world.agent('b');
    world.advance(10_000);
    await world.fireTimers('reconnect-grace');
    expect(await world.task(taskId)).toMatchObject({ attempt: 2, agentId: heir.agentId });
  });
});

/** A queue's batch, one of whose messages makes its handler throw every time. */
const batchWith = (bodies: readonly unknown[]) => ({
  Records: bodies.map((body, index) => ({
    messageId: `m-${index}`,
    body: JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
  })),
});

const runIn = async (world: World) => {
  const run = await world.start({ mode: 'parallel', name: 'p', tasks: [{ id: 'x', type: 'work' }] });
  return { run, message: { kind: 'stage' as const, tenant, runId: run.runId, stage: 0, taskToken: 'token-0' } };
};

describe('rows 11 and 12: a message that always fails, in a batch', () => {
  it('row 11: lets the others through, is reported each time, and is handled once it can be', async () => {
    const world = createWorld();
    const { message } = await runIn(world);
    const dispatch = createDispatchHandler(world.services);
    const { table } = world.services;
    const poison = { ...message, runId: `run_${'0'.repeat(8)}-0000-8000-8000-${'0'.repeat(12)}` };
    for (let receive = 0; receive < 3; receive++)
      expect(await dispatch(batchWith([poison, message]), context)).toEqual({
        batchItemFailures: [{ itemIdentifier: 'm-0' }],
      });
    expect(world.members(0)).toHaveLength(1);
    expect(world.services.table).toBe(table);
    // Redriven from the dead letters, also the one that was done already: nothing is doubled.
    const before = text(world);
    expect(await dispatch(batchWith([message]), context)).toEqual({ batchItemFailures: [] });
    expect(text(world)).toBe(before);
  });

  it('row 12: names the third of ten and no other, never an empty name', async () => {
    const world = createWorld();
    const { message } = await runIn(world);
    const batch = Array.from({ length: 10 }, (_, index) => (index === 2 ? { kind: 'unknown' } : message));
    expect(await createDispatchHandler(world.services)(batchWith(batch), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-2' }],
    });
    expect(world.members(0)).toHaveLength(1);
  });
});

describe('rows 14 and 15: the task token', () => {
  const decided = async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { run } = await runIn(world);
    await world.enterStage(run, 0);
    return { world, agent, run, taskId: world.memberId(0, 0) };
  };

  it('row 14: counts as answered when nobody waits for it any more, and the records stand', async () => {
    const { world, agent, run, taskId } = await decided();
    world.ports.executions.goneTokens.add('token-0');
    await world.complete(agent, taskId, 'done');
    expect(await world.run(run.runId)).toMatchObject({ status: 'SUCCEEDED' });
    const stage = await world.services.table.get(keys.stage(tenant, run.runId, 0));
    expect(stage).toMatchObject({ status: 'DECIDED' });
    const before = text(world);
    await relayItem(world.services, stage ?? {});
    expect(text(world), 'and is not tried for ever').toBe(before);
  });

  it('row 15: is answered in the end though Step Functions was throttled after the task was complete', async () => {
    const { world, agent, run, taskId } = await decided();
    const { executions } = world.ports;
    let refusals = 2;
    Object.assign(world.services, {
      executions: {
        ...executions,
        succeed: async (token: string, output: unknown) => {
          if (refusals-- > 0) throw new UnavailableError('Step Functions');
          return executions.succeed(token, output);
        },
      },
    });
    await expect(world.complete(agent, taskId, 'done')).rejects.toMatchObject({ retryable: true });
    expect((await world.task(taskId)).status).toBe('SUCCEEDED');
    const stage = () => world.services.table.get(keys.stage(tenant, run.runId, 0), { consistent: true });
    await expect(relayItem(world.services, (await stage()) ?? {})).rejects.toMatchObject({ retryable: true });
    await relayItem(world.services, (await stage()) ?? {});
    expect(world.ports.executions.answers.has('token-0')).toBe(true);
  });
});

describe('row 16: a captured frame is sent again', () => {
  it('changes nothing over the same connection, and is refused over another', async () => {
    const { world, agent, taskId } = await oneAgent();
    const result = { taskId, attempt: 1, output: 'done' };
    expect(await frame(world, agent.connectionId, 'task.result', result)).toBe('ack');
    await world.connect('thief', other);
    const before = text(world);
    expect(await frame(world, agent.connectionId, 'task.result', result)).toBe('ack');
    expect(await frame(world, 'thief', 'task.result', result)).toBe('NOT_REGISTERED');
    expect(text(world)).toBe(before);
    expect(await world.task(taskId)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  });

  it('is one task however often its submit is sent', async () => {
    const { world, agent } = await oneAgent();
    const submit = { task: { type: 'work' } };
    for (let times = 0; times < 3; times++) await frame(world, agent.connectionId, 'task.submit', submit, 'same');
    expect(world.tasks()).toHaveLength(2);
  });
});

describe('row 21: ten thousand agents lose their sockets at once', () => {
  it('are all back within two minutes though the gateway takes 500 a second, and most attempts are spread', () => {
    const retry = { baseMs: 1000, capMs: 10_000 };
    let state = 7;
    const random = (): number => ((state = (state * 48_271) % 2_147_483_647) - 1) / 2_147_483_646;
    let waiting = Array.from({ length: 10_000 }, () => ({ at: backoffMs(0, retry, random), retries: 0 }));
    const admitted: number[] = [];
    const tried: number[] = [];
    for (let second = 0; waiting.length > 0 && second < 300; second++) {
      const due = waiting.filter(({ at }) => at < (second + 1) * 1000).toSorted((one, two) => one.at - two.at);
      tried.push(due.length);
      admitted.push(Math.min(500, due.length));
      const refused = due.slice(500).map(({ at, retries }) => ({
        at: at + backoffMs(retries + 1, retry, random),
        retries: retries + 1,
      }));
      waiting = [...waiting.filter(({ at }) => at >= (second + 1) * 1000), ...refused];
    }
    expect(admitted.reduce((sum, count) => sum + count, 0)).toBe(10_000);
    expect(Math.max(...admitted)).toBe(500);
    expect(admitted.length).toBeLessThan(120);
    // From the tenth second on nobody is in step with anybody: the refused come at a rate that falls with their number.
    expect(Math.max(...tried.slice(10))).toBeLessThan(2500);
  });
});

describe('row 24: messages come back weeks later', () => {
  it('does nothing for a stage that was decided, and makes nothing of one whose run is forgotten', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { run, message } = await runIn(world);
    await world.enterStage(run, 0);
    await world.complete(agent, world.memberId(0, 0), 'done');
    const tasks = JSON.stringify(world.tasks());
    await createStage(world.services, message);
    expect(JSON.stringify(world.tasks())).toBe(tasks);
    world.ports.table.load([]);
    await expect(createStage(world.services, message)).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: false });
    expect(world.ports.table.items()).toEqual([]);
  });

  it('lets timers of what is over, or forgotten, go by', async () => {
    const { world, agent, taskId } = await oneAgent();
    await cancelTask(world.services, owner, taskId, 'no');
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
    const timers = [...world.ports.queues.timers];
    world.advance(40 * 86_400_000);
    world.ports.table.load(world.ports.table.items().filter(({ sk }) => sk !== 'TASK'));
    const before = text(world);
    world.ports.queues.timers.push(...timers);
    await world.fireTimers();
    expect(text(world)).toBe(before);
  });
});

describe('row 25: the bus cannot be reached for a day', () => {
  it('publishes from the state when it can, and a run whose end no event told is closed by the sweep', async () => {
    const world = createWorld();
    const agent = await world.agent('a');
    const { taskId } = await world.submit({ publishEvent: true });
    const down = async (): Promise<never> => Promise.reject(new UnavailableError('The bus'));
    Object.assign(world.services, { events: { publish: down } });
    await world.complete(agent, taskId, 'done');
    const item = await world.services.table.get(keys.task(tenant, taskId), { consistent: true });
    await expect(relayItem(world.services, item ?? {})).rejects.toMatchObject({ retryable: true });
    const { run } = await runIn(world);
    for (const execution of world.ports.executions.started.values()) execution.status = 'ABORTED';
    for (let hour = 0; hour < 25; hour++) {
      world.advance(3_600_000);
      await sweep(world.services);
    }
    Object.assign(world.services, { events: world.ports.events });
    await relayItem(world.services, (await world.services.table.get(keys.task(tenant, taskId))) ?? {});
    expect(world.ports.events.published).toMatchObject([{ detail: { taskId, status: 'SUCCEEDED', output: 'done' } }]);
    expect((await world.run(run.runId)).endedAt).toBeDefined();
  });
});

describe('row 22: two versions of the code at once', () => {
  it('keeps what a newer version wrote through every write of an older one', async () => {
    const { world, agent, taskId } = await oneAgent();
    const future = { futureField: { since: 'next' } };
    world.ports.table.load(world.ports.table.items().map((item) => ({ ...item, ...future })));
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [{ taskId, attempt: 1 }] });
    await progressTask(world.services, agent, { taskId, attempt: 1, percent: 5 });
    await world.fail(agent, taskId);
    world.advance(60_000);
    await heartbeat(world.services, agent, agent.connectionId, { tasks: [] });
    await world.fireTimers();
    await sweep(world.services);
    await world.complete(agent, taskId, 'done');
    for (const sk of ['TASK', 'SLOTS', 'PROFILE'])
      for (const item of world.ports.table.items().filter((one) => one.sk === sk)) expect(item).toMatchObject(future);
  });

  it('says of a message, an envelope or a frame of another version what it does not know, and loses none', async () => {
    const { world, agent } = await oneAgent();
    const { message } = await runIn(world);
    const dispatch = createDispatchHandler(world.services);
    expect(await dispatch(batchWith([{ ...message, kind: 'stage2' }]), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-0' }],
    });
    expect(await dispatch(batchWith([{ ...message, more: 1 }]), context)).toEqual({ batchItemFailures: [] });
    expect(await frame(world, agent.connectionId, 'task.teleport', {})).toBe('UNKNOWN_TYPE');
    expect(await frame(world, agent.connectionId, 'agent.heartbeat', { tasks: [], mood: 1 })).toBe('UNKNOWN_FIELD');
    expect(Object.keys(clientFrames)).not.toContain('task.teleport');
  });
});
