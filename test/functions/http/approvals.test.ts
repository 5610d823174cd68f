import { beforeEach, describe, expect, it } from 'vitest';
import { call as callOf } from '../call.ts';
import { createWorld, type HttpRequest, type World } from '../harness.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
const call = (key: string, request?: HttpRequest) => callOf(world, key, request);
const ask = async (): Promise<string> => {
  const { body } = await call('POST /v1/tasks', { body: { kind: 'approval', type: 'ship', approval: {} } });
  return String(body['taskId']);
};

describe('routes of approvals', () => {
  it('lists what is open, takes an answer and says who gave it', async () => {
    const taskId = await ask();
    const open = () => call('GET /v1/approvals', { query: { open: 'true' } });
    expect((await open()).body).toMatchObject({ items: [{ taskId, kind: 'approval', status: 'PENDING' }] });
    const answered = await call('POST /v1/approvals/{taskId}', {
      params: { taskId },
      body: { decision: 'approved', comment: 'go' },
    });
    expect(answered).toMatchObject({
      status: 200,
      body: { status: 'SUCCEEDED', output: { decision: 'approved', comment: 'go', by: 'key:admin' } },
    });
    expect((await open()).body).toMatchObject({ items: [] });
  });

  it.each<[string, unknown, number, string]>([
    ['an answer that is no option', { decision: 'maybe' }, 400, 'INVALID_FIELD'],
    ['an unknown field', { decision: 'approved', because: 'x' }, 400, 'UNKNOWN_FIELD'],
    ['no answer', {}, 400, 'INVALID_FIELD'],
  ])('refuses %s and leaves the approval open', async (_what, body, status, code) => {
    const taskId = await ask();
    const refused = await call('POST /v1/approvals/{taskId}', { params: { taskId }, body });
    expect(refused).toMatchObject({ status, body: { code } });
    expect((await call('GET /v1/approvals', { query: { open: 'true' } })).body).toMatchObject({ items: [{ taskId }] });
  });

  it('knows no approval that is not there', async () => {
    const params = { taskId: 'tsk_00000000-0000-7000-8000-000000000000' };
    const missing = await call('POST /v1/approvals/{taskId}', { params, body: { decision: 'approved' } });
    expect(missing).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});
