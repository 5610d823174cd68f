import { evaluate } from '#adapters/expressions/evaluate.ts';
import { expressionsOn } from '#adapters/expressions/expressions.ts';
import type { Key } from '#core/contract/keys.ts';
import type { TasksMessage, TimerMessage } from '#core/contract/messages.ts';
import { Retention } from '#core/contract/retention.ts';
import type { Services } from '#core/services.ts';
import type { Item, Put, Remove, Table, Update, Written } from '#core/table/table.ts';
import {
  createFixedSecrets,
  createFixedTokens,
  createInMemoryPayloads,
  createRecordingSchedules,
} from '#test/support/recording-ports.ts';
import { writeName } from './clause-log.ts';
import type { ExecutionsTwin } from './executions.ts';
import type { Gateway } from './gateway.ts';
import { callPort, type Invocation } from './invocation.ts';
import type { Monitor } from './monitor.ts';
import type { World } from './world.ts';

/** What the ports of one world lead to. */
export interface Backend {
  readonly world: World;
  readonly monitor: Monitor;
  readonly gateway: Gateway;
  readonly executions: ExecutionsTwin;
  readonly payloads: ReturnType<typeof createInMemoryPayloads>;
  sendTasks(message: TasksMessage): void;
  sendTimer(message: TimerMessage, delayMs: number): void;
  publish(detailType: string, detail: Readonly<Record<string, unknown>>): void;
  /** What the stream sees: the image of every write, and the one before … */
  streamed(item: Item, old?: Item): void;
  /** … and the same once for each write, for those to whom the order matters. */
  changed(before: Item | undefined, after: Item): void;
}

const tableFor = (backend: Backend, invocation: Invocation): Table => {
  const { world, monitor } = backend;
  const touches = (key: Key): void => monitor.touches(invocation, key);
  const write = async <Request extends Put | Update | Remove>(
    operation: 'put' | 'update' | 'remove',
    request: Request,
    send: (request: Request) => Promise<Written>,
  ): Promise<Written> => {
    touches(request.key);
    const name = writeName(operation, request);
    return callPort(world, invocation, `table.${operation}`, async () => {
      world.clauses.note(name, request.clauses, monitor.item(request.key));
      const written = await send({ ...request, clauses: world.clauses.pass(name, request.clauses) });
      if (!written.won) {
        world.trace(() => `${invocation.name}/${invocation.number} lost ${name}`);
        return written;
      }
      const after = operation === 'remove' ? undefined : written.item;
      const before = monitor.item(request.key);
      monitor.wrote(invocation, request.key, operation, after);
      if (after !== undefined) backend.streamed(after, before);
      if (after !== undefined) backend.changed(before, after);
      return written;
    });
  };
  return {
    get: (key, options) => {
      touches(key);
      return callPort(world, invocation, 'table.get', () => world.table.get(key, options));
    },
    getMany: (keys, options) => {
      keys.forEach(touches);
      return callPort(world, invocation, 'table.getMany', () => world.table.getMany(keys, options));
    },
    put: (request) => write('put', request, (sent) => world.table.put(sent)),
    update: (request) => write('update', request, (sent) => world.table.update(sent)),
    remove: (request) => write('remove', request, (sent) => world.table.remove(sent)),
    writeMany: (writes) => {
      const keysOf = writes.map((write) => ('put' in write ? write.put.key : write.remove));
      keysOf.forEach(touches);
      return callPort(world, invocation, 'table.writeMany', async () => {
        await world.table.writeMany(writes);
        for (const write of writes)
          if ('put' in write) monitor.wrote(invocation, write.put.key, 'put', { ...write.put.item, ...write.put.key });
          else monitor.wrote(invocation, write.remove, 'remove', undefined);
      });
    },
    query: (request) => {
      touches({ pk: request.partition, sk: '' });
      return callPort(world, invocation, 'table.query', () => world.table.query(request));
    },
  };
};

/** S9: a frame about one tenant's work goes over that tenant's sockets only. */
const checkFrame = (backend: Backend, invocation: Invocation, connectionId: string): void => {
  const owner = backend.gateway.principalOf(connectionId)?.tenant;
  if (invocation.tenant !== undefined && owner !== undefined && owner !== invocation.tenant)
    backend.world.violate(
      'S9 tenants never mix',
      `${invocation.name} of ${invocation.tenant} posts to ${connectionId}`,
    );
};

/** The ports as one handler run reaches them: each call is a moment at which others run, and at which it may fail or die. */
export const servicesFor = (backend: Backend, invocation: Invocation): Services => {
  const { world, monitor, gateway, executions, payloads } = backend;
  const call = <T>(operation: string, effect: () => T | Promise<T>): Promise<T> =>
    callPort(world, invocation, operation, async () => effect());
  return {
    table: tableFor(backend, invocation),
    clock: { now: () => Math.trunc(world.now + invocation.environment.skew) },
    random: { fraction: () => world.handlerChance.fraction(), bytes: () => world.handlerChance.bytes() },
    cache: invocation.environment.cache,
    retention: Retention.parse({}),
    secrets: createFixedSecrets(),
    tokens: createFixedTokens(),
    expressions: expressionsOn(evaluate),
    // Whose it is stands in it.
    vault: { read: (tenant, { id }) => call('vault.read', () => `${id} of ${tenant}`) },
    schedules: createRecordingSchedules(),
    log: {
      info: () => undefined,
      warn: (message, fields) =>
        world.trace(() => `${invocation.name}/${invocation.number} warns: ${message} ${JSON.stringify(fields)}`),
    },
    sockets: {
      post: (connectionId, frame) => {
        checkFrame(backend, invocation, connectionId);
        return call('sockets.post', () => gateway.post(connectionId, frame));
      },
      close: (connectionId) => call('sockets.close', () => gateway.close(connectionId)),
    },
    queues: {
      sendTasks: (_tenant, messages) =>
        call('queues.sendTasks', () => messages.forEach((message) => backend.sendTasks(message))),
      sendEffect: (key) =>
        call('queues.sendEffect', () => {
          const item = monitor.item(key);
          if (item !== undefined) backend.streamed(item);
        }),
      sendTimer: (message, delaySeconds) =>
        call('queues.sendTimer', () => backend.sendTimer(message, delaySeconds * 1000)),
    },
    executions: {
      start: (request) => call('executions.start', () => executions.start(request)),
      stop: (arn, reason) => call('executions.stop', () => executions.stop(arn, reason)),
      status: (arn) => call('executions.status', () => executions.status(arn)),
      succeed: (token, output) => call('executions.succeed', () => executions.answer(token, { output })),
      fail: (token, error) => call('executions.fail', () => executions.answer(token, { error })),
    },
    events: {
      publish: ({ detailType, detail }) => call('events.publish', () => backend.publish(detailType, detail)),
    },
    payloads: {
      put: (ref, text) =>
        call('payloads.put', () => {
          monitor.payloads.set(ref, text);
          return payloads.put(ref, text);
        }),
      get: (ref) => call('payloads.get', () => payloads.get(ref)),
      readUrl: (ref) => call('payloads.readUrl', () => payloads.readUrl(ref)),
      uploadUrl: (ref, content) => call('payloads.uploadUrl', () => payloads.uploadUrl(ref, content)),
    },
  };
};
