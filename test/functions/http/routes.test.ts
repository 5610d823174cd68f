import { beforeEach, describe, expect, it } from 'vitest';
import { limits } from '#core/contract/limits.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { createAgentsHandler } from '#functions/http/agents.ts';
import { createNotFoundHandler } from '#functions/http/not-found.ts';
import { createPayloadsHandler } from '#functions/http/payloads.ts';
import { createRunsHandler } from '#functions/http/runs.ts';
import { createSpecsHandler } from '#functions/http/specs.ts';
import { createSystemHandler } from '#functions/http/system.ts';
import { createTasksHandler } from '#functions/http/tasks.ts';
import { createWorkflowsHandler } from '#functions/http/workflows.ts';
import {
  callRoute,
  context,
  createWorld,
  frameText,
  type HttpRequest,
  httpEvent,
  openSocket,
  principal,
  snapshot,
  type World,
} from '../harness.ts';

const unknownTask = 'tsk_00000000-0000-7000-8000-000000000000';
const unknownRun = 'run_00000000-0000-7000-8000-000000000000';
const sequential = { mode: 'sequential', name: 'review', steps: [{ id: 'look', type: 'look' }] };

let world: World;

beforeEach(() => {
  world = createWorld();
});

const tasks = (key: string, request?: HttpRequest) => callRoute(createTasksHandler(world.services), key, request);
const agents = (key: string, request?: HttpRequest) => callRoute(createAgentsHandler(world.services), key, request);
const workflows = (key: string, request?: HttpRequest) =>
  callRoute(createWorkflowsHandler(world.services), key, request);
const runs = (key: string, request?: HttpRequest) => callRoute(createRunsHandler(world.services), key, request);

