import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AwsError } from '../../../../local/contract.ts';
import { echoed, failure, httpApi, route, startWorld, stopGateways } from './harness.ts';

afterEach(stopGateways);

describe('routing', () => {
  const keys = [
    'GET /pets/dog/1',
    'GET /pets/dog/{id}',
    'GET /pets/{proxy+}',
    'ANY /{proxy+}',
    'POST /v1/tasks/{id}/cancel',
    'ANY /v1/tasks/{id}',
    'GET /v1/tasks/{id}',
    '$default',
  ];
  it.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', undefined],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}', { proxy: 'cat/1' }],
    ['POST', '/test/5', 'ANY /{proxy+}', { proxy: 'test/5' }],
    ['GET', '/v1/tasks/tsk_1', 'GET /v1/tasks/{id}', { id: 'tsk_1' }],
    ['PUT', '/v1/tasks/tsk_1', 'ANY /v1/tasks/{id}', { id: 'tsk_1' }],
    ['POST', '/v1/tasks/a/cancel', 'POST /v1/tasks/{id}/cancel', { id: 'a' }],
    ['GET', '/v1/tasks/a%20b%2Fc', 'GET /v1/tasks/{id}', { id: 'a b/c' }],
    ['GET', '/', '$default', undefined],
  ])('sends %s %s to %s', async (method, path, routeKey, pathParameters) => {
    const world = await startWorld({ handler: (event) => event });
    world.gateway.addHttpApi(httpApi(keys.map((key) => route(key))));
    const event = await echoed(await fetch(world.gateway.url + path, { method }));
    expect(event.routeKey).toBe(routeKey);
    expect(event.pathParameters).toEqual(pathParameters);
  });

  it('answers 404 where no route is', async () => {
    const world = await startWorld({});
    world.gateway.addHttpApi(httpApi([route('GET /a')]));
    for (const [method, path] of [
      ['GET', '/b'],
      ['POST', '/a'],
      ['GET', '/a/'],
    ] as const) {
      const response = await fetch(world.gateway.url + path, { method });
      expect([response.status, await response.json()]).toEqual([404, { message: 'Not Found' }]);
    }
  });

  it('puts the name of a named stage first in every path', async () => {
    const world = await startWorld({ handler: (event) => event });
    world.gateway.addHttpApi(
      httpApi([route('GET /a')], { pathPrefix: '/api', stage: { name: 'prod', variables: { color: 'blue' } } }),
    );
    const event = await echoed(await fetch(`${world.gateway.url}/api/prod/a`));
    expect(event).toMatchObject({
      rawPath: '/prod/a',
      requestContext: { stage: 'prod', http: { path: '/prod/a' } },
      stageVariables: { color: 'blue' },
    });
    expect((await fetch(`${world.gateway.url}/api/a`)).status).toBe(404);
  });

  it('refuses a malformed route key and a second API in the same place', async () => {
    const world = await startWorld({});
    expect(() => world.gateway.addHttpApi(httpApi([route('GET a')]))).toThrow('neither "$default" nor');
    expect(() => world.gateway.addHttpApi(httpApi([route('GET /{a+}/b')]))).toThrow('greedy');
    world.gateway.addHttpApi(httpApi([]));
    expect(() => world.gateway.addHttpApi(httpApi([]))).toThrow('Two HTTP APIs');
  });
});

