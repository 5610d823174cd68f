import { randomUUID } from 'node:crypto';
import { limits } from '#core/contract/limits.ts';
import { arrange, conflicts, isReusable } from './arrangements.ts';
import type { Described } from './description.ts';
import { AnyObject, bodyOf, type Probe } from './probe.ts';
import { unknownParams } from './unknown-params.ts';
import type { Arrangement } from './world.ts';

type Provocation = (probe: Probe, operation: Described) => Promise<void>;

const huge = `{"x":"${'x'.repeat(limits.httpBodyBytes)}"}`;

const arranged = (probe: Probe, { method, path }: Described): Promise<Arrangement> =>
  arrange(probe.world, method, path);

/** What makes a request another one, where its arrangement does not. */
const differences: Readonly<Record<string, object>> = {
  'POST /v1/tasks': { description: 'another' },
  'POST /v1/keys': { name: 'another' },
  'POST /v1/escalations': { issue: 'another' },
  'POST /v1/system/stop': { reason: 'another' },
  'POST /v1/queue/clear-stuck': { olderThanSeconds: 7 },
  'POST /v1/tenants': { name: 'another' },
  'POST /v1/messages': { number: 7 },
  'POST /v1/conflicts': { type: 'another' },
};

/** What a request names that is not there, where that is no workflow. */
const missing: Readonly<Record<string, object>> = {
  'POST /v1/messages': { messages: [{ id: 'm', to: 'nobody', content: null }] },
  'POST /v1/escalations': { taskId: 'tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f99' },
};

const isOneOfMany = ({ path }: Described): boolean => path.includes('{');

/** Another thing is another request; where one thing serves for all, one that is not there. */
const another = async (probe: Probe, operation: Described, first: Arrangement): Promise<Arrangement> =>
  isOneOfMany(operation) && isReusable(operation.method, operation.path)
    ? { ...first, params: unknownParams(operation.path) }
    : arranged(probe, operation);

const refuseRepeat: Provocation = async (probe, operation) => {
  const headers = { 'idempotency-key': randomUUID() };
  const first = await arranged(probe, operation);
  const difference = differences[operation.key];
  const second = difference === undefined ? await another(probe, operation, first) : first;
  const hasBody = operation.body !== undefined;
  const body = (arrangement: Arrangement, more: object): unknown =>
    hasBody ? bodyOf({ ...AnyObject.parse(operation.example ?? {}), ...more }, arrangement) : undefined;
  await probe.send(operation, { ...first, body: body(first, {}), headers });
  const query = isOneOfMany(operation) || hasBody ? {} : { query: { again: '1' } };
  await probe.send(operation, { ...second, body: body(second, difference ?? {}), headers, ...query });
};

const spend: Provocation = async (probe, operation) => {
  const params = unknownParams(operation.path);
  // The minute may turn in between, and then the first is taken.
  for (let tries = 0; tries < 4; tries++) {
    const { status } = await probe.send(operation, { key: probe.keys.spent, params, body: operation.example });
    if (status === 429) return;
  }
};

/** How each documented refusal is brought about. */
const provocations: Readonly<Record<number, Provocation>> = {
  400: async (probe, operation) => {
    const arrangement = await arranged(probe, operation);
    await probe.send(operation, { ...arrangement, query: { surprise: '1' } });
    if (operation.body !== undefined) await probe.send(operation, { ...arrangement, text: '{"half":' });
    if (operation.query.some(({ name }) => name === 'cursor'))
      await probe.send(operation, { ...arrangement, query: { cursor: 'made-up' } });
  },
  401: async (probe, operation) => void (await probe.send(operation, { isAnonymous: true, body: {} })),
  403: async (probe, operation) => {
    const key = operation.scope === 'tickets:create' ? probe.keys.onlyTasks : probe.keys.onlyTickets;
    await probe.send(operation, { key, params: unknownParams(operation.path), body: operation.example ?? {} });
    await probe.send(operation, { key: `${probe.world.key}x`, body: {} });
  },
  404: async (probe, operation) => {
    const example = isOneOfMany(operation)
      ? operation.example
      : { ...AnyObject.parse(operation.example), ...(missing[operation.key] ?? { workflow: 'nothing' }) };
    const body = operation.body === undefined ? {} : { body: example ?? {} };
    await probe.send(operation, { params: unknownParams(operation.path), ...body });
  },
  409: async (probe, operation) => {
    const conflict = conflicts[operation.key];
    if (conflict === undefined)
      throw new Error(`nothing brings about the 409 of ${operation.key}: add it to conflicts`);
    await probe.send(operation, await conflict(probe.world));
  },
  412: async (probe, operation) => {
    const arrangement = await arranged(probe, operation);
    await probe.send(operation, { ...arrangement, body: operation.example, headers: { 'if-match': '"another"' } });
  },
  413: async (probe, operation) => {
    await probe.send(operation, { ...(await arranged(probe, operation)), text: huge });
  },
  422: refuseRepeat,
  429: spend,
};

/** Brings about every 4xx that an operation documents. Returns those that it never answered. */
export const provokeRefusals = async (probe: Probe, operation: Described): Promise<readonly number[]> => {
  const documented = operation.statuses.filter((status) => status >= 400 && status < 500);
  for (const status of documented) {
    const provoke = provocations[status];
    if (provoke === undefined) throw new Error(`nothing brings about a ${status}: add it to provocations`);
    if (probe.count(operation, status) === 0) await provoke(probe, operation);
  }
  return documented.filter((status) => probe.count(operation, status) === 0);
};
