import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { UnavailableError } from '#core/errors/errors.ts';
import { createDisconnectHandler } from '#functions/websocket/disconnect.ts';
import {
  context,
  createWorld,
  frameText,
  openSocket,
  principal,
  snapshot,
  type TestSocket,
  type World,
} from '../harness.ts';

const unknownTask = 'tsk_00000000-0000-7000-8000-000000000000';

let world: World;
let client: TestSocket;
let agent: TestSocket;

beforeEach(async () => {
  world = createWorld();
  client = await openSocket(world, principal('submitter'));
  agent = await openSocket(world, principal('agent'));
});

const register = (socket: TestSocket, name = 'ada', fields = {}) =>
  socket.send(frameText('agent.register', { name, capabilities: ['review'], ...fields }, { id: `reg-${name}` }));

const submit = (id = 'sub-1', task: object = {}) =>
  client.send(
    frameText('task.submit', { task: { type: 'review', requirements: { capabilities: ['review'] }, ...task } }, { id }),
  );

const only = async (frames: Promise<readonly unknown[]>) => {
  const all = await frames;
  expect(all).toHaveLength(1);
  return all[0];
};

const refusal = (code: string, fields = {}) =>
  expect.objectContaining({ type: 'error', payload: expect.objectContaining({ code, retryable: false, ...fields }) });

