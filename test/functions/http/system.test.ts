import { beforeEach, describe, expect, it } from 'vitest';
import { readOpenMetrics } from '#test/support/read-open-metrics.ts';
import { call as callOf } from '../call.ts';
import { createWorld, frameText, type HttpRequest, openSocket, principal, snapshot, type World } from '../harness.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const call = (key: string, request?: HttpRequest) => callOf(world, key, request);
const audited = () => world.ports.log.lines.filter(({ message }) => message === 'audit');

describe('audit', () => {
  it('keeps an operator’s action: who, what, when and on which item', async () => {
    const { body: created } = await call('POST /v1/tasks', { body: { type: 'x' } });
    const taskId: string = created.taskId;
    await call('POST /v1/tasks/{taskId}/cancel', { params: { taskId } });
    const { body } = await call('GET /v1/audit');
    expect(body).toMatchObject({
      items: [
        {
          action: 'POST /v1/tasks/{taskId}/cancel',
          on: { taskId },
          at: expect.any(Number),
          principal: expect.stringContaining('key:'),
        },
      ],
    });
    expect(audited()).toHaveLength(2);
  });

  it('keeps the reason that an operator gave', async () => {
    await call('POST /v1/system/stop', { body: { reason: 'They run amok.' } });
    await call('POST /v1/system/resume');
    const { body } = await call('GET /v1/audit');
    const actions = body.items.map(({ action, reason }: { action: string; reason?: string }) => ({ action, reason }));
    expect(actions).toEqual(
      expect.arrayContaining([
        { action: 'POST /v1/system/stop', reason: 'They run amok.' },
        { action: 'POST /v1/system/resume', reason: undefined },
      ]),
    );
    expect(audited()[0]?.fields).toMatchObject({ action: 'POST /v1/system/stop', reason: 'They run amok.' });
  });

  it('writes a line, not an item, for what agents say, and none for their chatter', async () => {
    const socket = await openSocket(world, principal('agent'));
    await socket.send(frameText('agent.register', { name: 'a' }));
    const before = world.ports.table.items().filter(({ pk }) => String(pk).includes('#AUDIT#'));
    await socket.send(frameText('agent.heartbeat', { tasks: [] }, { seq: 2 }));
    expect(before).toEqual([]);
    expect(audited().map(({ fields }) => fields)).toMatchObject([
      { action: 'agent.register', principal: 'key:agent', tenant: 'acme' },
    ]);
  });

  it('keeps nothing of a refused action', async () => {
    const before = snapshot(world);
    await call('POST /v1/tasks/{taskId}/cancel', { params: { taskId: 'tsk_00000000-0000-7000-8000-000000000000' } });
    expect(snapshot(world)).toBe(before);
    expect(audited()).toEqual([]);
  });

  it('is an operator’s to read', async () => {
    expect(await call('GET /v1/audit', { who: principal('viewer') })).toMatchObject({ status: 403 });
    expect(await call('GET /v1/audit', { query: { day: '2026-02-30' } })).toMatchObject({ status: 400 });
  });
});

describe('settings', () => {
  it('names the strategy of tasks that name none', async () => {
    expect(await call('GET /v1/settings')).toMatchObject({ status: 200, body: {} });
    expect(await call('PUT /v1/settings', { body: { defaultStrategy: 'random' } })).toMatchObject({ status: 200 });
    const socket = await openSocket(world, principal('agent'));
    await socket.send(frameText('agent.register', { name: 'a' }));
    expect(await call('POST /v1/tasks', { body: { type: 'x' } })).toMatchObject({
      body: { decision: { strategy: 'random' } },
    });
    expect(await call('POST /v1/tasks', { body: { type: 'x', strategy: 'round_robin' } })).toMatchObject({
      body: { decision: { strategy: 'round_robin' } },
    });
  });

  it('refuses an unknown strategy or field, and a submitter', async () => {
    expect(await call('PUT /v1/settings', { body: { defaultStrategy: 'best' } })).toMatchObject({
      status: 400,
      body: { field: 'defaultStrategy' },
    });
    expect(await call('PUT /v1/settings', { body: { quota: 1 } })).toMatchObject({ body: { code: 'UNKNOWN_FIELD' } });
    expect(await call('PUT /v1/settings', { who: principal('submitter'), body: {} })).toMatchObject({ status: 403 });
    expect((await call('GET /v1/settings')).body).toEqual({});
  });
});

describe('metrics', () => {
  it('are answered as OpenMetrics, of the caller’s own tenant', async () => {
    const socket = await openSocket(world, principal('agent'));
    await socket.send(frameText('agent.register', { name: 'ann' }));
    const own = await call('GET /v1/system/metrics', { who: principal('viewer') });
    expect(own).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
        'cache-control': 'no-store',
      },
    });
    const agents = (text: string) => readOpenMetrics(text).find(({ name }) => name === 'agent_status')?.samples ?? [];
    expect(agents(own.body)).toMatchObject([{ labels: { status: 'idle' }, value: 1 }]);
    const others = await call('GET /v1/system/metrics', { who: principal('admin', 'rival') });
    expect(agents(others.body)).toEqual([]);
  });
});