const problem = (status: number, code: string, fields = {}) =>
  expect.objectContaining({
    status,
    headers: expect.objectContaining({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' }),
    body: expect.objectContaining({ type: 'about:blank', status, code, detail: expect.any(String), ...fields }),
  });

describe('a request that is refused', () => {
  it.each<[string, string, HttpRequest, number, string, object]>([
    [
      'an unknown field',
      'POST /v1/tasks',
      { body: { type: 'x', urgency: 1 } },
      400,
      'UNKNOWN_FIELD',
      { field: 'urgency' },
    ],
    [
      'an unknown field in a list',
      'POST /v1/tasks/batch',
      { body: { tasks: [{ type: 'x' }, { type: 'x', retry: { tries: 1 } }] } },
      400,
      'UNKNOWN_FIELD',
      { field: 'tasks.1.retry.tries' },
    ],
    ['a field of the wrong type', 'POST /v1/tasks', { body: { type: 7 } }, 400, 'INVALID_FIELD', { field: 'type' }],
    [
      'a number above its limit',
      'POST /v1/tasks',
      { body: { type: 'x', slotCost: 101 } },
      400,
      'INVALID_FIELD',
      { field: 'slotCost', limit: 100 },
    ],
    ['no body', 'POST /v1/tasks', {}, 400, 'INVALID_FIELD', { field: 'body' }],
    ['a body that is no JSON', 'POST /v1/tasks', { text: '{"type":' }, 400, 'INVALID_FIELD', { field: 'body' }],
    [
      'a body above the limit',
      'POST /v1/tasks',
      { text: `"${'x'.repeat(limits.httpBodyBytes)}"` },
      413,
      'PAYLOAD_TOO_LARGE',
      { field: 'body', limit: limits.httpBodyBytes },
    ],
    ['an unknown query parameter', 'GET /v1/tasks', { query: { page: '2' } }, 400, 'UNKNOWN_FIELD', { field: 'page' }],
    [
      'a limit that is none',
      'GET /v1/tasks',
      { query: { limit: 'many' } },
      400,
      'INVALID_FIELD',
      { field: 'limit', detail: 'limit: must be a number.' },
    ],
    ['an unknown status', 'GET /v1/tasks', { query: { status: 'LOST' } }, 400, 'INVALID_FIELD', { field: 'status' }],
    [
      'an empty idempotency key',
      'POST /v1/tasks',
      { body: { type: 'x' }, headers: { 'idempotency-key': '' } },
      400,
      'INVALID_FIELD',
      { field: 'Idempotency-Key' },
    ],
    [
      'too long an idempotency key',
      'POST /v1/tasks',
      { body: { type: 'x' }, headers: { 'idempotency-key': 'k'.repeat(256) } },
      400,
      'INVALID_FIELD',
      { field: 'Idempotency-Key', limit: 255 },
    ],
    ['an id that names nothing', 'GET /v1/tasks/{taskId}', { params: { taskId: unknownTask } }, 404, 'NOT_FOUND', {}],
    ['an id that can be none', 'GET /v1/tasks/{taskId}', { params: { taskId: '../x' } }, 404, 'NOT_FOUND', {}],
    [
      'a role without the scope',
      'POST /v1/tasks',
      { who: principal('viewer'), body: { type: 'x' } },
      403,
      'FORBIDDEN',
      {},
    ],
    ['a route of another family', 'GET /v1/runs', {}, 404, 'NOT_FOUND', {}],
  ])('%s', async (_what, key, request, status, code, fields) => {
    const before = snapshot(world);
    expect(await tasks(key, request)).toEqual(problem(status, code, fields));
    expect(snapshot(world)).toBe(before);
  });

  it('a request that no authoriser has seen', async () => {
    const event = httpEvent('GET /v1/tasks');
    const answer = await createTasksHandler(world.services)(
      { ...event, requestContext: { ...event.requestContext, authorizer: undefined } },
      context,
    );
    expect(answer.statusCode).toBe(401);
  });

  it('another tenant’s ids, told exactly like unknown ones', async () => {
    const mine = await tasks('POST /v1/tasks', { body: { type: 'x' } });
    const { taskId } = mine.body;
    const rival = principal('admin', 'rival');
    const before = snapshot(world);
    for (const key of ['GET /v1/tasks/{taskId}', 'GET /v1/tasks/{taskId}/explain', 'POST /v1/tasks/{taskId}/cancel']) {
      const theirs = await tasks(key, { who: rival, params: { taskId } });
      const none = await tasks(key, { who: rival, params: { taskId: unknownTask } });
      expect(theirs.status).toBe(404);
      expect(JSON.stringify(theirs).replaceAll(taskId, unknownTask)).toBe(JSON.stringify(none));
    }
    expect(await tasks('GET /v1/tasks', { who: rival })).toMatchObject({ status: 200, body: { items: [] } });
    expect(snapshot(world)).toBe(before);
  });

  it('says when to come back', async () => {
    const services = {
      ...world.services,
      table: { ...world.ports.table, query: () => Promise.reject(new UnavailableError('The table')) },
    };
    const answer = await callRoute(createTasksHandler(services), 'GET /v1/tasks');
    expect(answer).toEqual(problem(503, 'UNAVAILABLE', { retryable: true, retryAfterMs: 1000 }));
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('tells a fault of ours without its words, and logs them with the request id', async () => {
    const services = {
      ...world.services,
      table: { ...world.ports.table, query: () => Promise.reject(new Error('secret-word')) },
    };
    const answer = await callRoute(createTasksHandler(services), 'GET /v1/tasks');
    expect(answer).toEqual(problem(500, 'INTERNAL', { retryable: true }));
    expect(JSON.stringify(answer)).not.toContain('secret-word');
    expect(world.ports.log.lines).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({
          errorMessage: 'secret-word',
          requestId: 'request-1',
          route: 'GET /v1/tasks',
        }),
      }),
    ]);
  });
});

