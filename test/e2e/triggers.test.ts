import { isDeepStrictEqual } from 'node:util';
import { EventBridgeClient, ListRulesCommand, PutEventsCommand, PutRuleCommand } from '@aws-sdk/client-eventbridge';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys } from '#core/contract/keys.ts';
import { Agent } from '#sdk/agent.ts';
import { Client } from '#sdk/client.ts';
import { Operator } from '#sdk/operator.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

let muster: Muster;
let agent: Agent;
let client: Client;
let operator: Operator;

beforeAll(async () => {
  muster = await startMuster();
  agent = new Agent({ url: muster.ws, apiKey: muster.apiKey, name: 'echo', capabilities: ['echo'] });
  agent.handle('*', ({ input }) => input);
  await agent.start();
  client = new Client({ url: muster.http, apiKey: muster.apiKey });
  operator = new Operator({ url: muster.http, apiKey: muster.apiKey });
  await client.putWorkflow({
    mode: 'sequential',
    name: 'echoes',
    steps: [{ id: 'echo', type: 'echo', input: '{{ input }}', requirements: { capabilities: ['echo'] } }],
  });
  // From the beginning: functions remember a tenant's triggers for seconds.
  await operator.putTrigger({
    name: 'after',
    workflow: 'echoes',
    eventPattern: {
      source: ['muster'],
      'detail-type': ['RunCompleted', 'StateChanged'],
      detail: { workflow: ['nested'], status: ['SUCCEEDED'] },
    },
    inputTemplate: { told: '{{ event.detail-type }}', of: '{{ event.detail.output.by }}' },
  });
});
afterAll(async () => {
  await agent?.stop();
  client?.close();
  await muster?.stop();
});

const outputs = async (): Promise<readonly unknown[]> => {
  const { items } = await client.listRuns({ limit: 100 });
  const ended = items.filter(({ status }) => status === 'SUCCEEDED');
  return Promise.all(ended.map(async ({ runId }) => (await client.getRun(runId)).output));
};

/** Puts messages on a queue of the stack, past whoever should. */
const sendTo = async (queue: string, ...messages: readonly unknown[]): Promise<void> => {
  const queues = new SQSClient(muster.aws);
  const { QueueUrls } = await queues.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls?.find((url) => url.includes(queue));
  for (const message of messages)
    await queues.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
  queues.destroy();
};

describe('a trigger', () => {
  it('starts its workflow for an event that matches, once, and for no other', async () => {
    await operator.putTrigger({
      name: 'on-order',
      workflow: 'echoes',
      eventPattern: { source: ['shop'], detail: { total: [{ numeric: ['>', 100] }] } },
      inputTemplate: '{{ event.detail.order }}',
    });
    const bus = new EventBridgeClient(muster.aws);
    const entry = (order: string, total: number, more = {}) => ({
      EventBusName: muster.platform.outputs['BusName'],
      Source: 'shop',
      DetailType: 'OrderPlaced',
      Detail: JSON.stringify({ order, total, ...more }),
    });
    const Entries = [entry('small', 5), entry('foreign', 500, { tenant: 'rival' }), entry('large', 500)];
    const put = await bus.send(new PutEventsCommand({ Entries }));
    bus.destroy();
    await until('the run', async () => (await outputs()).includes('large'));

    const detail = { order: 'large', total: 500 };
    const event = { id: put.Entries?.[2]?.EventId, source: 'shop', 'detail-type': 'OrderPlaced', detail };
    const behind = { ...event, id: 'another', detail: { order: 'behind', total: 500 } };
    await sendTo('QueuesTriggersQueue', event, event, behind);
    await until('the run behind them', async () => (await outputs()).includes('behind'));
    expect(await outputs()).toHaveLength(2);
    expect(new Set(await outputs())).toEqual(new Set(['behind', 'large']));
  });

  it('starts its workflow at a time, and at another one when it is moved', async () => {
    const at = (time: number) => ({ expression: `at(${new Date(time).toISOString().slice(0, 19)})` });
    const soon = { name: 'soon', workflow: 'echoes', inputTemplate: 'on time' };
    await operator.putTrigger({ ...soon, schedule: at(Date.now() + 3_600_000) });
    await operator.putTrigger({ ...soon, schedule: at(Date.now() + 2000) });
    await until('its run', async () => (await outputs()).includes('on time'));
    await operator.removeTrigger('soon');
    expect((await operator.listTriggers()).items.map(({ name }) => name)).toEqual(['after', 'on-order']);
  });

  it('is refused with the reason when its pattern or its schedule is none', async () => {
    const trigger = { name: 'bad', workflow: 'echoes' };
    await expect(operator.putTrigger({ ...trigger, eventPattern: { source: 'shop' } })).rejects.toMatchObject({
      code: 'INVALID_FIELD',
    });
    await expect(
      operator.putTrigger({ ...trigger, schedule: { expression: 'cron(61 3 * * ? *)' } }),
    ).rejects.toMatchObject({ code: 'INVALID_FIELD' });
  });
});

