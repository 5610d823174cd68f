import type { SQSEvent } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { listActions } from '#core/audit/record-action.ts';
import { TenantId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { createDispatchHandler } from '#functions/queue/dispatch.ts';
import { createEffectsHandler } from '#functions/queue/effects.ts';
import { createTimersHandler } from '#functions/queue/timers.ts';
import { createTriggerHandler } from '#functions/queue/trigger.ts';
import { createDisconnectHandler } from '#functions/websocket/disconnect.ts';
import { context, createWorld, frameText, openSocket, principal, snapshot, type World } from '../harness.ts';

const acme = TenantId.parse('acme');
const definition = WorkflowDefinition.parse({
  mode: 'sequential',
  name: 'review',
  steps: [{ id: 'look', type: 'look' }],
});

let world: World;

beforeEach(async () => {
  world = createWorld();
  await putWorkflow(world.services, acme, definition);
});

/** Messages as a queue hands them over; texts as they are, anything else as JSON. */
const sqsEvent = (...bodies: readonly unknown[]): SQSEvent => ({
  Records: bodies.map((body, index) => ({
    messageId: `m-${index}`,
    receiptHandle: 'r',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 's',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:q',
    awsRegion: 'eu-west-1',
  })),
});

const failures = (...ids: readonly string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});

const runRequested = (id: string, detail: object) => ({
  version: '0',
  id,
  'detail-type': 'muster.run.requested',
  source: 'shop',
  account: '123456789012',
  time: '2026-01-01T00:00:00Z',
  region: 'eu-west-1',
  resources: [],
  detail,
});

describe('trigger', () => {
  const trigger = (...bodies: readonly unknown[]) => createTriggerHandler(world.services)(sqsEvent(...bodies), context);

  it('starts the run that an event asks for, once for all its deliveries', async () => {
    const event = runRequested('e-1', { tenant: 'acme', workflow: 'review', input: { path: '.' } });
    expect(await trigger(event)).toEqual(failures());
    expect(await trigger(event, event)).toEqual(failures());
    expect(world.ports.executions.started.size).toBe(1);
    await trigger({ ...event, id: 'e-2' });
    expect(world.ports.executions.started.size).toBe(2);
  });

  it.each([
    ['no JSON', '{', 'not JSON'],
    ['an unknown field', runRequested('e', { tenant: 'acme', workflow: 'review', speed: 1 }), 'detail.speed'],
    ['no tenant', runRequested('e', { workflow: 'review' }), 'detail.tenant'],
    ['an event without an id', { ...runRequested('e', {}), id: '', 'detail-type': 'x' }, 'id'],
    ['a schedule without a trigger', { kind: 'schedule', tenant: 'acme', id: 't', time: 't' }, 'trigger'],
    [
      'a rule without a workflow',
      { kind: 'rule', rule: 'r', tenant: 'acme', event: runRequested('e', {}) },
      'workflow',
    ],
  ])('reports %s alone, with its reason in the log, and starts the rest', async (_what, bad, reason) => {
    const good = runRequested('e-good', { tenant: 'acme', workflow: 'review' });
    expect(await trigger(bad, good)).toEqual(failures('m-0'));
    expect(world.ports.executions.started.size).toBe(1);
    const line = world.ports.log.lines.find(({ message }) => message === 'message failed');
    expect(line?.fields).toMatchObject({ messageId: 'm-0', attempt: 1, errorMessage: expect.stringContaining(reason) });
  });
});

describe('trigger, for a run that can never start', () => {
  const trigger = (...bodies: readonly unknown[]) => createTriggerHandler(world.services)(sqsEvent(...bodies), context);

  it('tells the tenant’s audit and the bus, once for all deliveries, and is done with the message', async () => {
    const bad = runRequested('e', { tenant: 'rival', workflow: 'review', version: 3 });
    const good = runRequested('e-good', { tenant: 'acme', workflow: 'review' });
    expect(await trigger(bad, good)).toEqual(failures());
    expect(await trigger(bad)).toEqual(failures());
    expect(world.ports.executions.started.size).toBe(1);
    const dayMs = Date.parse('2026-01-01T00:00:00Z');
    const { items } = await listActions(world.services, TenantId.parse('rival'), { dayMs, limit: 10 });
    expect(items).toEqual([
      {
        at: dayMs,
        principal: 'trigger:muster.run.requested',
        role: 'submitter',
        action: 'run.refused',
        on: {
          workflow: 'review',
          event: 'e',
          code: 'NOT_FOUND',
          message: expect.stringContaining('workflow version review'),
        },
      },
    ]);
    const told = world.ports.events.published.filter(({ detailType }) => detailType === 'RunRefused');
    expect(new Set(told.map(({ detail }) => detail['id'])).size).toBe(1);
    expect(told[0]?.detail).toMatchObject({
      tenant: 'rival',
      workflow: 'review',
      version: 3,
      startedBy: { kind: 'event', name: 'muster.run.requested', eventId: 'e' },
      error: { code: 'NOT_FOUND' },
      timestamp: dayMs,
    });
  });

  it('tries again what may come out differently', async () => {
    const table = { ...world.services.table, get: () => Promise.reject(new UnavailableError('The table')) };
    const deaf = createTriggerHandler({ ...world.services, table });
    expect(await deaf(sqsEvent(runRequested('e', { tenant: 'acme', workflow: 'review' })), context)).toEqual(
      failures('m-0'),
    );
  });
});