describe('the event of format 2.0', () => {
  it('has exactly the documented fields', async () => {
    const world = await startWorld({ handler: (event) => event });
    world.gateway.addHttpApi(httpApi([route('POST /items/{id}')]));
    const response = await fetch(`${world.gateway.url}/items/7?a=1&a=2&b=x%20y`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Mixed': 'Value',
        'User-Agent': 'agent',
        Cookie: 'one=1; two=2',
        'X-Amzn-Trace-Id': 'Root=1-0-0',
      },
      body: '{"k":"ü"}',
    });
    const event = await echoed(response);
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'POST /items/{id}',
      rawPath: '/items/7',
      rawQueryString: 'a=1&a=2&b=x%20y',
      cookies: ['one=1', 'two=2'],
      headers: expect.objectContaining({
        'content-type': 'application/json',
        'content-length': '10',
        'x-mixed': 'Value',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-amzn-trace-id': 'Root=1-0-0',
      }),
      queryStringParameters: { a: '1,2', b: 'x y' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'httpapi001',
        domainName: 'httpapi001.execute-api.us-east-1.amazonaws.com',
        domainPrefix: 'httpapi001',
        http: { method: 'POST', path: '/items/7', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'agent' },
        requestId: expect.stringMatching(/^[\w-]{15}=$/),
        routeKey: 'POST /items/{id}',
        stage: '$default',
        time: '12/Mar/2026:19:03:58 +0000',
        timeEpoch: Date.UTC(2026, 2, 12, 19, 3, 58),
      },
      body: '{"k":"ü"}',
      pathParameters: { id: '7' },
      isBase64Encoded: false,
    });
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.headers).not.toHaveProperty('connection');
  });

  it.each([
    ['/a%20b/%C3%BC', '/a b/ü'],
    ['/a%3Fb/c', '/a'],
    ['/100%', '/100%'],
  ])('has %s decoded as rawPath, as HTTP APIs do', async (path, rawPath) => {
    const world = await startWorld({ handler: (event) => event.rawPath });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    expect(await (await fetch(world.gateway.url + path)).text()).toBe(rawPath);
  });

  it('comes for a request that offers another protocol, too', async () => {
    const world = await startWorld({ handler: () => 'plain' });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    const socket = connect(world.gateway.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    const [data] = await once(socket, 'data');
    expect(String(data)).toContain('HTTP/1.1 200');
    socket.destroy();
  });

  it('leaves out what a request does not have', async () => {
    const world = await startWorld({ handler: (event) => Object.keys(event).toSorted() });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    expect(await (await fetch(`${world.gateway.url}/x`)).json()).toEqual(
      ['version', 'routeKey', 'rawPath', 'rawQueryString', 'headers', 'requestContext', 'isBase64Encoded'].toSorted(),
    );
  });

  it('joins duplicate headers by a comma', async () => {
    const world = await startWorld({ handler: (event) => event.headers['x-many'] });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    const { request } = await import('node:http');
    const text = await new Promise<string>((resolve) => {
      request(world.gateway.url, { headers: { 'X-Many': ['a', 'b'] } }, (response) => {
        response.on('data', (chunk: Buffer) => resolve(chunk.toString()));
      }).end();
    });
    expect(text).toBe('a,b');
  });

  it.each([
    ['application/json', {}, false],
    ['application/problem+json', {}, false],
    ['text/csv; charset=utf-8', {}, false],
    ['application/octet-stream', {}, true],
    ['application/x-www-form-urlencoded', {}, true],
    ['application/json', { 'content-encoding': 'gzip' }, true],
  ])('hands a body of %s %j over with isBase64Encoded %s', async (contentType, headers, isBase64Encoded) => {
    const world = await startWorld({ handler: (event) => ({ body: event.body, is: event.isBase64Encoded }) });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    const response = await fetch(world.gateway.url, {
      method: 'POST',
      headers: { 'content-type': contentType, ...headers },
      body: 'abc',
    });
    expect(await response.json()).toEqual({ body: isBase64Encoded ? 'YWJj' : 'abc', is: isBase64Encoded });
  });
});

describe('a body without a content type', () => {
  it('is handed over as base64', async () => {
    const world = await startWorld({ handler: (event) => [event.body, event.isBase64Encoded] });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    const response = await fetch(world.gateway.url, { method: 'POST', body: Buffer.from('abc') });
    expect(await response.json()).toEqual(['YWJj', true]);
  });
});

