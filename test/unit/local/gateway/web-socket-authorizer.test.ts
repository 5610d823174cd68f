import { afterEach, describe, expect, it } from 'vitest';
import { failure, open, refusal, startWorld, stopGateways, wsApi, wsRoute } from './harness.ts';

afterEach(stopGateways);

describe('the $connect authoriser', () => {
  const policy = (effect: string, resource: string) => ({
    principalId: 'tenant-1',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
    },
    context: { tenant: 't1' },
  });
  const start = async (authorize: (methodArn: string) => unknown) => {
    const ok = () => ({ statusCode: 200 });
    const world = await startWorld({ connect: ok, handler: ok, authorizer: (event) => authorize(event.methodArn) });
    const authorizer = { functionArn: 'authorizer', identitySources: ['route.request.header.Authorization'] };
    world.gateway.addWebSocketApi(wsApi([wsRoute('$connect', 'connect', { authorizer }), wsRoute('$default')]));
    return world;
  };
  const headers = { authorization: 'Bearer t' };

  it('refuses with 401 without its identity source and is not called', async () => {
    const world = await start(() => policy('Allow', '*'));
    expect(await refusal(world)).toMatchObject({ status: 401, body: { message: 'Unauthorized' } });
    expect(world.functions.calls).toHaveLength(0);
  });

  it.each([
    ['403 on a deny', () => policy('Deny', '*'), 403],
    ['403 on a policy for another route', () => policy('Allow', 'arn:aws:execute-api:*:*:other/*'), 403],
    ['500 on a failure', () => failure, 500],
    ['500 on a simple answer, which WebSocket APIs do not have', () => ({ isAuthorized: true }), 500],
  ])('refuses with %s', async (_name, authorize, status) => {
    const world = await start(authorize);
    expect((await refusal(world, '/ws', headers)).status).toBe(status);
    expect(world.functions.of('connect')).toHaveLength(0);
  });

  it('hands its context to every event of the connection and is asked anew for each', async () => {
    const world = await start((methodArn) => policy('Allow', methodArn));
    const { client } = await open(world, { headers });
    client.send('hello');
    const [event] = await world.functions.atLeast('handler', 1);
    expect(event.requestContext.authorizer).toEqual({ principalId: 'tenant-1', tenant: 't1' });
    const second = await open(world, { headers });
    expect(world.functions.of('authorizer').map((asked) => [asked.type, asked.methodArn])).toEqual(
      Array.from({ length: 2 }, () => [
        'REQUEST',
        'arn:aws:execute-api:us-east-1:000000000000:wsapi00001/prod/$connect',
      ]),
    );
    client.close();
    second.client.close();
  });
});