describe('unknown routes', () => {
  const ask = async (method: string, path: string) => {
    const event = httpEvent('$default');
    const requestContext = { ...event.requestContext, http: { ...event.requestContext.http, method } };
    const answer = await createNotFoundHandler(world.services)({ ...event, rawPath: path, requestContext }, context);
    return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body ?? '') };
  };

  it('is 404 for a path that no route has', async () => {
    expect(await ask('GET', '/v1/nothing')).toEqual(problem(404, 'NOT_FOUND'));
    expect(await ask('GET', '/v1/tasks/a/b/c')).toEqual(problem(404, 'NOT_FOUND'));
  });

  it('is 405 for a path that has other methods', async () => {
    expect(await ask('PUT', '/v1/agents/agt_x')).toEqual(problem(405, 'METHOD_NOT_ALLOWED'));
  });
});

describe('tasks', () => {
  it('gives one task and the same reply for one idempotency key, and 422 for another body', async () => {
    const headers = { 'idempotency-key': 'order-7' };
    const first = await tasks('POST /v1/tasks', { headers, body: { type: 'x' } });
    const before = snapshot(world);
    expect(first.status).toBe(201);
    expect(await tasks('POST /v1/tasks', { headers, body: { type: 'x' } })).toEqual(first);
    expect(await tasks('POST /v1/tasks', { headers, body: { type: 'x', input: 2 } })).toEqual(
      problem(422, 'IDEMPOTENCY_MISMATCH'),
    );
    expect(snapshot(world)).toBe(before);
  });

  it('keeps the keys of two principals apart', async () => {
    const headers = { 'idempotency-key': 'order-7' };
    const ofOne = await tasks('POST /v1/tasks', { headers, body: { type: 'x' } });
    const ofTwo = await tasks('POST /v1/tasks', { who: principal('submitter'), headers, body: { type: 'x' } });
    expect(ofTwo.body.taskId).not.toBe(ofOne.body.taskId);
  });

  it('submits a batch in order, and nothing twice', async () => {
    const request = { headers: { 'idempotency-key': 'b' }, body: { tasks: [{ type: 'a' }, { type: 'b' }] } };
    const first = await tasks('POST /v1/tasks/batch', request);
    expect(first.body.items.map(({ type }: { type: string }) => type)).toEqual(['a', 'b']);
    const before = snapshot(world);
    expect(await tasks('POST /v1/tasks/batch', request)).toEqual(first);
    expect(snapshot(world)).toBe(before);
  });

  it('reads, lists, explains and cancels', async () => {
    const { body: task } = await tasks('POST /v1/tasks', { body: { type: 'x' } });
    const params = { taskId: task.taskId };
    expect(await tasks('GET /v1/tasks/{taskId}', { params })).toMatchObject({ status: 200, body: params });
    expect(await tasks('GET /v1/tasks', { query: { limit: '10', status: 'QUEUED' } })).toMatchObject({
      status: 200,
      body: { items: [params] },
    });
    expect(await tasks('GET /v1/tasks/{taskId}/explain', { params })).toMatchObject({ status: 200 });
    const cancelled = { status: 200, body: { ...params, status: 'CANCELLED', error: { message: 'not needed' } } };
    const request = { params, body: { reason: 'not needed' } };
    expect(await tasks('POST /v1/tasks/{taskId}/cancel', request)).toMatchObject(cancelled);
    expect(await tasks('POST /v1/tasks/{taskId}/cancel', { params })).toMatchObject(cancelled);
  });
});

