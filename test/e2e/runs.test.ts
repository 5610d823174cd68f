import { randomUUID } from 'node:crypto';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeExecutionCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Json } from '#core/contract/json.ts';
import { Client } from '#sdk/client.ts';
import { Fleet, stepsOf } from './support/fleet.ts';
import type { Muster } from './support/start-muster.ts';
import { until } from './support/until.ts';

let fleet: Fleet;
let muster: Muster;

beforeAll(async () => {
  fleet = await Fleet.start();
  muster = fleet.muster;
  // One agent for each capability, so that every step of a workflow is another agent's.
  const capabilities = ['double', 'add', 'fail', 'fill', 'echo', 'hang'];
  await Promise.all(capabilities.map((capability) => fleet.begin(capability, 1, { slots: 10 })));
});
afterAll(() => fleet?.stop());

const step = (id: string, capability: string, input?: unknown, more: Record<string, unknown> = {}) => ({
  id,
  type: capability,
  requirements: { capabilities: [capability] },
  ...(input === undefined ? {} : { input }),
  ...more,
});

/** Stores a workflow under a name of its own. */
const define = async (definition: Record<string, unknown>): Promise<string> => {
  const { status, body } = await fleet.define(definition);
  expect({ status, version: body.version }).toEqual({ status: 201, version: 1 });
  return body.name;
};

const start = async (workflow: string, input?: unknown): Promise<string> => {
  const { body } = await muster.call('POST /runs', { workflow, ...(input === undefined ? {} : { input }) });
  expect(body.runId).toMatch(/^run_/);
  return body.runId;
};

const view = (runId: string) => fleet.view(runId);
const ended = (runId: string) => fleet.ended(runId);

const runItem = async (runId: string): Promise<Record<string, unknown>> => {
  const item = (await muster.items()).find((text) => text.includes(`#RUN#${runId}`) && text.includes('"sk":"RUN"'));
  return z.record(z.string(), z.unknown()).parse(JSON.parse(item ?? '{}'));
};
const executionStatus = async (runId: string): Promise<string | undefined> => {
  const client = new SFNClient(muster.aws);
  const executionArn = String((await runItem(runId))['executionArn']);
  const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
  client.destroy();
  return status;
};
const executionEnds = (runId: string) =>
  until('the execution ends', async () => {
    const status = await executionStatus(runId);
    return status === 'RUNNING' ? undefined : status;
  });

const sequential = {
  mode: 'sequential',
  steps: [
    step('first', 'double', { value: '{{ input.n }}' }),
    step('second', 'add', '{{ steps.first.output }}'),
    step('third', 'double', {
      value: '{{ steps.second.output.value }}',
      note: 'after {{ steps.second.output.value }}',
    }),
  ],
};