describe('a frame that is refused', () => {
  it('is a task under tasks that are as deep as they may be, with the limit', async () => {
    const under = async (id: string, parentTask?: string) => {
      const answer = await only(client.send(frameText('task.submit', { task: { type: 'x' }, parentTask }, { id })));
      const { taskId } = z
        .looseObject({ payload: z.looseObject({ taskId: z.string().optional() }) })
        .parse(answer).payload;
      return { taskId, answer };
    };
    let { taskId } = await under('depth-0');
    for (let depth = 1; depth <= 5; depth++) ({ taskId } = await under(`depth-${depth}`, taskId));
    const { answer } = await under('depth-6', taskId);
    expect(answer).toEqual(refusal('DELEGATION_LIMIT', { id: 'depth-6', field: 'parentTask', limit: 5 }));
  });

  it.each([
    ['text that is no JSON', '{"v":1', 'MALFORMED_FRAME', null, undefined],
    ['an empty frame', '', 'MALFORMED_FRAME', null, undefined],
    ['a list', '[1]', 'MALFORMED_FRAME', null, undefined],
    ['a number', '7', 'MALFORMED_FRAME', null, undefined],
    ['an object without an envelope', '{"id":"f-9"}', 'MALFORMED_FRAME', 'f-9', 'v'],
    ['an id that is none', frameText('watch', {}, { id: 'a b' }), 'INVALID_FIELD', null, 'id'],
    ['another version', frameText('watch', {}, { v: 2 }), 'INVALID_FIELD', 'f-1', 'v'],
    ['a sequence number below 1', frameText('watch', {}, { seq: 0 }), 'INVALID_FIELD', 'f-1', 'seq'],
    ['a sender of its own choice', frameText('watch', {}, { from: 'root' }), 'UNKNOWN_FIELD', 'f-1', 'from'],
    ['an unknown type', frameText('agent.promote', {}), 'UNKNOWN_TYPE', 'f-1', 'type'],
    ['a type of the platform', frameText('task.assigned', {}), 'UNKNOWN_TYPE', 'f-1', 'type'],
    ['a name of every object', frameText('toString', {}), 'UNKNOWN_TYPE', 'f-1', 'type'],
    [
      'an unknown field deep inside',
      frameText('task.submit', { task: { type: 'x', retry: { tries: 3 } } }),
      'UNKNOWN_FIELD',
      'f-1',
      'payload.task.retry.tries',
    ],
    [
      'a field of the wrong type',
      frameText('task.submit', { task: { type: 7 } }),
      'INVALID_FIELD',
      'f-1',
      'payload.task.type',
    ],
    ['a payload that is none', frameText('task.cancel', null), 'INVALID_FIELD', 'f-1', 'payload'],
    [
      'two topics',
      frameText('watch', { taskId: unknownTask, runId: unknownTask.replace('tsk', 'run') }),
      'INVALID_FIELD',
      'f-1',
      'payload',
    ],
    ['another tenant’s or no task', frameText('task.cancel', { taskId: unknownTask }), 'NOT_FOUND', 'f-1', undefined],
    ['a task that nobody knows', frameText('watch', { taskId: unknownTask }), 'NOT_FOUND', 'f-1', undefined],
    ['a role without the scope', frameText('agent.register', { name: 'x' }), 'FORBIDDEN', 'f-1', undefined],
  ])('%s: one error frame, nothing changed', async (_what, text, code, id, field) => {
    const before = snapshot(world);
    const answer = await only(client.send(text));
    expect(answer).toEqual(refusal(code, { id, ...(field === undefined ? {} : { field }) }));
    expect(answer).toMatchObject(id === null ? {} : { correlationId: id });
    expect(snapshot(world)).toBe(before);
  });

  it('names the limit that was passed', async () => {
    const text = frameText('agent.register', { name: 'x', maxConcurrency: 101 });
    expect(await only(agent.send(text))).toEqual(
      refusal('INVALID_FIELD', { field: 'payload.maxConcurrency', limit: 100 }),
    );
  });

  it('over a connection that the platform does not know', async () => {
    const stranger = await openSocket(world, principal('agent'), 'gone');
    await createDisconnectHandler(world.services)({ requestContext: { connectionId: 'gone' } }, context);
    expect(await only(stranger.send(frameText('agent.register', { name: 'x' })))).toEqual(refusal('STALE_CONNECTION'));
  });

  it.each([
    ['agent.heartbeat', { tasks: [] }],
    ['agent.update', {}],
    ['task.accept', { taskId: unknownTask, attempt: 1 }],
    ['task.result', { taskId: unknownTask, attempt: 1, output: null }],
    ['task.released', { taskId: unknownTask, attempt: 1 }],
  ])('%s before a registration', async (type, payload) => {
    expect(await only(agent.send(frameText(type, payload)))).toEqual(refusal('NOT_REGISTERED'));
  });

  it('another principal’s agent', async () => {
    const [registered] = await register(agent);
    const thief = await openSocket(world, principal('agent', 'acme', 'key:thief'));
    const before = world.ports.table.items().length;
    expect(await only(register(thief, 'other', { agentId: registered?.payload['agentId'] }))).toEqual(
      refusal('AGENT_ID_TAKEN', { field: 'agentId' }),
    );
    expect(world.ports.table.items()).toHaveLength(before);
  });

  it('a second agent over one connection, in words that say so', async () => {
    await register(agent);
    const [answer] = await register(agent, 'second');
    expect(answer).toEqual(refusal('AGENT_ID_TAKEN', { field: 'agentId' }));
    expect(answer?.payload['message']).toMatch(/speaks for one agent.*connection of its own/);
  });

  it('another tenant’s task, told like one that does not exist', async () => {
    const [submitted] = await submit();
    const stranger = await openSocket(world, principal('submitter', 'rival'));
    const taskId = submitted?.payload['taskId'];
    const before = snapshot(world);
    const cancel = (id: unknown) => only(stranger.send(frameText('task.cancel', { taskId: id })));
    const known = JSON.stringify(await cancel(taskId));
    const unknown = JSON.stringify(await cancel(unknownTask));
    const shape = (text: string) => text.replaceAll(/tsk_[0-9a-f-]+/g, 'tsk').replaceAll(/"id":"[0-9a-f-]{36}"/g, '');
    expect(shape(known)).toBe(shape(unknown));
    expect(snapshot(world)).toBe(before);
  });

  it('by a store out of reach: retryable, and worth repeating', async () => {
    const services = {
      ...world.services,
      table: { ...world.ports.table, get: () => Promise.reject(new UnavailableError('The table')) },
    };
    const socket = await openSocket({ ...world, services }, principal('submitter', 'acme', 'key:second'));
    expect(await only(socket.send(frameText('task.cancel', { taskId: unknownTask })))).toMatchObject({
      type: 'error',
      payload: { id: 'f-1', code: 'UNAVAILABLE', retryable: true, retryAfterMs: 1000 },
    });
  });

  it('by a fault of ours: INTERNAL, without its words', async () => {
    const services = {
      ...world.services,
      table: { ...world.ports.table, get: () => Promise.reject(new Error('secret-word')) },
    };
    const socket = await openSocket({ ...world, services }, principal('submitter', 'acme', 'key:second'));
    const answer = await only(socket.send(frameText('task.cancel', { taskId: unknownTask })));
    expect(answer).toMatchObject({ type: 'error', payload: { code: 'INTERNAL', retryable: true } });
    expect(JSON.stringify(answer)).not.toContain('secret-word');
    expect(world.ports.log.lines.at(-1)?.fields).toMatchObject({ errorMessage: 'secret-word' });
  });
});

