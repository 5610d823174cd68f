import { beforeEach, describe, expect, it } from 'vitest';
import { aliases } from '#core/contract/aliases.ts';
import { call as callOf } from '../call.ts';
import { createWorld, frameText, type HttpRequest, openSocket, principal, snapshot, type World } from '../harness.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const call = (key: string, request?: HttpRequest) => callOf(world, key, request);

const agentWithTask = async () => {
  const agent = await openSocket(world, principal('agent'));
  const [registered] = await agent.send(frameText('agent.register', { name: 'ada', maxConcurrency: 2 }));
  const { body } = await call('POST /v1/tasks', { body: { type: 'x' } });
  return { agent, agentId: String(registered?.payload['agentId']), taskId: String(body.taskId) };
};

describe('shutdown', () => {
  it('drains, refuses new work, tells what is left, and opens again', async () => {
    const { agent, taskId } = await agentWithTask();
    expect(await call('POST /v1/system/shutdown')).toMatchObject({
      status: 200,
      body: { isDone: false, agents: { draining: 1, working: 1 }, tasks: { inFlight: 1, queued: 0 }, openRuns: 0 },
    });
    const refused = await call('POST /v1/tasks', { body: { type: 'x' } });
    expect(refused).toMatchObject({ status: 503, body: { code: 'SHUTTING_DOWN', retryable: true } });
    expect(refused.headers['retry-after']).toBe('60');
    const client = await openSocket(world, principal('submitter'));
    expect(await client.send(frameText('task.submit', { task: { type: 'x' } }))).toMatchObject([
      { type: 'error', payload: { code: 'SHUTTING_DOWN' } },
    ]);
    await agent.send(frameText('task.result', { taskId, attempt: 1, output: 'done' }, { seq: 2 }));
    expect((await call('POST /v1/system/shutdown')).body).toMatchObject({ isDone: true, tasks: { inFlight: 0 } });
    expect((await call('GET /v1/system/status')).body).toMatchObject({ state: 'shutting_down' });
    expect((await call('POST /v1/system/initialize')).body).toEqual({
      state: 'open',
      resumedAgents: 1,
      checks: { table: 'ok', index: 'ok' },
    });
    expect((await call('POST /v1/tasks', { body: { type: 'x' } })).body).toMatchObject({ status: 'ASSIGNED' });
  });

  it('concerns the caller’s tenant only', async () => {
    await call('POST /v1/system/shutdown', { who: principal('admin', 'rival') });
    expect((await call('POST /v1/tasks', { body: { type: 'x' } })).status).toBe(201);
  });
});

describe('the fleet in figures', () => {
  it('counts agents and how their tasks came out', async () => {
    const { agent, agentId, taskId } = await agentWithTask();
    await agent.send(frameText('task.result', { taskId, attempt: 1, output: 1 }, { seq: 2 }));
    await call('POST /v1/agents', { body: { name: 'not-here-yet' } });
    await call('POST /v1/tasks', { body: { type: 'x' } });
    await call('POST /v1/tasks', { body: { type: 'x' } });
    expect((await call('GET /v1/agents/stats')).body).toEqual({
      total: 2,
      available: 0,
      busy: 1,
      offline: 1,
      paused: 0,
      slots: { total: 2, free: 0 },
      tasks: { inFlight: 2, ended: 1, succeeded: 1, completionRate: 0.3333, successRate: 1 },
      byType: { x: { ended: 1, succeeded: 1, successRate: 1 } },
      isComplete: true,
    });
    expect((await call('GET /v1/agents/{agentId}/status', { params: { agentId } })).body).toMatchObject({
      state: 'running',
      freeSlots: 0,
      tasks: 2,
    });
  });

  it('shows what a heartbeat told', async () => {
    const { agent, agentId } = await agentWithTask();
    await agent.send(frameText('agent.heartbeat', { tasks: [], metrics: { cpu: 0.4 } }, { seq: 2 }));
    expect((await call('GET /v1/agents/{agentId}', { params: { agentId } })).body.metrics).toEqual({ cpu: 0.4 });
  });
});