describe('a sequential workflow', () => {
  it('hands outputs from agent to agent, in order', async () => {
    const runId = await start(await define(sequential), { n: 5 });
    const run = await ended(runId);
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { value: 22 }, mode: 'sequential' });
    expect(stepsOf(run)).toEqual({ first: 'SUCCEEDED', second: 'SUCCEEDED', third: 'SUCCEEDED' });
    const tasks = run.steps.map((one: { tasks: unknown[] }) => one.tasks[0]);
    expect(tasks.map(({ agentName }: { agentName: string }) => agentName)).toEqual(['double-0', 'add-0', 'double-0']);
    for (const [earlier, later] of [
      [tasks[0], tasks[1]],
      [tasks[1], tasks[2]],
    ])
      expect(later.createdAt).toBeGreaterThanOrEqual(earlier.endedAt);
    const third = await muster.call(`GET /tasks/${tasks[2].taskId}`);
    expect(third.body).toMatchObject({ input: { value: 11, note: 'after 11' }, runId, step: 'third' });
    expect(await executionEnds(runId)).toBe('SUCCEEDED');
  });

  it('stops at a step that fails, and says which', async () => {
    const steps = [step('first', 'double', { value: 1 }), step('second', 'fail'), step('third', 'add', { value: 1 })];
    const runId = await start(await define({ mode: 'sequential', steps }));
    const run = await ended(runId);
    expect(run).toMatchObject({
      status: 'FAILED',
      error: { code: 'STEP_FAILED', message: expect.stringContaining('second') },
    });
    const { taskId } = run.steps[1].tasks[0];
    expect(run.error.failedTask).toMatchObject({ step: 'second', taskId, code: 'CANNOT' });
    expect(stepsOf(run)).toEqual({ first: 'SUCCEEDED', second: 'FAILED', third: 'SKIPPED' });
    expect(run.steps[1].tasks[0].error).toMatchObject({ code: 'CANNOT' });
    expect(await executionEnds(runId)).toBe('FAILED');
  });

  it('fans a step out over a list', async () => {
    const steps = [
      step('each', 'double', { value: '{{ item.n }}', at: '{{ index }}' }, { forEach: '{{ input.list }}' }),
      step('last', 'add', { value: '{{ steps.each.outputs.3.value }}' }),
    ];
    const list = [1, 2, 3, 4].map((n) => ({ n }));
    const output = { all: '{{ steps.each.outputs }}', last: '{{ steps.last.output.value }}' };
    const run = await ended(await start(await define({ mode: 'sequential', steps, output }), { list }));
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: { all: [{ value: 2 }, { value: 4 }, { value: 6 }, { value: 8 }], last: 9 },
    });
    expect(run.steps[0].tasks).toHaveLength(4);
  });

  it('fans out over an empty list', async () => {
    const steps = [step('each', 'double', '{{ item }}', { forEach: '{{ input.list }}' })];
    const run = await ended(await start(await define({ mode: 'sequential', steps }), { list: [] }));
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: [] });
  });

  it('fails by name when what forEach names is no list', async () => {
    const steps = [step('each', 'double', '{{ item }}', { forEach: '{{ input.list }}' })];
    const run = await ended(await start(await define({ mode: 'sequential', steps }), { list: 'none' }));
    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringContaining('list') } });
  });
});

describe('outputs of 200 KB', () => {
  it('pass from step to step and come back whole', async () => {
    const steps = [
      step('grow', 'fill', { bytes: 200_000 }),
      step('same', 'echo', { whole: '{{ steps.grow.output }}', size: '{{ steps.grow.output.bytes }}' }),
    ];
    const run = await ended(await start(await define({ mode: 'sequential', steps })));
    expect(run.status).toBe('SUCCEEDED');
    expect(run.output.$payload.bytes).toBeGreaterThan(200_000);
    const output = Json.parse(await (await fetch(run.output.$payload.url)).json());
    expect(output).toEqual({ whole: { bytes: 200_000, text: 'x'.repeat(200_000) }, size: 200_000 });
    const client = new Client({ url: muster.http, socketUrl: muster.ws, apiKey: muster.apiKey });
    expect((await client.getRun(run.runId)).output).toEqual(output);
    const outcome = await client.submitAndWait({
      type: 'echo',
      input: output,
      requirements: { capabilities: ['echo'] },
    });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', output });
    client.close();
  });

  it('that cannot be had end the run by name', async () => {
    const workflow = await define({ mode: 'sequential', steps: [step('a', 'echo', '{{ input.x }}')] });
    const $payload = { ref: `default/${randomUUID()}`, bytes: 100_000, sha256: 'a'.repeat(64) };
    const run = await ended(await start(workflow, { $payload }));
    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.any(String) } });
  });
});

describe('a parallel workflow', () => {
  it('works on all tasks at once', async () => {
    const tasks = [step('a', 'double', { value: 1 }), step('b', 'add', { value: 1 })];
    const run = await ended(await start(await define({ mode: 'parallel', tasks })));
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { a: { value: 2 }, b: { value: 2 } } });
  });

  it('is decided as soon as its rule is, and what is left is cancelled', async () => {
    const tasks = [step('a', 'double', { value: 1 }), step('slow', 'hang')];
    const runId = await start(await define({ mode: 'parallel', tasks, completion: 'any' }));
    expect(await ended(runId)).toMatchObject({ status: 'SUCCEEDED' });
    const slow = await until('the rest is cancelled', async () => {
      const run = await view(runId);
      return stepsOf(run)['slow'] === 'CANCELLED' ? run : undefined;
    });
    expect(stepsOf(slow)['a']).toBe('SUCCEEDED');
    await until('the slot is free', async () => {
      const { body } = await muster.call('GET /agents?capability=hang');
      return body.items[0].tasks.length === 0;
    });
  });

  it('fails when its rule can no longer be met', async () => {
    const tasks = [step('a', 'double', { value: 1 }), step('b', 'fail'), step('c', 'fail')];
    const runId = await start(await define({ mode: 'parallel', tasks, completion: 'majority' }));
    expect(await ended(runId)).toMatchObject({ status: 'FAILED' });
    expect(await executionEnds(runId)).toBe('FAILED');
  });
});

