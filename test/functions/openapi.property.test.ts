import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Described, ServedDescription } from './surface/description.ts';
import { SurfacePlatform } from './surface/platform.ts';
import { Probe } from './surface/probe.ts';
import { provokeRefusals } from './surface/provoke.ts';
import { tryTaken, tryWild, wanted } from './surface/try-taken.ts';
import { SurfaceWorld } from './surface/world.ts';

const Created = z.looseObject({ key: z.looseObject({ apiKey: z.string() }) });

let world: SurfaceWorld;
let probe: Probe;
/** Another tenant, without agents: generated tasks would take all that those of the first have. */
let crowd: Probe;

const newTenant = async (tenant: string, quotas: object = {}): Promise<string> =>
  Created.parse((await world.call('POST /tenants', { tenant, quotas })).body).key.apiKey;

beforeAll(async () => {
  const platform = new SurfacePlatform();
  world = new SurfaceWorld(platform, await platform.bootstrapKey());
  const served = new ServedDescription((await world.call('GET /openapi.json')).body);
  const keyWith = async (scope: string): Promise<string> =>
    String((await world.call('POST /keys', { name: scope, role: 'admin', scopes: [scope] })).body.apiKey);
  probe = new Probe(platform, world, served, {
    spent: await newTenant('spent', { requestsPerMinute: 1 }),
    onlyTickets: await keyWith('tickets:create'),
    onlyTasks: await keyWith('tasks:read'),
  });
  crowd = probe.as(new SurfaceWorld(platform, await newTenant('crowd')));
});

/** What changes how the whole tenant is dealt with, or takes from others what they have: at last. */
const last = ['/settings', '/clear-stuck', '/redrive', '/initialize', '/shutdown', '/system/stop', '/system/resume'];
const isLast = ({ key }: Described): boolean => last.some((end) => key.endsWith(end));

const submitting = ['POST /v1/tasks', 'POST /v1/tasks/batch'];

const reopen = async ({ key }: Described): Promise<void> => {
  if (key.endsWith('/shutdown')) await world.call('POST /system/initialize');
  if (key.endsWith('/system/stop')) await world.call('POST /system/resume');
};

const check = async (operation: Described): Promise<readonly string[]> => {
  const asker = submitting.includes(operation.key) ? crowd : probe;
  // One that nobody can do yet answers 501, and is refused like the others.
  const isDone = operation.statuses.some((status) => status < 300);
  const taken = isDone ? await tryTaken(asker, operation) : wanted;
  await tryWild(asker, operation);
  await reopen(operation);
  const missing = await provokeRefusals(asker, operation);
  await reopen(operation);
  return [
    ...(taken < wanted ? [`${operation.key}: only ${taken} answers of 2xx`] : []),
    ...missing.map((status) => `${operation.key}: never answered ${status}`),
  ];
};

describe('every operation of the served description', () => {
  it('answers generated requests as described: enough of them with 2xx, and each 4xx that it documents', async () => {
    const operations = probe.served.operations.toSorted((one, other) => Number(isLast(one)) - Number(isLast(other)));
    const unmet: string[] = [];
    for (const operation of operations) unmet.push(...(await check(operation)));
    process.stdout.write(`${probe.shares()}\n`);
    expect(unmet).toEqual([]);
  }, 120_000);
});