describe('the response of format 2.0', () => {
  const respond = async (payload: unknown) => {
    const world = await startWorld({ handler: () => payload });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    return fetch(world.gateway.url);
  };

  it.each([
    [{ message: 'hi' }, '{"message":"hi"}'],
    ['Hello from Lambda!', 'Hello from Lambda!'],
    [[1, 2], '[1,2]'],
    [null, 'null'],
    [undefined, 'null'],
    [{ body: 'x', headers: {} }, '{"body":"x","headers":{}}'],
  ])('takes %j as the JSON body of a 200', async (payload, text) => {
    const response = await respond(payload);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      text,
    ]);
  });

  it('takes status, headers, cookies and body from an object with statusCode', async () => {
    const response = await respond({
      statusCode: 201,
      headers: { 'X-One': 'a', 'X-Number': 5 },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: 'made',
    });
    expect([response.status, await response.text()]).toEqual([201, 'made']);
    expect(response.headers.get('x-one')).toBe('a');
    expect(response.headers.get('x-number')).toBe('5');
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(response.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
    expect(response.headers.get('apigw-requestid')).toMatch(/^[\w-]{15}=$/);
  });

  it('decodes a base64 body to bytes', async () => {
    const bytes = Buffer.from([0, 255, 128, 10]);
    const response = await respond({ statusCode: 200, isBase64Encoded: true, body: bytes.toString('base64') });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });

  it.each([
    ['a failure', failure],
    ['a status that is no number', { statusCode: 'fine' }],
    ['a body that is no string', { statusCode: 200, body: { a: 1 } }],
    ['a header with a line break', { statusCode: 200, headers: { 'x-bad': 'a\nb' } }],
  ])('answers 500 to %s', async (_name, payload) => {
    const response = await respond(payload);
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  });

  it('answers 500 for a function that is not there and 503 for a throttled one', async () => {
    const world = await startWorld({
      missing: () => {
        throw new AwsError('ResourceNotFoundException', 'no such function', 404);
      },
      busy: () => {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      },
    });
    world.gateway.addHttpApi(httpApi([route('GET /missing', 'missing'), route('GET /busy', 'busy')]));
    expect((await fetch(`${world.gateway.url}/missing`)).status).toBe(500);
    const busy = await fetch(`${world.gateway.url}/busy`);
    expect([busy.status, await busy.json()]).toEqual([503, { message: 'Service Unavailable' }]);
  });

  it('answers 503 when the function has not answered in 30 s', async () => {
    const world = await startWorld({ handler: () => new Promise(() => undefined) });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    const response = fetch(world.gateway.url);
    await world.functions.atLeast('handler', 1);
    world.clock.advance(30_000);
    expect([(await response).status, await (await response).json()]).toEqual([503, { message: 'Service Unavailable' }]);
  });
});

