import { beforeEach, describe, expect, it } from 'vitest';
import { routes } from '#core/contract/routes.ts';
import { call as callOf } from '../call.ts';
import {
  createWorld,
  frameText,
  type HttpRequest,
  openSocket,
  principal,
  snapshot,
  type TestSocket,
  type World,
} from '../harness.ts';

let world: World;
let client: TestSocket;
let agentId: string;

const ofAgent = routes.filter(({ key }) => key.includes('/v1/agents/{agentId}'));

const call = (key: string, request: HttpRequest) => callOf(world, key, request);
const requestOf = (key: string, name: string): HttpRequest => ({
  params: { agentId: name },
  ...(key.startsWith('PATCH') ? { body: { maxConcurrency: 3 } } : key.endsWith('/stop') ? { body: {} } : {}),
});

beforeEach(async () => {
  world = createWorld();
  const agent = await openSocket(world, principal('agent'));
  client = await openSocket(world, principal('submitter'));
  const [registered] = await agent.send(frameText('agent.register', { name: 'ada' }));
  agentId = String(registered?.payload['agentId']);
  await client.send(frameText('message.send', { messages: [{ id: 'm-1', to: 'ada', content: 'hello' }] }));
});

/** What a route does to an agent that is called so, in a world of its own. */
const answerTo = async (key: string, name: string) => {
  const before = world.ports.table.items();
  const { status, body } = await call(key, requestOf(key, name));
  world.ports.table.load(before);
  return { status, body };
};

describe('an agent is called by its name as by its id', () => {
  it.each(ofAgent.map(({ key }) => key))('%s', async (key) => {
    const byName = await answerTo(key, 'ada');
    const byId = await answerTo(key, agentId);
    expect(byName).toEqual(byId);
    expect(byName.status).not.toBe(404);
  });

  it('and has its mail', async () => {
    expect((await answerTo('GET /v1/agents/{agentId}/mail', 'ada')).body).toMatchObject({
      items: [{ agentId, messages: ['m-1'] }],
    });
  });

  it('and refuses a page of mail behind what is no mail', async () => {
    const params = { agentId: 'ada' };
    expect(await call('GET /v1/agents/{agentId}/mail', { params, query: { cursor: 'é'.repeat(600) } })).toMatchObject({
      status: 400,
      body: { code: 'INVALID_FIELD', field: 'cursor' },
    });
  });

  it.each(ofAgent.map(({ key }) => key))(
    'and no other tenant’s, in the words for one that is not there: %s',
    async (key) => {
      const before = snapshot(world);
      const answers = await Promise.all(
        [principal('admin', 'rival'), principal('admin')].map((who, index) =>
          call(key, { ...requestOf(key, index === 0 ? 'ada' : 'nobody'), who }),
        ),
      );
      expect(answers.map(({ status, body }) => [status, body.code, body.detail])).toEqual([
        [404, 'NOT_FOUND', 'There is no agent ada.'],
        [404, 'NOT_FOUND', 'There is no agent nobody.'],
      ]);
      expect(snapshot(world)).toBe(before);
    },
  );

  it('also by who watches it', async () => {
    const ack = { ack: true };
    const [shown] = await client.send(frameText('watch', { agentId: 'ada' }, ack));
    expect(shown).toMatchObject({ type: 'event', payload: { type: 'agent.state', agentId, data: { name: 'ada' } } });
    const watched = snapshot(world);
    expect(await client.send(frameText('watch', { agentId: 'nobody' }))).toMatchObject([
      { type: 'error', payload: { code: 'NOT_FOUND' } },
    ]);
    expect(snapshot(world)).toBe(watched);
    expect(await client.send(frameText('unwatch', { agentId: 'ada' }, ack))).toMatchObject([{ type: 'ack' }]);
    expect(snapshot(world)).not.toContain('#WATCH#');
  });
});
