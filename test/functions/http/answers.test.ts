import { beforeEach, describe, expect, it } from 'vitest';
import { createAnswersHandler } from '#functions/http/answers.ts';
import { createTasksHandler } from '#functions/http/tasks.ts';
import { callRoute, context, createWorld, type HttpRequest, httpEvent, snapshot, type World } from '../harness.ts';

let world: World;
let taskId: string;

const call = (key: string, request?: HttpRequest) => callRoute(createTasksHandler(world.services), key, request);

/** As the gateway hands over a request of somebody without a key. */
const visit = async (method: 'GET' | 'POST', token: string, request: HttpRequest = {}) => {
  const event = httpEvent(`${method} /v1/answers/{token}`, { params: { token }, ...request });
  const { authorizer: _none, ...requestContext } = event.requestContext;
  return createAnswersHandler(world.services)({ ...event, requestContext }, context);
};

const post = (token: string, fields: Record<string, string>) =>
  visit('POST', token, {
    text: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
  });

const link = async (fields: object = {}): Promise<string> => {
  const { status, body } = await call('POST /v1/approvals/{taskId}/links', {
    params: { taskId },
    body: { for: 'ada', ...fields },
    headers: { host: 'api.example', 'x-forwarded-proto': 'https' },
  });
  expect({ status, body }).toMatchObject({ status: 201, body: { for: 'ada', expiresAt: expect.any(Number) } });
  expect(String(body['url'])).toMatch(/^https:\/\/api\.example\/v1\/answers\/[0-9a-f]{40,}$/);
  return String(body['url']).split('/').at(-1) ?? '';
};

beforeEach(async () => {
  world = createWorld();
  const input = { note: '<script>alert(1)</script>' };
  const asked = await call('POST /v1/tasks', { body: { kind: 'approval', type: 'ship', input } });
  taskId = String(asked.body['taskId']);
});

const status = async (): Promise<string> =>
  String((await call('GET /v1/tasks/{taskId}', { params: { taskId } })).body['status']);

describe('a link to an approval', () => {
  it('shows what is asked to whoever opens it, answers nothing by that, and escapes what others wrote', async () => {
    const token = await link();
    const before = snapshot(world);
    for (let looks = 0; looks < 3; looks++) {
      const { statusCode, headers, body = '' } = await visit('GET', token);
      expect(statusCode).toBe(200);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      expect(body).toContain('ada');
      expect(body).toContain('value="approved"');
      expect(body).toContain('&lt;script&gt;');
      expect(body).not.toContain('<script>');
    }
    expect(snapshot(world)).toBe(before);
  });

  it('takes one answer, as that of the person it is for', async () => {
    const token = await link();
    const taken = await post(token, { decision: 'approved', comment: 'go' });
    expect(taken).toMatchObject({ statusCode: 200, body: expect.stringContaining('Thank you') });
    const task = await call('GET /v1/tasks/{taskId}', { params: { taskId } });
    expect(task.body).toMatchObject({
      status: 'SUCCEEDED',
      output: { decision: 'approved', comment: 'go', by: 'link:ada' },
    });
    for (const decision of ['approved', 'denied']) expect((await post(token, { decision })).statusCode).toBe(404);
    expect((await visit('GET', token)).statusCode).toBe(404);
  });

  it('is taken as JSON too, and lets one of two at once in', async () => {
    const token = await link();
    const say = (decision: string) => visit('POST', token, { body: { decision } });
    const answers = await Promise.all([say('approved'), say('denied')]);
    expect(answers.map(({ statusCode }) => statusCode).toSorted((one, two) => one - two)).toEqual([200, 404]);
  });

  it('is not valid with one bit changed, after its time, or when nobody made it: all told alike', async () => {
    const token = await link({ expiresInSeconds: 60 });
    const shape = (text = ''): string => text.replaceAll(/[0-9a-f]{40,}/g, '');
    const flipped = [0, 17, token.length - 1].map((at) => {
      const digit = (Number.parseInt(token[at] ?? '0', 16) ^ 1).toString(16);
      return token.slice(0, at) + digit + token.slice(at + 1);
    });
    const before = snapshot(world);
    const wrong = [...flipped, 'x', '', '../keys', token.toUpperCase()];
    const refused = await Promise.all(wrong.map((one) => post(one, { decision: 'approved' })));
    world.ports.clock.advance(60_000);
    refused.push(await post(token, { decision: 'approved' }), await visit('GET', token));
    expect(new Set(refused.slice(0, -1).map(({ statusCode, body }) => `${statusCode} ${shape(body)}`)).size).toBe(1);
    expect(refused.every(({ statusCode }) => statusCode === 404)).toBe(true);
    expect(snapshot(world)).toBe(before);
    expect(await status()).toBe('PENDING');
  });

  it('takes only the answer that it was made for, and what is an option', async () => {
    const token = await link({ decision: 'approved' });
    expect((await visit('GET', token)).body).not.toContain('value="denied"');
    const others: readonly Record<string, string>[] = [{ decision: 'denied' }, { decision: 'maybe' }, {}];
    for (const fields of others) expect((await post(token, fields)).statusCode).toBe(400);
    expect(await status()).toBe('PENDING');
    expect((await post(token, { decision: 'approved' })).statusCode).toBe(200);
  });

  it('says it when the approval was answered otherwise', async () => {
    const token = await link();
    await call('POST /v1/approvals/{taskId}', { params: { taskId }, body: { decision: 'denied' } });
    expect((await post(token, { decision: 'approved' })).statusCode).toBe(409);
  });

  it('is kept as a hash, and its token is in no log and no audit', async () => {
    const token = await link();
    await post(token, { decision: 'approved' });
    const kept = JSON.stringify([world.ports.table.items(), world.ports.log.lines]);
    expect(kept).not.toContain(token);
    expect(kept).toContain('POST /v1/answers/{token}');
  });

  it('is made for an option of an open approval of this tenant only', async () => {
    const make = (body: object, params = { taskId }) => call('POST /v1/approvals/{taskId}/links', { params, body });
    expect((await make({ for: 'ada', decision: 'maybe' })).body).toMatchObject({ code: 'INVALID_FIELD' });
    expect((await make({ for: 'ada', expiresInSeconds: 1 })).body).toMatchObject({ code: 'INVALID_FIELD' });
    const unknown = { taskId: 'tsk_00000000-0000-7000-8000-000000000000' };
    expect((await make({ for: 'ada' }, unknown)).body).toMatchObject({ code: 'NOT_FOUND' });
    await call('POST /v1/approvals/{taskId}', { params: { taskId }, body: { decision: 'denied' } });
    expect((await make({ for: 'ada' })).body).toMatchObject({ code: 'ALREADY_TERMINAL' });
  });
});
