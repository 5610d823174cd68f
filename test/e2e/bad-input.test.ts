import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent } from '#sdk/agent.ts';
import { PayloadTooLargeError } from '#sdk/errors.ts';
import { HandshakeRefused, RawSocket } from './support/raw-socket.ts';
import { type Answer, type Muster, startMuster } from './support/start-muster.ts';
import { addKey } from './support/tenants.ts';
import { until } from './support/until.ts';

let muster: Muster;
let strangerKey: string;
const sockets: RawSocket[] = [];

beforeAll(async () => {
  muster = await startMuster();
  strangerKey = await addKey(muster, 'stranger', 'admin');
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await muster?.stop();
});

const open = async (key?: string): Promise<RawSocket> => {
  const socket = await muster.socket(key);
  sockets.push(socket);
  return socket;
};

/** Runs `attempt` and holds the table to what it was. */
const changingNothing = async <Result>(attempt: () => Promise<Result>): Promise<Result> => {
  const before = await muster.items();
  const result = await attempt();
  const after = await muster.items();
  const changed = {
    gone: before.filter((item) => !after.includes(item)),
    come: after.filter((item) => !before.includes(item)),
  };
  expect(changed).toEqual({ gone: [], come: [] });
  return result;
};

/** The same for what ends a socket, whose record goes with it. */
const losingOnlyAConnection = async (attempt: () => Promise<void>): Promise<void> => {
  const before = await muster.items();
  await attempt();
  const after = await until('the connection is forgotten', async () => {
    const now = await muster.items();
    return now.length < before.length ? now : undefined;
  });
  const gone = before.filter((item) => !after.includes(item));
  expect({ gone, come: after.length - before.length }).toEqual({ gone: [expect.stringContaining('CONN#')], come: -1 });
};

/** An envelope, whole but for what a test breaks. */
const envelope = (more: Record<string, unknown>): string =>
  JSON.stringify({ v: 1, type: 'agent.heartbeat', id: 'f-1', seq: 1, ts: 1, payload: { tasks: [] }, ...more });

const withoutId = JSON.stringify({ v: 1, type: 'agent.heartbeat', seq: 1, ts: 1, payload: {} });

