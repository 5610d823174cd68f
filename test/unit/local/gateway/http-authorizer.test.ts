import { afterEach, describe, expect, it } from 'vitest';
import type { HttpAuthorizerSpec } from '../../../../local/gateway/spec.ts';
import { echoed, failure, type GatewayEvent, httpApi, route, startWorld, stopGateways } from './harness.ts';

afterEach(stopGateways);

const authorizerSpec = (more: Partial<HttpAuthorizerSpec> = {}): HttpAuthorizerSpec => ({
  functionArn: 'authorizer',
  resultTtlSeconds: 300,
  identitySources: ['$request.header.Authorization'],
  payloadFormatVersion: '2.0',
  simpleResponses: true,
  ...more,
});

const start = async (authorize: (event: GatewayEvent) => unknown, more: Partial<HttpAuthorizerSpec> = {}) => {
  const world = await startWorld({ authorizer: authorize, handler: (event) => event });
  const authorizer = authorizerSpec(more);
  world.gateway.addHttpApi(
    httpApi(
      [
        { ...route('GET /a'), authorizer },
        { ...route('GET /b/{id}'), authorizer },
      ],
      { stage: { name: '$default', variables: { color: 'blue' } } },
    ),
  );
  const get = (path: string, authorization?: string) =>
    fetch(world.gateway.url + path, { headers: authorization === undefined ? {} : { authorization } });
  return { world, get };
};

const policyFor = (resource: string, effect = 'Allow') => ({
  principalId: 'p',
  policyDocument: {
    Version: '2012-10-17',
    Statement: { Action: 'execute-api:Invoke', Effect: effect, Resource: resource },
  },
  context: { tenant: 't1' },
});

describe('HTTP API authorisers', () => {
  it('answer 401 without the identity source and are not called', async () => {
    const { world, get } = await start(() => ({ isAuthorized: true }));
    const response = await get('/a');
    expect([response.status, await response.json()]).toEqual([401, { message: 'Unauthorized' }]);
    expect(world.functions.calls).toHaveLength(0);
  });

  it('are called with the request in format 2.0', async () => {
    const { world, get } = await start(() => ({ isAuthorized: true }));
    await get('/b/7', 'secret');
    const [event] = world.functions.of('authorizer');
    expect(event).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn:aws:execute-api:us-east-1:000000000000:httpapi001/$default/GET/b/7',
      identitySource: ['secret'],
      routeKey: 'GET /b/{id}',
      rawPath: '/b/7',
      pathParameters: { id: '7' },
      stageVariables: { color: 'blue' },
    });
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('isBase64Encoded');
  });

  it('hand their context to the function', async () => {
    const { get } = await start(() => ({ isAuthorized: true, context: { tenant: 't1', roles: ['a'] } }));
    const event = await echoed(await get('/a', 'secret'));
    expect(event.requestContext.authorizer).toEqual({ lambda: { tenant: 't1', roles: ['a'] } });
  });

  it('answer 403 when denied', async () => {
    const { world, get } = await start(() => ({ isAuthorized: false }));
    const response = await get('/a', 'secret');
    expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }]);
    expect(world.functions.of('handler')).toHaveLength(0);
  });

  it.each([
    ['a failure', failure],
    ['an answer of another shape', { allowed: true }],
    ['no answer', undefined],
  ])('answer 500 on %s', async (_name, answer) => {
    const { get } = await start(() => answer);
    const response = await get('/a', 'secret');
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  });

  it('are asked once per identity until the TTL is over, for all routes and denials too', async () => {
    const { world, get } = await start((event) => ({ isAuthorized: event.identitySource?.[0] === 'good' }));
    expect((await get('/a', 'good')).status).toBe(200);
    expect((await get('/b/1', 'good')).status).toBe(200);
    expect((await get('/a', 'bad')).status).toBe(403);
    expect((await get('/a', 'bad')).status).toBe(403);
    expect(world.functions.of('authorizer')).toHaveLength(2);
    world.clock.advance(299_999);
    await get('/a', 'good');
    expect(world.functions.of('authorizer')).toHaveLength(2);
    world.clock.advance(1);
    await get('/a', 'good');
    expect(world.functions.of('authorizer')).toHaveLength(3);
  });

  it('are asked for every request with a TTL of 0 and after a failure', async () => {
    const { world, get } = await start(() => ({ isAuthorized: true }), { resultTtlSeconds: 0 });
    await get('/a', 'x');
    await get('/a', 'x');
    expect(world.functions.of('authorizer')).toHaveLength(2);
    const broken = await start(() => failure);
    await broken.get('/a', 'x');
    await broken.get('/a', 'x');
    expect(broken.world.functions.of('authorizer')).toHaveLength(2);
  });

  it('keep results per route when the route key is an identity source', async () => {
    const { world, get } = await start(() => ({ isAuthorized: true }), {
      identitySources: ['$request.header.Authorization', '$context.routeKey', '$stageVariables.color'],
    });
    await get('/a', 'x');
    await get('/b/1', 'x');
    await get('/b/2', 'x');
    expect(world.functions.of('authorizer').map((event) => event.identitySource)).toEqual([
      ['x', 'GET /a', 'blue'],
      ['x', 'GET /b/{id}', 'blue'],
    ]);
  });

  it('take an identity from the query string, case-sensitively', async () => {
    const { get } = await start(() => ({ isAuthorized: true }), { identitySources: ['$request.querystring.token'] });
    expect((await get('/a?token=x')).status).toBe(200);
    expect((await get('/a?Token=x')).status).toBe(401);
    expect((await get('/a?token=')).status).toBe(401);
  });

  it('may return an IAM policy, which is evaluated for each route even from the cache', async () => {
    const { world, get } = await start(() => policyFor('arn:aws:execute-api:*:*:httpapi001/$default/GET/b/*'), {
      simpleResponses: false,
    });
    expect((await get('/b/1', 'x')).status).toBe(200);
    expect((await get('/a', 'x')).status).toBe(403);
    const event = await echoed(await get('/b/2', 'x'));
    expect(event.requestContext.authorizer).toEqual({ lambda: { tenant: 't1' } });
    expect(world.functions.of('authorizer')).toHaveLength(1);
  });

  it('answer 403 on an explicit deny and 500 on a policy with a condition', async () => {
    const denied = await start(() => policyFor('*', 'Deny'), { simpleResponses: false });
    expect((await denied.get('/a', 'x')).status).toBe(403);
    const policy = policyFor('*');
    const conditional = await start(
      () => ({
        ...policy,
        policyDocument: { Statement: [{ ...policy.policyDocument.Statement, Condition: {} }] },
      }),
      { simpleResponses: false },
    );
    expect((await conditional.get('/a', 'x')).status).toBe(500);
  });
});