describe.concurrent('a task that lasts too long', () => {
  it('ends at its deadline in a sequential workflow, and what comes after never begins', async () => {
    const steps = [step('slow', 'hang', null, { timeoutSeconds: 2 }), step('next', 'add', { value: 1 })];
    const run = await ended(await start(await define({ mode: 'sequential', steps })));
    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringContaining('slow') } });
    expect(stepsOf(run)).toMatchObject({ next: 'SKIPPED' });
    expect(run.steps[0].tasks[0].error.code).toMatch(/DEADLINE/);
  });

  it('ends at its deadline in a parallel workflow, and what the others did is kept', async () => {
    const tasks = [step('a', 'double', { value: 1 }), step('slow', 'hang', null, { timeoutSeconds: 2 })];
    const run = await ended(await start(await define({ mode: 'parallel', tasks })));
    expect(run).toMatchObject({ status: 'FAILED', error: { message: expect.stringContaining('slow') } });
    expect(stepsOf(run)).toMatchObject({ a: 'SUCCEEDED' });
    expect(run.steps[1].tasks[0].error.code).toMatch(/DEADLINE/);
  });
});

describe('a run', () => {
  it('is cancelled with everything it has begun', async () => {
    const runId = await start(await define({ mode: 'parallel', tasks: [step('a', 'hang'), step('b', 'hang')] }));
    await until('both work', async () =>
      (await view(runId)).steps.every((one: { status: string }) => ['ASSIGNED', 'RUNNING'].includes(one.status)),
    );
    const cancelled = await muster.call(`POST /runs/${runId}/cancel`, { reason: 'enough' });
    expect(cancelled.body).toMatchObject({ status: 'CANCELLED', error: { message: 'enough' } });
    expect(stepsOf(await view(runId))).toEqual({ a: 'CANCELLED', b: 'CANCELLED' });
    expect(await executionEnds(runId)).toBe('ABORTED');
    await until('no slot is left taken', async () => {
      const { body } = await muster.call('GET /agents?capability=hang');
      return body.items[0].tasks.length === 0;
    });
    expect((await view(runId)).status, 'the aborted execution changes nothing').toBe('CANCELLED');
  });

  it('ends FAILED when its execution is aborted from outside', async () => {
    const runId = await start(await define({ mode: 'sequential', steps: [step('a', 'hang'), step('b', 'add')] }));
    await until('it works', async () => ['ASSIGNED', 'RUNNING'].includes((await view(runId)).steps[0].status));
    const client = new SFNClient(muster.aws);
    const executionArn = String((await runItem(runId))['executionArn']);
    await client.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'by hand' }));
    client.destroy();
    const run = await ended(runId);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'Operator', message: 'by hand' } });
    expect(stepsOf(run)).toEqual({ a: 'CANCELLED', b: 'SKIPPED' });
  });

  it('is one for one idempotency key', async () => {
    const workflow = await define({ mode: 'parallel', tasks: [step('a', 'add', { value: 1 })] });
    const idempotencyKey = randomUUID();
    const begin = (input: unknown) => muster.call('POST /runs', { workflow, input }, { idempotencyKey });
    const [one, two] = await Promise.all([begin(1), begin(1)]);
    expect(two.body.runId).toBe(one.body.runId);
    expect(await begin(2)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_MISMATCH' } });
    await ended(one.body.runId);
  });
});