describe('a bad frame', () => {
  it.each([
    ['no JSON', 'hello {', { id: null, code: 'MALFORMED_FRAME' }],
    ['no object', '[1, 2]', { id: null, code: 'MALFORMED_FRAME' }],
    ['no id', withoutId, { id: null, code: 'MALFORMED_FRAME', field: 'id' }],
    ['an unknown type', envelope({ type: 'task.steal' }), { id: 'f-1', code: 'UNKNOWN_TYPE' }],
    ['a type of the platform', envelope({ type: 'task.assigned' }), { id: 'f-1', code: 'UNKNOWN_TYPE' }],
    ['another version', envelope({ v: 2 }), { id: 'f-1', code: 'INVALID_FIELD', field: 'v' }],
    ['a sender of its own', envelope({ from: 'agt_x' }), { id: 'f-1', code: 'UNKNOWN_FIELD', field: 'from' }],
    [
      'an unknown field of the task',
      envelope({ type: 'task.submit', payload: { task: { type: 't', retry: { maxAttempt: 3 } } } }),
      { id: 'f-1', code: 'UNKNOWN_FIELD', field: 'payload.task.retry.maxAttempt' },
    ],
    [
      'an unknown field of a capability',
      envelope({ type: 'agent.register', payload: { name: 'a', capabilities: [{ name: 'c', confidense: 1 }] } }),
      { id: 'f-1', code: 'UNKNOWN_FIELD', field: 'payload.capabilities.0.confidense' },
    ],
    [
      'a value out of bounds',
      envelope({ type: 'agent.register', payload: { name: 'a', maxConcurrency: 101 } }),
      { id: 'f-1', code: 'INVALID_FIELD', field: 'payload.maxConcurrency', limit: 100 },
    ],
    ['work before registering', envelope({}), { id: 'f-1', code: 'NOT_REGISTERED' }],
    [
      'an unknown operation on shared state',
      envelope({ type: 'state.patch', payload: { scope: 's', ops: [{ op: 'multiply', name: 'n' }] } }),
      { id: 'f-1', code: 'INVALID_FIELD', field: 'payload.ops.0.op' },
    ],
    ['a conflict of nobody', envelope({ type: 'conflict.report', payload: {} }), { id: 'f-1', code: 'INVALID_FIELD' }],
    ['a watch of nothing', envelope({ type: 'watch', payload: {} }), { id: 'f-1', code: 'INVALID_FIELD' }],
  ])('%s is refused by name', async (_what, text, expected) => {
    const socket = await open();
    const { payload } = await changingNothing(async () => {
      socket.sendText(text);
      return socket.next('error');
    });
    expect(payload).toMatchObject({ ...expected, retryable: false, message: expect.any(String) });
    const id = socket.send('watch', { taskId: `tsk_${randomUUID()}` });
    expect((await socket.answerTo(id)).payload['code'], 'the socket lives').toBe('NOT_FOUND');
  });

  it('in binary closes the socket with 1003', async () => {
    const socket = await open();
    await losingOnlyAConnection(async () => {
      socket.sendBinary(Buffer.from(envelope({})));
      expect(await socket.closed).toBe(1003);
    });
  });

  it('of 33 KB closes the socket with 1009, one of 32 KB does not', async () => {
    const socket = await open();
    const padded = (bytes: number): string => {
      const bare = envelope({ payload: { tasks: [], x: '' } });
      return envelope({ payload: { tasks: [], x: 'x'.repeat(bytes - bare.length) } });
    };
    socket.sendText(padded(32 * 1024));
    expect((await socket.next('error')).payload['code']).toBe('UNKNOWN_FIELD');
    await losingOnlyAConnection(async () => {
      socket.sendText(padded(33 * 1024));
      expect(await socket.closed).toBe(1009);
    });
  });

  it('over 32 KB is not even sent by the SDK', async () => {
    const capability = `cap-${randomUUID()}`;
    const agent = new Agent({ url: muster.ws, apiKey: muster.apiKey, name: capability, capabilities: [capability] });
    const refusals: unknown[] = [];
    agent.handle('*', (_task, context) => {
      try {
        context.chunk('x'.repeat(33 * 1024));
      } catch (error) {
        refusals.push(error);
      }
      return 'done';
    });
    await agent.start();
    const { body } = await muster.call('POST /tasks', { type: 't', requirements: { capabilities: [capability] } });
    await until('the task ends', async () => {
      const task = await muster.call(`GET /tasks/${body.taskId}`);
      return task.body.status === 'SUCCEEDED';
    });
    expect(refusals).toEqual([expect.any(PayloadTooLargeError)]);
    expect(refusals[0]).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', message: expect.stringContaining('32768') });
    expect(agent.isConnected, 'the connection was never at risk').toBe(true);
    await agent.stop();
    await until('the agent is gone', async () => {
      const { body: seen } = await muster.call(`GET /agents/${agent.agentId}`);
      return seen.connected === false;
    });
  });
});

describe('a wrong key', () => {
  const other = (key: string): string => `${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`;

  it.each([
    ['none', () => undefined],
    ['a wrong secret', () => other(muster.apiKey)],
    ['no key at all', () => 'hello'],
    ["another tenant's name", () => muster.apiKey.replace('mst_default', 'mst_stranger')],
    ['an unknown id', () => strangerKey.replace(/_[0-9a-f]{12}_/, '_000000000000_')],
  ])('%s does not open a socket', async (_what, key) => {
    const refused = await changingNothing(() => RawSocket.open(muster.ws, key()).catch((error: unknown) => error));
    expect(refused).toBeInstanceOf(HandshakeRefused);
    expect(refused).toMatchObject({ status: 401 });
  });

  it('is refused over HTTP', async () => {
    const answer = await changingNothing(() =>
      muster.call('POST /tasks', { type: 't' }, { key: other(muster.apiKey) }),
    );
    expect([401, 403]).toContain(answer.status);
  });

  it('stops an SDK agent with a named error', async () => {
    const agent = new Agent({ url: muster.ws, apiKey: other(muster.apiKey), name: 'nobody' });
    await expect(agent.start()).rejects.toMatchObject({ name: 'AuthenticationError' });
  });

  it('a role without the scope is told so', async () => {
    const viewer = await addKey(muster, 'default', 'viewer');
    const answer = await changingNothing(() => muster.call('POST /tasks', { type: 't' }, { key: viewer }));
    expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    const socket = await open(viewer);
    const refused = await changingNothing(() => socket.ask('agent.register', { name: 'sneaky' }));
    expect(refused.payload['code']).toBe('FORBIDDEN');
  });
});