describe('trigger, for events that nobody named a run in', () => {
  const trigger = (...bodies: readonly unknown[]) => createTriggerHandler(world.services)(sqsEvent(...bodies), context);
  const event = { ...runRequested('e-1', { tenant: 'acme', n: 7 }), 'detail-type': 'OrderPlaced' };

  it('starts what a rule of the stack asks for, and what a schedule is due for, each once', async () => {
    const rule = {
      kind: 'rule',
      rule: 'r',
      tenant: 'acme',
      workflow: 'review',
      inputTemplate: '{{ event.detail.n }}',
      event,
    };
    await trigger(rule, rule);
    expect(world.ports.executions.started.size).toBe(1);
    expect(await trigger({ kind: 'schedule', tenant: 'acme', trigger: 'gone', id: 't', time: 't' })).toEqual(
      failures(),
    );
    expect(world.ports.executions.started.size).toBe(1);
  });

  it('starts nothing for an event that no trigger matches', async () => {
    expect(await trigger(event)).toEqual(failures());
    expect(world.ports.executions.started.size).toBe(0);
  });
});

describe('dispatch', () => {
  const dispatch = (...bodies: readonly unknown[]) =>
    createDispatchHandler(world.services)(sqsEvent(...bodies), context);
  const runId = async (): Promise<string> => {
    await createTriggerHandler(world.services)(
      sqsEvent(runRequested('e', { tenant: 'acme', workflow: 'review' })),
      context,
    );
    const [started] = world.ports.executions.started.values();
    return started?.runId ?? '';
  };

  it('creates a stage’s tasks, once for all deliveries of its message', async () => {
    const message = { kind: 'stage', tenant: 'acme', runId: await runId(), stage: 0, taskToken: 'token' };
    expect(await dispatch(message)).toEqual(failures());
    const tasks = () => world.ports.table.items().filter(({ sk }) => sk === 'TASK');
    expect(tasks()).toHaveLength(1);
    expect(await dispatch(message)).toEqual(failures());
    expect(tasks()).toHaveLength(1);
  });

  it('ends what is left of a stage', async () => {
    const run = { tenant: 'acme', runId: await runId(), stage: 0 };
    await dispatch({ kind: 'stage', ...run, taskToken: 'token' });
    expect(await dispatch({ kind: 'cancel', ...run, reason: 'not needed' })).toEqual(failures());
    expect(world.ports.table.items().find(({ sk }) => sk === 'TASK')).toMatchObject({ status: 'CANCELLED' });
  });

  it('reports what it cannot read, and changes nothing for it', async () => {
    const before = snapshot(world);
    const bodies = ['', '[]', '{"kind":"party"}', { kind: 'chunk', tenant: 'acme' }];
    expect(await dispatch(...bodies)).toEqual(failures('m-0', 'm-1', 'm-2', 'm-3'));
    expect(snapshot(world)).toBe(before);
  });
});

describe('timers', () => {
  const timers = (...bodies: readonly unknown[]) => createTimersHandler(world.services)(sqsEvent(...bodies), context);

  const registered = async () => {
    const agent = await openSocket(world, principal('agent'));
    const [answer] = await agent.send(frameText('agent.register', { name: 'ada' }));
    const timer = { kind: 'reconnect-grace', tenant: 'acme', agentId: answer?.payload['agentId'], epoch: 1 };
    return { agent, timer };
  };

  it('leaves an agent that is connected alone, however often its grace ends', async () => {
    const { timer } = await registered();
    const before = snapshot(world);
    expect(await timers(timer, timer)).toEqual(failures());
    expect(snapshot(world)).toBe(before);
  });

  it('takes the tasks of an agent that did not come back, once', async () => {
    const { agent, timer } = await registered();
    const client = await openSocket(world, principal('submitter'));
    await client.send(frameText('task.submit', { task: { type: 'x' } }));
    await createDisconnectHandler(world.services)({ requestContext: { connectionId: agent.connectionId } }, context);
    const task = () => world.ports.table.items().find(({ sk }) => sk === 'TASK');
    expect(task()).toMatchObject({ status: 'ASSIGNED', attempt: 1 });
    world.ports.clock.advance(10_000);
    expect(await timers(timer)).toEqual(failures());
    expect(task()?.['status']).not.toBe('ASSIGNED');
    const before = snapshot(world);
    expect(await timers(timer)).toEqual(failures());
    expect(snapshot(world)).toBe(before);
  });

  it('reports a timer of an unknown kind', async () => {
    expect(await timers({ kind: 'egg' })).toEqual(failures('m-0'));
  });
});

describe('effects', () => {
  it('delivers the effects of the item that a message names, and lets a gone one go', async () => {
    const client = await openSocket(world, principal('submitter'));
    await client.send(frameText('task.submit', { task: { type: 'x', publishEvent: true } }));
    const task = world.ports.table.items().find(({ sk }) => sk === 'TASK');
    await client.send(frameText('task.cancel', { taskId: task?.['taskId'] }));
    const { published } = world.ports.events;
    const before = published.length;
    const effects = createEffectsHandler(world.services);
    const gone = keys.task('acme', 'tsk_gone');
    expect(await effects(sqsEvent({ pk: task?.['pk'], sk: 'TASK' }, gone), context)).toEqual(failures());
    expect(published).toHaveLength(before + 1);
    expect(published.at(-1)).toMatchObject({ detailType: 'TaskCompleted', detail: { status: 'CANCELLED' } });
  });

  it('reports a message that names no item', async () => {
    expect(await createEffectsHandler(world.services)(sqsEvent({ pk: 'x' }), context)).toEqual(failures('m-0'));
  });
});