describe('an event on the bus', () => {
  const runsOf = async (workflow: string) =>
    (await muster.call('GET /runs?limit=100')).body.items.filter(
      (run: { workflow: string }) => run.workflow === workflow,
    );

  it('starts a run, and a second delivery of the same event does not start another', async () => {
    const workflow = await define({ mode: 'parallel', tasks: [step('a', 'double', { value: '{{ input.n }}' })] });
    const detail = { tenant: 'default', workflow, input: { n: 21 } };
    const bus = new EventBridgeClient(muster.aws);
    const entry = {
      EventBusName: muster.platform.outputs['BusName'],
      Source: 'shop',
      DetailType: 'muster.run.requested',
      Detail: JSON.stringify(detail),
    };
    const { Entries } = await bus.send(new PutEventsCommand({ Entries: [entry] }));
    bus.destroy();
    const id = Entries?.[0]?.EventId;
    expect(id).toEqual(expect.any(String));
    const [first] = await until('a run', async () => {
      const found = await runsOf(workflow);
      return found.length > 0 ? found : undefined;
    });
    expect(await ended(first.runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { value: 42 },
      startedBy: { kind: 'event', name: 'muster.run.requested', eventId: id },
    });

    const event = { version: '0', id, source: 'shop', 'detail-type': 'muster.run.requested', detail, resources: [] };
    const queues = new SQSClient(muster.aws);
    const { QueueUrls } = await queues.send(new ListQueuesCommand({}));
    const QueueUrl = QueueUrls?.find((url) => url.includes('QueuesTriggersQueue'));
    const send = (body: unknown) =>
      queues.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }));
    await send(event);
    await send(event);
    // Another event behind them, so that the two have been handled when its run is there.
    await send({ ...event, id: randomUUID() });
    queues.destroy();
    await until('the run of the other event', async () => (await runsOf(workflow)).length >= 2);
    const started = () =>
      muster.lines.filter((line) => line.includes('run started by an event') && line.includes(workflow));
    await until('all four deliveries are handled', () => started().length >= 4);
    expect(await runsOf(workflow)).toHaveLength(2);
  });

  it('that asks for an unknown workflow is told in the audit and on the bus, and is done with', async () => {
    const bus = new EventBridgeClient(muster.aws);
    const workflow = `none-${randomUUID()}`;
    const entry = {
      EventBusName: muster.platform.outputs['BusName'],
      Source: 'shop',
      DetailType: 'muster.run.requested',
      Detail: JSON.stringify({ tenant: 'default', workflow }),
    };
    await bus.send(new PutEventsCommand({ Entries: [entry] }));
    bus.destroy();
    const refused = await until('the refusal', async () => {
      const { items } = (await muster.call('GET /audit')).body;
      return items.find((item: { on: Record<string, string> }) => item.on['workflow'] === workflow);
    });
    expect(refused).toMatchObject({ action: 'run.refused', on: { code: 'NOT_FOUND' } });
  });

  it('that asks for nothing possible starts nothing and is not lost', async () => {
    const before = (await muster.call('GET /runs?limit=100')).body.items.length;
    const bus = new EventBridgeClient(muster.aws);
    const Detail = JSON.stringify({ tenant: 'default', workflow: 'x', colour: 'red' });
    const EventBusName = muster.platform.outputs['BusName'];
    await bus.send(
      new PutEventsCommand({ Entries: [{ EventBusName, Source: 's', DetailType: 'muster.run.requested', Detail }] }),
    );
    bus.destroy();
    await until('it is refused in the log', () => muster.lines.some((line) => line.includes('message failed')));
    expect((await muster.call('GET /runs?limit=100')).body.items).toHaveLength(before);
    const queues = new SQSClient(muster.aws);
    const { QueueUrls = [] } = await queues.send(new ListQueuesCommand({}));
    const kept = await Promise.all(
      QueueUrls.filter((url) => url.includes('QueuesTriggers')).map(async (QueueUrl) => {
        const { Attributes } = await queues.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
        return (
          Number(Attributes?.['ApproximateNumberOfMessages']) +
          Number(Attributes?.['ApproximateNumberOfMessagesNotVisible'])
        );
      }),
    );
    queues.destroy();
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(1);
  });
});