describe('agents', () => {
  const registered = async () => {
    const socket = await openSocket(world, principal('agent'));
    const [answer] = await socket.send(frameText('agent.register', { name: 'ada', capabilities: ['review'] }));
    return { agentId: String(answer?.payload['agentId']) };
  };

  it('lists, changes, pauses, drains, resumes and removes', async () => {
    const params = await registered();
    const list = (query: HttpRequest['query']) => agents('GET /v1/agents', query === undefined ? {} : { query });
    expect((await list({ capability: 'review', available: 'true' })).body.items).toMatchObject([params]);
    expect((await list({ capability: 'cooking' })).body.items).toEqual([]);
    const call = (action: string) => agents(`POST /v1/agents/{agentId}/${action}`, { params });
    expect((await call('pause')).body.state).toBe('paused');
    expect((await list({ available: 'true' })).body.items).toEqual([]);
    expect((await call('drain')).body.status).toBe('draining');
    expect((await call('resume')).body).toMatchObject({ status: 'active', state: 'idle' });
    const changed = await agents('PATCH /v1/agents/{agentId}', { params, body: { maxConcurrency: 9 } });
    expect(changed.body).toMatchObject({ maxConcurrency: 9, freeSlots: 9 });
    expect(await agents('DELETE /v1/agents/{agentId}', { params })).toMatchObject({ status: 204, body: undefined });
    expect((await agents('GET /v1/agents/{agentId}', { params })).status).toBe(404);
  });

  it('changes the version that was seen, and no other', async () => {
    const params = await registered();
    const { headers } = await agents('GET /v1/agents/{agentId}', { params });
    const patch = (etag: string, body: object) =>
      agents('PATCH /v1/agents/{agentId}', { params, body, headers: { 'if-match': etag } });
    const changed = await patch(headers['etag'] ?? '', { maxConcurrency: 2, labels: { region: 'eu' } });
    expect(changed).toMatchObject({ status: 200, body: { maxConcurrency: 2, labels: { region: 'eu' } } });
    expect(changed.headers['etag']).not.toBe(headers['etag']);
    const before = snapshot(world);
    const late = await patch(headers['etag'] ?? '', { maxConcurrency: 9, labels: {} });
    expect(late).toEqual(problem(412, 'PRECONDITION_FAILED', { field: 'If-Match' }));
    expect(await patch('two words', {})).toEqual(problem(400, 'INVALID_FIELD', { field: 'If-Match' }));
    expect(snapshot(world)).toBe(before);
    expect((await patch('*', { status: 'draining' })).status).toBe(200);
    expect(await patch(changed.headers['etag'] ?? '', { labels: {} })).toEqual(problem(412, 'PRECONDITION_FAILED'));
  });

  it('shows and changes nothing of another tenant’s', async () => {
    const params = await registered();
    const who = principal('admin', 'rival');
    const before = snapshot(world);
    for (const key of ['GET /v1/agents/{agentId}', 'DELETE /v1/agents/{agentId}', 'POST /v1/agents/{agentId}/pause'])
      expect((await agents(key, { who, params })).status).toBe(404);
    expect((await agents('PATCH /v1/agents/{agentId}', { who, params, body: { maxConcurrency: 1 } })).status).toBe(404);
    expect(snapshot(world)).toBe(before);
  });
});