/** Lets the stack's own rule hand over what Muster tells as well. */
const listenToMuster = async (): Promise<void> => {
  const bus = new EventBridgeClient(muster.aws);
  const EventBusName = muster.platform.outputs['BusName'];
  const { Rules: [rule] = [] } = await bus.send(new ListRulesCommand({ EventBusName }));
  const EventPattern = JSON.stringify({ source: [{ exists: true }] });
  await bus.send(new PutRuleCommand({ Name: rule?.Name, EventBusName, EventPattern }));
  bus.destroy();
};

describe('a run', () => {
  it('is paused, resumed, approved by a person, shows what it took so long for, and tells its end on the bus', async () => {
    await client.putWorkflow({
      mode: 'sequential',
      name: 'nested',
      steps: [
        { id: 'ok', approval: {}, input: 'Ship it?' },
        { id: 'inner', run: { workflow: 'echoes' }, input: { by: '{{ steps.ok.output.by }}' } },
      ],
    });
    await listenToMuster();
    const { runId } = await client.startRun({ workflow: 'nested' });
    const [approval] = await until('the approval', async () => {
      const { items } = await client.listApprovals({ open: true });
      return items.length > 0 ? items : undefined;
    });
    expect(await operator.pauseRun(runId)).toMatchObject({ status: 'PAUSED' });
    await client.answerApproval(approval?.taskId ?? '', { decision: 'approved' });
    await until('the second stage is asked for', async () => {
      const { steps } = await client.getRun(runId);
      return steps.find(({ step }) => step === 'inner')?.tasks.some(({ status }) => status === 'PENDING') === true;
    });
    expect(await operator.resumeRun(runId)).toMatchObject({ status: 'RUNNING' });
    expect(await client.waitForRun(runId)).toMatchObject({ status: 'SUCCEEDED', output: { by: 'key:bootstrap' } });
    const timeline = await operator.getTimeline(runId);
    expect(timeline.entries.map(({ step, isCritical }) => [step, isCritical])).toEqual([
      ['ok', true],
      ['inner', true],
    ]);
    expect(timeline.overheadMs).toBeLessThan(timeline.wallMs);
    const told = ['RunCompleted', 'StateChanged'].map((type) => ({ told: type, of: 'key:bootstrap' }));
    await until('what its events started', async () => {
      const found = await outputs();
      return told.every((one) => found.some((output) => isDeepStrictEqual(output, one)));
    });
    // What the relay could not deliver is named to the queue of effects, and told from there.
    await sendTo('QueuesEffectsQueue', keys.run('default', runId));
    await until('its end is told once more', async () => {
      const ofEnd = (await outputs()).filter((output) => isDeepStrictEqual(output, told[0]));
      return ofEnd.length > 1;
    });
  });
});
