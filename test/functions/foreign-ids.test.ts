import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientFrameType, clientFrames } from '#core/contract/client-frames.ts';
import { frameExamples } from '#core/contract/frame-examples.ts';
import { operations } from '#core/contract/operations/operations.ts';
import { type Route, routes } from '#core/contract/routes.ts';
import { call } from './call.ts';
import { createWorld, frameText, type HttpRequest, openSocket, principal, type World } from './harness.ts';

/** One of each thing that has an id, of the tenant acme. */
interface Things {
  readonly world: World;
  readonly ids: Readonly<Record<string, string>>;
}

const unknown: Readonly<Record<string, string>> = {
  agentId: 'agt_00000000-0000-7000-8000-000000000000',
  taskId: 'tsk_00000000-0000-7000-8000-000000000000',
  runId: 'run_00000000-0000-7000-8000-000000000000',
  keyId: '00000000-0000-7000-8000-000000000000',
  escalation: 'tsk_00000000-0000-7000-8000-000000000001',
  workflow: 'nothing',
  trigger: 'nothing',
  tenant: 'nobody',
  scope: 'nothing',
  conflictId: 'cfl_00000000-0000-7000-8000-000000000000',
  value: 'nothing',
};

/** Which thing a parameter of a path names. */
const thingOf = (path: string, parameter: string): string => {
  if (path.startsWith('/v1/escalations')) return 'escalation';
  if (parameter !== 'name') return parameter;
  if (path.startsWith('/v1/values')) return 'value';
  return path.startsWith('/v1/triggers') ? 'trigger' : 'workflow';
};

const makeThings = async (): Promise<Things> => {
  const world = createWorld();
  const make = async (key: string, body: object) => (await call(world, key, { body })).body;
  const agent = await openSocket(world, principal('agent'));
  const [registered] = await agent.send(frameText('agent.register', { name: 'ada' }));
  const { taskId } = await make('POST /v1/tasks', { type: 'x' });
  await make('POST /v1/workflows', { mode: 'parallel', name: 'mine', tasks: [{ id: 'a', type: 'x' }] });
  const { runId } = await make('POST /v1/runs', { workflow: 'mine' });
  await make('POST /v1/triggers', { name: 'mine', workflow: 'mine', eventPattern: { source: ['x'] } });
  const { keyId } = await make('POST /v1/keys', { name: 'k', role: 'viewer' });
  const { taskId: escalation } = await make('POST /v1/escalations', { severity: 'high', issue: 'x' });
  await make('POST /v1/state', { scope: 'mine', ops: [{ op: 'increment', name: 'x' }] });
  const { conflictId } = await make('POST /v1/conflicts', Object(operations['POST /v1/conflicts'].example?.body));
  await make('POST /v1/values', { scope: 'mine', name: 'mine', value: 1, baseVersion: 0 });
  const agentId = String(registered?.payload['agentId']);
  return {
    world,
    ids: {
      agentId,
      taskId,
      runId,
      keyId,
      escalation,
      conflictId,
      workflow: 'mine',
      trigger: 'mine',
      tenant: 'acme',
      scope: 'mine',
      value: 'mine',
    },
  };
};

const all: readonly Route[] = routes;
const withIds = all.filter(({ key }) => key.includes('{'));
const rival = principal('admin', 'rival');

/** Everything of the tenant whose ids they are. */
const kept = ({ ports }: World): string =>
  JSON.stringify(ports.table.items().filter(({ pk }) => String(pk).startsWith('acme#')));

/** What is asked, with ids that are acme's or nobody's. */
const asked = (key: string, idOf: (thing: string) => string): HttpRequest => {
  const [, path = ''] = key.split(' ');
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const example = Object.entries(operations).find(([name]) => name === key)?.[1].example;
  const numbers = new Map([
    ['attempt', '1'],
    ['version', '1'],
  ]);
  return {
    who: rival,
    params: Object.fromEntries(names.map((name) => [name, numbers.get(name) ?? idOf(thingOf(path, name))])),
    ...(example?.query === undefined ? {} : { query: { ...example.query } }),
    ...(example?.body === undefined ? {} : { body: example.body }),
  };
};