describe("another's things", () => {
  it("an agent's id or name is taken", async () => {
    const owner = await open();
    const { agentId } = await owner.register({ name: 'mine' });
    const thief = await open(await addKey(muster, 'default', 'agent'));
    for (const claim of [
      { name: 'theirs', agentId },
      { name: 'mine' },
      { name: 'mine', agentId: `agt_${randomUUID()}` },
    ]) {
      const { payload } = await changingNothing(() => thief.ask('agent.register', claim));
      expect(payload).toMatchObject({ code: 'AGENT_ID_TAKEN', retryable: false });
    }
    expect((await owner.ask('agent.heartbeat', { tasks: [] })).type, 'the owner is not disturbed').toBe('ack');
    const again = await muster.call(`GET /agents/${agentId}`);
    expect(again.body).toMatchObject({ name: 'mine', connected: true });
  });

  it("another tenant's are answered exactly like none", async () => {
    const owner = await open();
    const { agentId } = await owner.register({ name: 'hidden', capabilities: ['hidden'] });
    const task = await muster.call('POST /tasks', { type: 't', requirements: { capabilities: ['hidden'] } });
    const definition = { mode: 'parallel', name: 'hidden', tasks: [{ id: 'a', type: 't' }] };
    await muster.call('POST /workflows', definition);
    const { body: run } = await muster.call('POST /runs', { workflow: 'hidden' });
    await until(
      'the run works',
      async () => (await muster.call(`GET /runs/${run.runId}`)).body.steps[0].tasks.length > 0,
    );
    const { taskId } = task.body;
    const pairs: readonly (readonly [string, string, string, unknown?])[] = [
      ['GET /tasks/', taskId, ''],
      ['GET /tasks/', taskId, '/explain'],
      ['POST /tasks/', taskId, '/cancel'],
      ['GET /agents/', agentId, ''],
      ['PATCH /agents/', agentId, '', { status: 'inactive' }],
      ['POST /agents/', agentId, '/drain'],
      ['DELETE /agents/', agentId, ''],
      ['GET /runs/', run.runId, ''],
      ['POST /runs/', run.runId, '/cancel'],
      ['GET /workflows/', 'hidden', ''],
      ['GET /workflows/', 'hidden', '/versions/1'],
    ];
    const unknownLike = (id: string): string => (id === 'hidden' ? 'unused' : `${id.slice(0, 4)}${randomUUID()}`);
    const masked = ({ status, contentType, body }: Answer, id: string): string =>
      JSON.stringify({ status, contentType, body }).replaceAll(id, '*');
    await changingNothing(async () => {
      for (const [before, id, after, body] of pairs) {
        const unknown = unknownLike(id);
        const [theirs, none] = await Promise.all([
          muster.call(`${before}${id}${after}`, body, { key: strangerKey }),
          muster.call(`${before}${unknown}${after}`, body, { key: strangerKey }),
        ]);
        expect(theirs, `${before}*${after}`).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
        expect(masked(theirs, id)).toBe(masked(none, unknown));
      }
      const started = await muster.call('POST /runs', { workflow: 'hidden' }, { key: strangerKey });
      expect(started).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
      for (const list of ['tasks', 'agents', 'runs', 'workflows'])
        expect((await muster.call(`GET /${list}`, undefined, { key: strangerKey })).body.items).toEqual([]);
    });
  });

  it("another tenant's are answered exactly like none over a socket", async () => {
    const owner = await open();
    await owner.register({ name: 'secret', capabilities: ['secret'] });
    const { body } = await muster.call('POST /tasks', { type: 't', requirements: { capabilities: ['secret'] } });
    const stranger = await open(strangerKey);
    await stranger.register({ name: 'spy' });
    const ask = async (type: string, taskId: string, more: Record<string, unknown>): Promise<string> => {
      const { type: answered, payload } = await stranger.answerTo(stranger.send(type, { taskId, ...more }));
      return JSON.stringify({ answered, ...payload, id: '' }).replaceAll(taskId, '*');
    };
    await changingNothing(async () => {
      const frames: readonly (readonly [string, Record<string, unknown>])[] = [
        ['watch', {}],
        ['task.cancel', {}],
        ['task.result', { attempt: 1, output: 1 }],
        ['task.fail', { attempt: 1, error: { code: 'X', message: 'x' } }],
        ['task.progress', { attempt: 1, percent: 1 }],
        ['task.accept', { attempt: 1 }],
        ['task.reject', { attempt: 1 }],
      ];
      for (const [type, more] of frames) {
        const theirs = await ask(type, body.taskId, more);
        expect(theirs).toContain('NOT_FOUND');
        expect(theirs).toBe(await ask(type, `tsk_${randomUUID()}`, more));
      }
    });
  });
});