describe('limits', () => {
  it("are AWS's by default: 10 MiB pass, one byte more does not", async () => {
    const world = await startWorld({ handler: (event) => event.body.length });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    const post = (bytes: number) => fetch(world.gateway.url, { method: 'POST', body: 'x'.repeat(bytes) });
    expect(await (await post(10 * 1024 * 1024)).text()).toBe(String(10 * 1024 * 1024));
    expect((await post(10 * 1024 * 1024 + 1)).status).toBe(413);
  });

  it('are shortened by the timeout of an integration', async () => {
    const world = await startWorld({ handler: () => new Promise(() => undefined) });
    const integration = { functionArn: 'handler', payloadFormatVersion: '2.0', timeoutMs: 1000 } as const;
    world.gateway.addHttpApi(httpApi([{ routeKey: '$default', integration }]));
    const response = fetch(world.gateway.url);
    await world.functions.atLeast('handler', 1);
    world.clock.advance(1000);
    expect((await response).status).toBe(503);
  });

  it('takes a payload at the limit and answers 413 to one byte more', async () => {
    const world = await startWorld({ handler: (event) => event.body.length }, { limits: { httpPayloadBytes: 1000 } });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    const post = (body: string | ReadableStream) =>
      fetch(world.gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body,
        ...(typeof body !== 'string' && { duplex: 'half' }),
      });
    expect(await (await post('x'.repeat(1000))).text()).toBe('1000');
    const refused = await post('x'.repeat(1001));
    expect([refused.status, await refused.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
    const streamed = await post(new Blob(['x'.repeat(1001)]).stream());
    expect(streamed.status).toBe(413);
    expect(world.functions.calls).toHaveLength(1);
  });

  it('throttles a route by its token bucket', async () => {
    const world = await startWorld({ handler: () => 'ok' });
    world.gateway.addHttpApi(
      httpApi([route('GET /a'), route('GET /b')], {
        stage: {
          name: '$default',
          throttling: { burstLimit: 2, rateLimit: 1 },
          routeThrottling: { 'GET /b': { burstLimit: 1, rateLimit: 1 } },
        },
      }),
    );
    const status = async (path: string) => (await fetch(world.gateway.url + path)).status;
    expect([await status('/a'), await status('/a'), await status('/a')]).toEqual([200, 200, 429]);
    expect([await status('/b'), await status('/b')]).toEqual([200, 429]);
    world.clock.advance(1000);
    const refused = await Promise.all([fetch(`${world.gateway.url}/a`), fetch(`${world.gateway.url}/a`)]);
    expect(new Set(refused.map((response) => response.status))).toEqual(new Set([200, 429]));
    const throttled = refused.find((response) => response.status === 429);
    expect(await throttled?.json()).toEqual({ message: 'Too Many Requests' });
  });

  it('counts a request per started 512 KB', async () => {
    const world = await startWorld({ handler: () => 'ok' });
    world.gateway.addHttpApi(httpApi([route('$default')]));
    await fetch(world.gateway.url);
    expect(world.counted['http.requests']).toBe(1);
    await fetch(world.gateway.url, { method: 'POST', body: 'x'.repeat(512 * 1024 + 1) });
    expect(world.counted['http.requests']).toBe(3);
  });
});

describe('CORS', () => {
  const cors = {
    allowOrigins: ['https://app.example.com', 'http://*'],
    allowMethods: ['GET', 'POST'],
    allowHeaders: ['authorization', 'content-type'],
    exposeHeaders: ['x-id'],
    maxAgeSeconds: 300,
    allowCredentials: true,
  };
  const start = async () => {
    const world = await startWorld({
      handler: () => ({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'https://mine' }, body: '' }),
    });
    world.gateway.addHttpApi(httpApi([route('GET /a')], { cors }));
    return world;
  };
  const preflight = (url: string, origin: string) =>
    fetch(`${url}/nowhere`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

  it('answers a preflight itself, without a route', async () => {
    const world = await start();
    const response = await preflight(world.gateway.url, 'https://app.example.com');
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '300',
      'access-control-allow-credentials': 'true',
    });
    expect(world.functions.calls).toHaveLength(0);
  });

  it('gives no CORS headers to an origin that is not allowed', async () => {
    const world = await start();
    const response = await preflight(world.gateway.url, 'https://evil.example.com');
    expect(response.status).toBe(204);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('answers * where every origin is allowed', async () => {
    const world = await startWorld({ handler: () => 'ok' });
    world.gateway.addHttpApi(httpApi([route('GET /a')], { cors: { allowOrigins: ['*'] } }));
    const response = await fetch(`${world.gateway.url}/a`, { headers: { origin: 'https://any' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const missing = await fetch(`${world.gateway.url}/b`, { headers: { origin: 'https://any' } });
    expect([missing.status, missing.headers.get('access-control-allow-origin')]).toEqual([404, '*']);
  });

  it('replaces the CORS headers of the function by its own', async () => {
    const world = await start();
    const response = await fetch(`${world.gateway.url}/a`, { headers: { origin: 'http://anything' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('http://anything');
    expect(response.headers.get('access-control-expose-headers')).toBe('x-id');
    const without = await fetch(`${world.gateway.url}/a`);
    expect(without.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('routes OPTIONS when CORS is not configured', async () => {
    const world = await startWorld({ handler: () => 'mine' });
    world.gateway.addHttpApi(httpApi([route('OPTIONS /a')]));
    const response = await fetch(`${world.gateway.url}/a`, {
      method: 'OPTIONS',
      headers: { origin: 'http://x', 'access-control-request-method': 'GET' },
    });
    expect(await response.text()).toBe('mine');
  });
});

describe('access log', () => {
  it('writes one line per request in the format of the stage', async () => {
    const lines: string[] = [];
    const world = await startWorld({ handler: () => 'ok' }, { log: (line) => lines.push(line) });
    world.gateway.addHttpApi(
      httpApi([route('GET /a')], {
        stage: {
          name: '$default',
          accessLog: { format: '$context.httpMethod $context.path $context.status $context.routeKey $context.nothing' },
        },
      }),
    );
    await fetch(`${world.gateway.url}/a`);
    await fetch(`${world.gateway.url}/b`);
    expect(lines).toEqual(['GET /a 200 GET /a -', 'GET /b 404 - -']);
  });
});