describe('an agent made ahead', () => {
  it('belongs to whoever registers it first, and to nobody else after', async () => {
    const draft = { name: 'later', capabilities: ['review'] };
    const made = await call('POST /v1/agents', { body: draft });
    expect(made).toMatchObject({ status: 201, body: { state: 'created', connected: false } });
    expect((await call('POST /v1/agents', { body: draft })).body.agentId).toBe(made.body.agentId);
    expect(await call('POST /v1/agents', { body: { name: 'later' } })).toMatchObject({
      status: 409,
      body: { code: 'ALREADY_EXISTS', field: 'name' },
    });
    const params = { agentId: made.body.agentId };
    expect((await call('PATCH /v1/agents/{agentId}', { params, body: { labels: { zone: 'a' } } })).body.labels).toEqual(
      {
        zone: 'a',
      },
    );
    expect(await call('POST /v1/agents/{agentId}/pause', { params })).toMatchObject({
      status: 409,
      body: { code: 'NOT_REGISTERED' },
    });
    const first = await openSocket(world, principal('agent'));
    expect(await first.send(frameText('agent.register', draft))).toMatchObject([{ payload: params }]);
    const second = await openSocket(world, principal('agent', 'acme', 'key:other'));
    expect(await second.send(frameText('agent.register', draft))).toMatchObject([
      { payload: { code: 'AGENT_ID_TAKEN' } },
    ]);
    expect((await call('DELETE /v1/agents/{agentId}', { params })).status).toBe(204);
  });
});

describe('the queue', () => {
  it('tells what waits, and for what', async () => {
    await call('POST /v1/tasks', { body: { type: 'x', requirements: { capabilities: ['rare'] } } });
    await call('POST /v1/tasks', { body: { type: 'x' } });
    expect((await call('GET /v1/queue/status')).body).toMatchObject({ queued: 2, isExact: true, inFlight: 0 });
    expect((await call('GET /v1/queue/status', { who: principal('viewer', 'rival') })).body).toEqual({
      queued: 0,
      isExact: true,
      inFlight: 0,
      kinds: [],
    });
  });

  it('is cleared of what no agent could ever have, and of what is overdue', async () => {
    await openSocket(world, principal('agent')).then((agent) =>
      agent.send(frameText('agent.register', { name: 'ada', maxConcurrency: 1 })),
    );
    const running = await call('POST /v1/tasks', { body: { type: 'x' } });
    const stuck = await call('POST /v1/tasks', { body: { type: 'x', requirements: { capabilities: ['none'] } } });
    const waiting = await call('POST /v1/tasks', { body: { type: 'x' } });
    world.ports.clock.advance(40_000);
    expect((await call('POST /v1/queue/clear-stuck', { body: { olderThanSeconds: 60 } })).body).toMatchObject({
      cancelled: 0,
    });
    expect((await call('POST /v1/queue/clear-stuck', { body: { olderThanSeconds: 30 } })).body).toMatchObject({
      agents: 1,
      cancelled: 1,
    });
    const statusOf = async ({ body }: { body: { taskId: string } }) =>
      (await call('GET /v1/tasks/{taskId}', { params: { taskId: body.taskId } })).body.status;
    expect([await statusOf(running), await statusOf(stuck), await statusOf(waiting)]).toEqual([
      'ASSIGNED',
      'CANCELLED',
      'QUEUED',
    ]);
  });
});

describe('errors', () => {
  it('are counted by code, type and agent', async () => {
    const { agent, taskId } = await agentWithTask();
    const error = { code: 'BROKEN', message: 'no', retryable: false };
    await agent.send(frameText('task.fail', { taskId, attempt: 1, error }, { seq: 2 }));
    expect((await call('GET /v1/system/errors')).body).toMatchObject({
      total: 1,
      isComplete: true,
      byCode: { BROKEN: 1 },
      byType: { x: 1 },
      byAgent: { ada: 1 },
    });
    expect((await call('GET /v1/system/errors', { who: principal('viewer', 'rival') })).body.total).toBe(0);
  });
});

