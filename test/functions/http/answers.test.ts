import { beforeEach, describe, expect, it } from 'vitest';
import { sweep } from '#core/sweep/sweep.ts';
import { createAnswersHandler } from '#functions/http/answers.ts';
import { call as callOf } from '../call.ts';
import { context, createWorld, type HttpRequest, httpEvent, snapshot, type World } from '../harness.ts';

let world: World;
let taskId: string;

const call = (key: string, request?: HttpRequest) => callOf(world, key, request);

/** As the gateway hands over a request of somebody without a key. */
const answerEvent = (method: 'GET' | 'HEAD' | 'POST', token: string, request: HttpRequest = {}) => {
  const event = httpEvent(`${method} /v1/answers/{token}`, { params: { token }, ...request });
  const { authorizer: _none, ...requestContext } = event.requestContext;
  return { ...event, requestContext };
};

const visit = async (...asked: Parameters<typeof answerEvent>) =>
  createAnswersHandler(world.services)(answerEvent(...asked), context);

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

  it('is not valid once its approval is forgotten, in the same words, and names nothing of it', async () => {
    const token = await link();
    const other = await visit('GET', 'f'.repeat(64));
    world.ports.table.load(world.ports.table.items().filter(({ sk }) => sk !== 'TASK'));
    const before = snapshot(world);
    for (const answer of [await visit('GET', token), await post(token, { decision: 'approved' })])
      expect([answer.statusCode, answer.body]).toEqual([404, other.body]);
    expect(snapshot(world)).toBe(before);
  });

  it('takes only the answer that it was made for, and what is an option', async () => {
    const token = await link({ decision: 'approved' });
    expect((await visit('GET', token)).body).not.toContain('value="denied"');
    const others: readonly Record<string, string>[] = [{ decision: 'denied' }, { decision: 'maybe' }, {}];
    for (const fields of others) expect((await post(token, fields)).statusCode).toBe(400);
    expect(await status()).toBe('PENDING');
    expect((await post(token, { decision: 'approved' })).statusCode).toBe(200);
  });

  it('says how the approval has ended, asks nothing any more, and refuses an answer', async () => {
    const token = await link();
    await call('POST /v1/approvals/{taskId}', { params: { taskId }, body: { decision: 'denied' } });
    const asked = await visit('GET', token);
    expect(asked.statusCode).toBe(200);
    expect(asked.body).toMatch(/has ended.*denied/s);
    expect(asked.body).not.toMatch(/<button|<form/);
    const late = await post(token, { decision: 'approved' });
    expect({ status: late.statusCode, type: late.headers['content-type'] }).toMatchObject({ status: 409 });
    expect(late.headers['content-type']).toContain('text/html');
    expect((await visit('GET', token)).body).toMatch(/has ended/);
  });

  it('says that nobody answered, which is no denial, and keeps what is answered then aside', async () => {
    const token = await link();
    world.ports.clock.advance(901_000);
    await sweep(world.services);
    expect(await status()).toBe('TIMED_OUT');
    const asked = await visit('GET', token);
    expect(asked.body).toContain('Nobody answered in time');
    expect(asked.body).not.toMatch(/<button|denied/);
    for (let times = 0; times < 2; times++) expect((await post(token, { decision: 'approved' })).statusCode).toBe(409);
    const { body } = await call('GET /v1/tasks/{taskId}', { params: { taskId } });
    expect(body).toMatchObject({ status: 'TIMED_OUT', lateAnswers: [{ decision: 'approved', by: 'link:ada' }] });
    const json = await visit('GET', token, { headers: { accept: 'application/json' } });
    expect(JSON.parse(json.body ?? '')).toMatchObject({ state: 'expired', decisions: [] });
  });

  it('says which decision was taken when nobody answered, and that it is nobody’s; or that it was called off', async () => {
    const chain = { contacts: [{ name: 'ada', answerWithinSeconds: 10 }], defaultDecision: 'approved' };
    const approval = { chain };
    const asked = await call('POST /v1/tasks', { body: { kind: 'approval', type: 'ship', approval } });
    taskId = String(asked.body['taskId']);
    const token = await link();
    world.ports.clock.advance(61_000);
    await sweep(world.services);
    expect((await visit('GET', token)).body).toMatch(/Nobody answered in time.*approved/s);

    const second = await call('POST /v1/tasks', { body: { kind: 'approval', type: 'ship' } });
    taskId = String(second.body['taskId']);
    const other = await link();
    await call('POST /v1/tasks/{taskId}/cancel', { params: { taskId }, body: {} });
    expect((await visit('GET', other)).body).toContain('called off');
  });

  it('answers a program in JSON and a browser with a page, whatever comes of it', async () => {
    const types = async (headers: Record<string, string>, token: string): Promise<string> => {
      const isForm = headers['content-type'] !== undefined;
      const text = isForm ? 'decision=approved' : '{"decision":"approved"}';
      const answer = await visit('POST', token, { text, headers });
      return `${answer.statusCode} ${answer.headers['content-type']?.split(';')[0]}`;
    };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    expect(await types({ ...form, accept: browser }, 'x')).toBe('404 text/html');
    expect(await types(form, 'x')).toBe('404 text/html');
    expect(await types({ ...form, accept: 'application/json' }, 'x')).toBe('404 application/problem+json');
    expect(await types({ accept: '*/*' }, 'x')).toBe('404 application/problem+json');
    expect(await types({ ...form, accept: 'application/json;q=0.5, text/html;q=0.1' }, 'x')).toBe(
      '404 application/problem+json',
    );
    const token = await link();
    const read = await visit('GET', token, { headers: { accept: 'application/json' } });
    expect(JSON.parse(read.body ?? '')).toEqual({
      for: 'ada',
      type: 'ship',
      input: { note: '<script>alert(1)</script>' },
      state: 'open',
      decisions: ['approved', 'denied'],
      endsAt: expect.any(Number),
    });
    const taken = await visit('POST', token, { body: { decision: 'approved' } });
    expect(taken.headers['content-type']).toBe('application/json');
    expect(JSON.parse(taken.body ?? '')).toMatchObject({ decision: 'approved', by: 'link:ada' });
  });

  it('refuses what it does not know by name, and spends nothing', async () => {
    const token = await link();
    const before = snapshot(world);
    const refusalOf = async (request: HttpRequest) => {
      const { statusCode, body = '' } = await visit('POST', token, request);
      const { code, field } = JSON.parse(body);
      return { statusCode, code, field };
    };
    const accept = { accept: 'application/json' };
    expect(await refusalOf({ body: { decision: 'approved', by: 'eve' } })).toEqual({
      statusCode: 400,
      code: 'UNKNOWN_FIELD',
      field: 'by',
    });
    const form = { ...accept, 'content-type': 'application/x-www-form-urlencoded' };
    const fields = { text: 'decision=approved&by=eve', headers: form };
    expect(await refusalOf(fields)).toMatchObject({ code: 'UNKNOWN_FIELD', field: 'by' });
    const twice = { text: 'decision=approved&decision=denied', headers: form };
    expect(await refusalOf(twice)).toMatchObject({ code: 'INVALID_FIELD', field: 'decision' });
    expect(await refusalOf({ text: '{"decision":' })).toMatchObject({ code: 'INVALID_FIELD', field: 'body' });
    expect(await refusalOf({})).toMatchObject({ code: 'INVALID_FIELD' });
    for (const sent of [{ comment: 'hm' }, { '{"decision": "appr': '' }])
      expect(await post(token, sent)).toMatchObject({
        statusCode: 400,
        body: expect.stringContaining('No decision came. It must be one of the answers'),
      });
    const huge = { body: { decision: 'approved', comment: 'x'.repeat(70_000) } };
    expect(await refusalOf(huge)).toMatchObject({ statusCode: 413, code: 'PAYLOAD_TOO_LARGE' });
    expect(snapshot(world)).toBe(before);
  });

  it('answers HEAD as GET, without a body', async () => {
    const token = await link();
    const head = await visit('HEAD', token);
    expect(head).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(head.body).toBeUndefined();
    expect(await visit('HEAD', 'x')).toMatchObject({ statusCode: 404 });
    expect(await status()).toBe('PENDING');
  });

  it('reads nothing for what has not the form of a token', async () => {
    const reads: string[] = [];
    const { table } = world.services;
    const services = {
      ...world.services,
      table: {
        ...table,
        get: async (key: Parameters<typeof table.get>[0]) => {
          reads.push(key.pk);
          return table.get(key);
        },
      },
    };
    for (const token of ['x', 'a'.repeat(63), 'A'.repeat(64), '../keys'])
      expect((await createAnswersHandler(services)(answerEvent('GET', token), context)).statusCode).toBe(404);
    expect(reads).toEqual([]);
  });

  it('is the same link under the same Idempotency-Key and credential, and told from another request', async () => {
    const make = async (body: object, headers: Record<string, string>) =>
      call('POST /v1/approvals/{taskId}/links', { params: { taskId }, body, headers });
    const named = { 'idempotency-key': 'once', authorization: 'Bearer mst_acme_k_0123' };
    const first = await make({ for: 'ada' }, named);
    world.ports.clock.advance(5000);
    expect(await make({ for: 'ada' }, named)).toMatchObject({ status: 201, body: first.body });
    expect((await make({ for: 'ben' }, named)).body).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    const others = [{}, { ...named, 'idempotency-key': 'two' }, { ...named, authorization: 'Bearer mst_acme_k_4567' }];
    const urls = await Promise.all(others.map(async (headers) => (await make({ for: 'ada' }, headers)).body['url']));
    expect(new Set([...urls, first.body['url']]).size).toBe(4);
    const kept = JSON.stringify(world.ports.table.items());
    expect(kept).not.toContain(String(first.body['url']).split('/').at(-1));
    expect(kept).not.toContain('mst_acme');
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
    expect((await make({ for: 'ada', expiresInSeconds: 0 })).body).toMatchObject({ code: 'INVALID_FIELD' });
    const unknown = { taskId: 'tsk_00000000-0000-7000-8000-000000000000' };
    expect((await make({ for: 'ada' }, unknown)).body).toMatchObject({ code: 'NOT_FOUND' });
    await call('POST /v1/approvals/{taskId}', { params: { taskId }, body: { decision: 'denied' } });
    expect((await make({ for: 'ada' })).body).toMatchObject({ code: 'ALREADY_TERMINAL' });
  });
});