describe('workflows and runs', () => {
  it.each<[string, object, string, object]>([
    ['an unknown field', { ...sequential, retries: 3 }, 'UNKNOWN_FIELD', { field: 'retries' }],
    [
      'an unknown field of a step',
      { ...sequential, steps: [{ id: 'look', type: 'look', speed: 1 }] },
      'UNKNOWN_FIELD',
      { field: 'steps.look.speed' },
    ],
    [
      'an unknown field of a step in a group',
      { ...sequential, steps: [{ id: 'both', parallel: [{ id: 'look', type: 'look', speed: 1 }] }] },
      'UNKNOWN_FIELD',
      { field: 'steps.both.parallel.look.speed' },
    ],
    ['a mode that does not exist', { ...sequential, mode: 'chaos' }, 'INVALID_FIELD', { field: 'mode' }],
    [
      'a cycle',
      {
        ...sequential,
        steps: [
          { id: 'a', type: 'x', dependsOn: ['b'] },
          { id: 'b', type: 'x', dependsOn: ['a'] },
        ],
      },
      'CYCLE',
      {},
    ],
  ])('refuses a definition with %s', async (_what, body, code, fields) => {
    const before = snapshot(world);
    expect(await workflows('POST /v1/workflows', { body })).toEqual(problem(400, code, fields));
    expect(snapshot(world)).toBe(before);
  });

  it('stores, reads and lists versions', async () => {
    expect(await workflows('POST /v1/workflows', { body: sequential })).toMatchObject({
      status: 201,
      body: { name: 'review', version: 1 },
    });
    expect((await workflows('POST /v1/workflows', { body: sequential })).body.version).toBe(1);
    const changed = { ...sequential, description: 'newer' };
    expect((await workflows('POST /v1/workflows', { body: changed })).body.version).toBe(2);
    const params = { name: 'review' };
    expect((await workflows('GET /v1/workflows/{name}', { params })).body.version).toBe(2);
    const version = (text: string) =>
      workflows('GET /v1/workflows/{name}/versions/{version}', { params: { ...params, version: text } });
    expect((await version('1')).body.version).toBe(1);
    expect((await version('3')).status).toBe(404);
    expect((await version('one')).status).toBe(404);
    expect((await workflows('GET /v1/workflows')).body.items).toHaveLength(1);
    const who = principal('admin', 'rival');
    expect((await workflows('GET /v1/workflows/{name}', { who, params })).status).toBe(404);
  });

  it('starts a run once for one idempotency key, reads, lists and cancels it', async () => {
    await workflows('POST /v1/workflows', { body: sequential });
    const request = { headers: { 'idempotency-key': 'r' }, body: { workflow: 'review', input: { path: '.' } } };
    const first = await runs('POST /v1/runs', request);
    expect(first).toMatchObject({ status: 201, body: { status: 'RUNNING', mode: 'sequential' } });
    expect((await runs('POST /v1/runs', request)).body.runId).toBe(first.body.runId);
    expect(world.ports.executions.started.size).toBe(1);
    const params = { runId: first.body.runId };
    expect((await runs('GET /v1/runs/{runId}', { params })).body.steps).toHaveLength(1);
    expect((await runs('GET /v1/runs', { query: { status: 'RUNNING' } })).body.items).toHaveLength(1);
    const who = principal('admin', 'rival');
    expect((await runs('GET /v1/runs/{runId}', { who, params })).status).toBe(404);
    expect((await runs('POST /v1/runs/{runId}/cancel', { who, params })).status).toBe(404);
    expect((await runs('POST /v1/runs/{runId}/cancel', { params })).body.status).toBe('CANCELLED');
  });

  it('refuses a run of an unknown workflow, and of an id that is none', async () => {
    expect(await runs('POST /v1/runs', { body: { workflow: 'nothing' } })).toEqual(problem(404, 'NOT_FOUND'));
    for (const runId of [unknownRun, 'run_1'])
      expect((await runs('GET /v1/runs/{runId}', { params: { runId } })).status).toBe(404);
  });
});

describe('descriptions', () => {
  it('are served as they are committed', async () => {
    const handler = createSpecsHandler(world.services);
    expect(await callRoute(handler, 'GET /v1/openapi.json')).toMatchObject({ status: 200, body: { openapi: '3.1.0' } });
    expect(await callRoute(handler, 'GET /v1/asyncapi.json')).toMatchObject({
      status: 200,
      body: { asyncapi: '3.0.0' },
    });
  });
});

describe('payloads and system', () => {
  it('prepares an upload in the caller’s own place', async () => {
    const handler = createPayloadsHandler(world.services);
    const body = { bytes: 5, sha256: 'a'.repeat(64) };
    expect(await callRoute(handler, 'POST /v1/payloads', { body })).toMatchObject({
      status: 201,
      body: { ref: expect.stringMatching(/^acme\//), uploadUrl: expect.any(String), headers: expect.any(Object) },
    });
    const large = { ...body, bytes: limits.payloadBytes + 1 };
    expect(await callRoute(handler, 'POST /v1/payloads', { body: large })).toEqual(
      problem(413, 'PAYLOAD_TOO_LARGE', { field: 'bytes', limit: limits.payloadBytes }),
    );
  });

  it('says that it is well, and when', async () => {
    expect(await callRoute(createSystemHandler(world.services), 'GET /v1/system/health')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { status: 'ok', time: world.ports.clock.now() },
    });
  });
});