describe('debug mode', () => {
  it('logs what is asked, not what is in it, and ends by itself', async () => {
    expect((await call('PUT /v1/system/debug', { body: { minutes: 5 } })).body).toMatchObject({ enabled: true });
    await call('POST /v1/tasks', { body: { type: 'x', input: 'secret-input' } });
    await call('GET /v1/tasks/{taskId}', { params: { taskId: 'tsk_00000000-0000-7000-8000-000000000000' } });
    const lines = world.ports.log.lines.filter(({ message }) => message === 'debug').map(({ fields }) => fields);
    expect(lines).toMatchObject([
      { route: 'PUT /v1/system/debug', status: '200' },
      { route: 'POST /v1/tasks', status: '201', principal: 'key:admin', durationMs: 0 },
      { route: 'GET /v1/tasks/{taskId}', status: 'NOT_FOUND' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret-input');
    world.ports.clock.advance(300_000);
    await call('GET /v1/tasks');
    expect(world.ports.log.lines.filter(({ message }) => message === 'debug')).toHaveLength(3);
    expect((await call('GET /v1/system/debug')).body).toEqual({ enabled: false });
  });
});

describe('an Idempotency-Key', () => {
  it('gives the same answer again, for a day, and refuses another request', async () => {
    const { agentId } = await agentWithTask();
    const ask = (action: string) =>
      call(`POST /v1/agents/{agentId}/${action}`, { params: { agentId }, headers: { 'idempotency-key': 'k' } });
    const first = await ask('pause');
    await call('POST /v1/agents/{agentId}/resume', { params: { agentId } });
    const before = snapshot(world);
    const again = await ask('pause');
    expect(again.body).toEqual(first.body);
    expect(await ask('drain')).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_MISMATCH' } });
    expect((await call('GET /v1/agents/{agentId}', { params: { agentId } })).body.state).not.toBe('paused');
    expect(world.ports.table.items().filter(({ sk }) => sk === 'REPLY')).toHaveLength(1);
    expect(before).toContain('REPLY');
  });

  it('is another’s own: two principals never meet under one key', async () => {
    const { agentId } = await agentWithTask();
    const headers = { 'idempotency-key': 'k' };
    const params = { agentId };
    await call('POST /v1/agents/{agentId}/pause', { params, headers });
    const other = await call('POST /v1/agents/{agentId}/drain', { params, headers, who: principal('operator') });
    expect(other).toMatchObject({ status: 200, body: { status: 'draining' } });
  });
});

describe('the documents’ paths', () => {
  it.each(aliases)('$key answers as $route', async ({ key, route }) => {
    const request = (() => {
      if (key.includes('{agentId}')) return { params: { agentId: 'agt_00000000-0000-7000-8000-000000000000' } };
      if (key.includes('{taskId}')) return { params: { taskId: 'tsk_00000000-0000-7000-8000-000000000000' } };
      return key.includes('{name}') ? { params: { name: 'nothing' } } : {};
    })();
    const [byAlias, byRoute] = [await call(key, request), await call(route, request)];
    expect(byAlias.status).toBe(byRoute.status);
    expect(byAlias.body).toEqual(byRoute.body);
  });

  it('are all there', () => expect(aliases.length).toBe(23));
});

describe('workflows', () => {
  const definition = { mode: 'sequential', name: 'w', steps: [{ id: 'a', type: 'x' }] };

  it('are checked without being stored', async () => {
    const before = snapshot(world);
    const dry = await call('POST /v1/workflows', { body: definition, query: { dryRun: 'true' } });
    expect(dry).toMatchObject({
      status: 200,
      body: {
        name: 'w',
        mode: 'sequential',
        definition: { timeoutSeconds: 86_400 },
        steps: [{ step: 'a', type: 'x', tasks: 1 }],
        unserved: [{ step: 'a', reason: 'no_agent' }],
        estimate: { tasks: 1, transitions: 2 },
      },
    });
    const wrong = { ...definition, steps: [{ id: 'a', type: 'x', dependsOn: ['a'] }] };
    expect((await call('POST /v1/workflows', { body: wrong, query: { dryRun: 'true' } })).status).toBe(400);
    expect(snapshot(world)).toBe(before);
  });

  it('list their versions, newest first, and start a run by name', async () => {
    await call('POST /v1/workflows', { body: definition });
    await call('POST /v1/workflows', { body: { ...definition, description: 'second' } });
    const versions = await call('GET /v1/workflows/{name}/versions', { params: { name: 'w' } });
    expect(versions.body.items.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
    expect(await call('POST /v1/workflows/{name}/runs', { params: { name: 'w' }, body: {} })).toMatchObject({
      status: 201,
      body: { workflow: 'w', version: 2 },
    });
  });
});