describe('another tenant’s ids over HTTP', () => {
  let things: Things;
  beforeAll(async () => {
    things = await makeThings();
  });

  it.each(withIds)('$key answers them exactly as unknown ones, and changes nothing', async ({ key }) => {
    const { world, ids } = things;
    const used: [string, string][] = [];
    const idOf = (thing: string): string => {
      const id = ids[thing];
      if (id === undefined) throw new Error(`makeThings makes no ${thing} yet`);
      used.push([id, unknown[thing] ?? '']);
      return id;
    };
    const before = kept(world);
    const theirs = await call(world, key, asked(key, idOf));
    const nobodys = await call(
      world,
      key,
      asked(key, (thing) => unknown[thing] ?? ''),
    );
    const renamed = used.reduce((text, [id, other]) => text.replaceAll(id, other), JSON.stringify(theirs));
    expect(theirs.status).toBe(404);
    expect(renamed).toBe(JSON.stringify(nobodys));
    expect(kept(world)).toBe(before);
  });

  it.each(withIds)('$key answers what could be no id exactly as an unknown one', async ({ key }) => {
    const { world } = things;
    const used: string[] = [];
    const nobodys = await call(
      world,
      key,
      asked(key, (thing) => {
        used.push(unknown[thing] ?? '');
        return unknown[thing] ?? '';
      }),
    );
    const malformed = await call(
      world,
      key,
      asked(key, () => 'a#b'),
    );
    const renamed = used.reduce((text, id) => text.replaceAll(id, 'a#b'), JSON.stringify(nobodys));
    expect(JSON.stringify(malformed)).toBe(renamed);
  });

  it('can be reached by their own tenant: it was not the request that was wrong', async () => {
    const { world, ids } = things;
    const reads = withIds.filter(({ key }) => key.startsWith('GET '));
    for (const { key } of reads) {
      const request = { ...asked(key, (thing) => ids[thing] ?? ''), who: principal('admin') };
      expect([key, (await call(world, key, request)).status]).toEqual([key, 200]);
    }
  });
});

const isFrame = (type: string): type is ClientFrameType => Object.hasOwn(clientFrames, type);

/** Frames whose payload names a task, a run or an agent. */
const named = Object.keys(clientFrames)
  .filter(isFrame)
  // Whose position it is is said, not looked up.
  .filter((type) => type !== 'conflict.report')
  .filter((type) => /"(taskId|runId|agentId)"/.test(JSON.stringify(frameExamples[type])));

describe('another tenant’s ids over a socket', () => {
  it.each(named)('%s answers them exactly as unknown ones, and changes nothing', async (type) => {
    const { world, ids } = await makeThings();
    const socket = await openSocket(world, rival);
    await socket.send(frameText('agent.register', { name: 'rival' }));
    const replaced = (idOf: (thing: string) => string): unknown =>
      JSON.parse(
        JSON.stringify(frameExamples[type]).replaceAll(/"(tsk|run|agt)_[0-9a-f-]+"/g, (_whole, prefix: string) => {
          const thing = prefix === 'tsk' ? 'taskId' : prefix === 'run' ? 'runId' : 'agentId';
          return JSON.stringify(idOf(thing));
        }),
      );
    const before = kept(world);
    const theirs = await socket.send(
      frameText(
        type,
        replaced((thing) => ids[thing] ?? ''),
        { seq: 2 },
      ),
    );
    const nobodys = await socket.send(
      frameText(
        type,
        replaced((thing) => unknown[thing] ?? ''),
        { seq: 3 },
      ),
    );
    const plain = (frames: typeof theirs): string =>
      Object.entries(ids).reduce(
        (text, [thing, id]) => text.replaceAll(id, unknown[thing] ?? ''),
        JSON.stringify(frames.map(({ type: answer, payload }) => ({ answer, payload }))),
      );
    expect(plain(theirs)).toBe(plain(nobodys));
    expect(kept(world)).toBe(before);
  });
});