describe('frames of agents and clients', () => {
  it('registers an agent and tells it how to behave', async () => {
    expect(await only(register(agent))).toMatchObject({
      type: 'agent.registered',
      correlationId: 'reg-ada',
      payload: {
        agentId: expect.stringMatching(/^agt_/),
        epoch: 1,
        heartbeatMs: 30_000,
        limits: { frameBytes: 32_768 },
      },
    });
  });

  it('carries a task from its submitter to an agent and back', async () => {
    await register(agent);
    const [submitted] = await submit();
    expect(submitted).toMatchObject({
      type: 'task.submitted',
      correlationId: 'sub-1',
      payload: { status: 'ASSIGNED' },
    });
    const assigned = agent.received().at(-1);
    expect(assigned?.type).toBe('task.assigned');
    const taskId = submitted?.payload['taskId'];
    const answers = await agent.send(
      frameText('task.result', { taskId, attempt: 1, output: { ok: true } }, { id: 'res' }),
    );
    expect(answers).toEqual([expect.objectContaining({ type: 'ack', correlationId: 'res', payload: { id: 'res' } })]);
    expect(client.received().at(-1)).toMatchObject({
      type: 'task.completed',
      payload: { taskId, status: 'SUCCEEDED', output: { ok: true } },
    });
  });

  it('acknowledges a repeated result again and changes nothing', async () => {
    await register(agent);
    const [submitted] = await submit();
    const text = frameText('task.result', { taskId: submitted?.payload['taskId'], attempt: 1, output: 1 });
    await agent.send(text);
    const before = snapshot(world);
    expect(await only(agent.send(text))).toMatchObject({ type: 'ack' });
    expect(snapshot(world)).toBe(before);
  });

  it('refuses a result of an attempt that is not the task’s', async () => {
    await register(agent);
    const [submitted] = await submit();
    const text = frameText('task.result', { taskId: submitted?.payload['taskId'], attempt: 2, output: 1 });
    expect(await only(agent.send(text))).toEqual(refusal('STALE_ATTEMPT'));
  });

  it('gives one task for a submit that is sent again, and an error for another under its id', async () => {
    const [first] = await submit();
    const before = snapshot(world);
    const [second] = await submit();
    expect(second?.payload).toEqual(first?.payload);
    expect(await only(submit('sub-1', { priority: 'high' }))).toEqual(refusal('IDEMPOTENCY_MISMATCH'));
    expect(snapshot(world)).toBe(before);
  });

  it('answers before it acknowledges when both are wanted', async () => {
    const answers = await client.send(frameText('task.submit', { task: { type: 'x' } }, { ack: true }));
    expect(answers.map(({ type }) => type)).toEqual(['task.submitted', 'ack']);
  });

  it('says nothing of a submit without an answer before its end, and then names it', async () => {
    await register(agent);
    const text = frameText('task.submit', { task: { type: 'x' } }, { id: 'sub-9', ack: false });
    expect(await client.send(text)).toEqual([]);
    const { taskId } = z.looseObject({ taskId: z.string() }).parse(agent.received().at(-1)?.payload['task']);
    await agent.send(frameText('task.result', { taskId, attempt: 1, output: 1 }));
    expect(client.received()).toEqual([
      expect.objectContaining({ type: 'task.completed', correlationId: 'sub-9', payload: expect.anything() }),
    ]);
    // Sent again it has ended already, and nothing else would be heard of it.
    expect(await only(client.send(text))).toMatchObject({ type: 'task.submitted', payload: { taskId } });
  });

  it('is silent after a frame that asks for no answer', async () => {
    await register(agent);
    expect(await agent.send(frameText('agent.heartbeat', { tasks: [] }, { seq: 2 }))).toEqual([]);
    expect(await agent.send(frameText('agent.update', { status: 'draining' }, { seq: 3 }))).toEqual([]);
  });

  it.each([
    ['collaboration.request', { capability: 'rust', purpose: 'a second look' }, 'work'],
    ['resource.request', { resource: 'gpu', amount: 1, purpose: 'training' }, 'approval'],
    ['escalation.raise', { severity: 'high', issue: 'Two reviewers disagree.' }, 'approval'],
  ])(
    'makes one task of a %s, however often it is sent, and refuses another under its id',
    async (type, asked, kind) => {
      await register(agent);
      const ask = (fields: object = {}) => agent.send(frameText(type, { ...asked, ...fields }, { id: 'ask', seq: 2 }));
      const first = await only(ask());
      expect(first).toMatchObject({
        type: 'task.submitted',
        correlationId: 'ask',
        payload: { taskId: expect.any(String) },
      });
      const before = snapshot(world);
      expect(await only(ask())).toMatchObject({ payload: Object(first).payload });
      expect(await only(ask({ timeoutSeconds: 7 }))).toEqual(refusal('IDEMPOTENCY_MISMATCH'));
      expect(await only(ask({ surprise: 1 }))).toEqual(refusal('UNKNOWN_FIELD', { field: 'payload.surprise' }));
      expect(snapshot(world)).toBe(before);
      const tasks = world.ports.table.items().filter(({ sk }) => sk === 'TASK');
      expect(tasks).toMatchObject([{ kind }]);
    },
  );

  it('prepares an upload in the tenant’s own place', async () => {
    const answer = await only(client.send(frameText('payload.prepare', { bytes: 5, sha256: 'a'.repeat(64) })));
    expect(answer).toMatchObject({ type: 'payload.ready', payload: { ref: expect.stringMatching(/^acme\//) } });
  });

  it('shows a watcher what happens to a task', async () => {
    const [submitted] = await submit();
    const taskId = submitted?.payload['taskId'];
    const [shown] = await client.send(frameText('watch', { taskId }));
    expect(shown).toMatchObject({ type: 'event', payload: { taskId, type: 'task.state' } });
    expect(await client.send(frameText('unwatch', { taskId }, { ack: true }))).toMatchObject([{ type: 'ack' }]);
  });

  it('answers changes of shared state with what they came to, and tells those who pulled', async () => {
    const [first] = await agent.send(frameText('state.pull', { scope: 'team', join: true }));
    expect(first).toMatchObject({ type: 'state.delta', payload: { scope: 'team', parts: [], author: 'key:agent' } });
    const ops = [{ op: 'increment', name: 'n', by: 2 }];
    const changed = await only(client.send(frameText('state.patch', { scope: 'team', ops }, { id: 'p-1' })));
    expect(changed).toMatchObject({ type: 'state.delta', payload: { parts: [{ kind: 'counter', name: 'n' }] } });
    expect(agent.received().slice(1)).toMatchObject([{ type: 'state.delta', payload: { parts: [{ name: 'n' }] } }]);
    const before = snapshot(world);
    await client.send(frameText('state.patch', { scope: 'team', ops }, { id: 'p-1', seq: 2 }));
    expect(snapshot(world)).toBe(before);
    await agent.send(frameText('unwatch', { scope: 'team' }));
    await client.send(frameText('state.patch', { scope: 'team', ops }, { id: 'p-2', seq: 3 }));
    expect(agent.received()).toHaveLength(2);
  });

  it.each([
    ['an unknown operation', { scope: 'team', ops: [{ op: 'multiply', name: 'n' }] }, 'payload.ops.0.op'],
    ['none', { scope: 'team', ops: [] }, 'payload.ops'],
    ['a name that is none', { scope: 'team', ops: [{ op: 'increment', name: '' }] }, 'payload.ops.0.name'],
    [
      'a replica without numbers',
      { scope: 'team', replica: `r${'0'.repeat(16)}`, ops: [{ op: 'increment', name: 'n' }] },
      'payload.ops',
    ],
    [
      'a value too large',
      { scope: 'team', ops: [{ op: 'addToSet', name: 's', value: 'x'.repeat(1100) }] },
      'payload.ops.0.value',
    ],
  ])('refuses a change of shared state by %s', async (_what, payload, field) => {
    const before = snapshot(world);
    expect(await only(client.send(frameText('state.patch', payload)))).toEqual(refusal('INVALID_FIELD', { field }));
    expect(snapshot(world)).toBe(before);
  });

  it('survives a sender whose socket is gone', async () => {
    world.ports.sockets.gone.add(client.connectionId);
    expect(await submit()).toEqual([]);
    expect(world.ports.table.items().some((item) => item['sk'] === 'TASK')).toBe(true);
  });
});