describe('a bad request', () => {
  it.each([
    ['GET /nope', 404, 'NOT_FOUND'],
    ['GET /tasks/no-id', 404, 'NOT_FOUND'],
    ['DELETE /tasks', 405, 'METHOD_NOT_ALLOWED'],
    ['GET /tasks?colour=red', 400, 'UNKNOWN_FIELD'],
  ])('%s is a named problem', async (request, status, code) => {
    const answer = await changingNothing(() => muster.call(request));
    expect(answer).toMatchObject({ status, body: { code, status, title: expect.any(String) } });
    expect(answer.contentType).toBe('application/problem+json');
  });

  it.each<[string, string, unknown, Record<string, unknown>]>([
    ['no JSON', 'POST /tasks', '{"type":', { code: 'INVALID_FIELD', field: 'body' }],
    ['an unknown field', 'POST /tasks', { type: 't', prio: 'high' }, { code: 'UNKNOWN_FIELD', field: 'prio' }],
    ['no type', 'POST /tasks', {}, { code: 'INVALID_FIELD', field: 'type' }],
    [
      'an unknown field of requirements',
      'POST /tasks',
      { type: 't', requirements: { capability: 'x' } },
      { code: 'UNKNOWN_FIELD', field: 'requirements.capability' },
    ],
    [
      'one bad task of a batch',
      'POST /tasks/batch',
      { tasks: [{ type: 't' }, { type: '' }] },
      { code: 'INVALID_FIELD', field: 'tasks.1.type' },
    ],
    [
      'a definition with an unknown field',
      'POST /workflows',
      { mode: 'sequential', name: 'w', steps: [{ id: 'a', type: 't', retries: 3 }] },
      { code: 'UNKNOWN_FIELD', field: 'steps.a.retries' },
    ],
    [
      'a definition with a cycle',
      'POST /workflows',
      {
        mode: 'sequential',
        name: 'w',
        steps: [
          { id: 'a', type: 't', dependsOn: ['b'] },
          { id: 'b', type: 't', dependsOn: ['a'] },
        ],
      },
      { code: 'CYCLE', detail: expect.stringMatching(/a.*b|b.*a/) },
    ],
    [
      'a dependency on nothing',
      'POST /workflows',
      { mode: 'sequential', name: 'w', steps: [{ id: 'a', type: 't', dependsOn: ['z'] }] },
      { code: 'INVALID_DEFINITION' },
    ],
    [
      'a template that names a later step',
      'POST /workflows',
      {
        mode: 'sequential',
        name: 'w',
        steps: [
          { id: 'a', type: 't', input: '{{ steps.b.output }}' },
          { id: 'b', type: 't' },
        ],
      },
      { code: 'INVALID_DEFINITION', field: 'steps.a.input' },
    ],
    [
      'an unknown mode',
      'POST /workflows',
      { mode: 'chaos', name: 'w', tasks: [] },
      { code: 'INVALID_FIELD', field: 'mode' },
    ],
    ['a run of nothing', 'POST /runs', { workflow: 'none' }, { code: 'NOT_FOUND' }],
  ])('%s is refused by name', async (_what, request, body, expected) => {
    const answer = await changingNothing(() => muster.call(request, body));
    expect(answer.body).toMatchObject({ ...expected, retryable: false });
    expect(answer.contentType).toBe('application/problem+json');
    expect(answer.status).toBe(expected['code'] === 'NOT_FOUND' ? 404 : 400);
  });

  it('an oversize one names the limit', async () => {
    const metadata = { note: 'x'.repeat(20_000) };
    const answer = await changingNothing(() => muster.call('POST /tasks', { type: 't', metadata }));
    expect(answer).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE', limit: 12_288, retryable: false } });
  });
});
