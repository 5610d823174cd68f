import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../../local/contract.ts';
import {
  attributesOf,
  bodyOf,
  busArn,
  createBusHarness,
  deadLetterArn,
  entry,
  eventIds,
  queueArn,
  ruleTo,
  throttled,
} from './event-bus-harness.ts';

const put = (harness: ReturnType<typeof createBusHarness>, ...entries: unknown[]) =>
  harness.bus.handle('PutEvents', { Entries: entries });

describe('PutEvents', () => {
  it('accepts an entry and delivers it to the queue of a matching rule with the event as body', async () => {
    const harness = createBusHarness();
    harness.bus.addRule(ruleTo({ SqsParameters: { MessageGroupId: 'g' } }));
    const answer = await put(harness, entry({ Time: 1767225600, Resources: ['r'] }));
    expect(answer).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
    await harness.clock.advance(0);
    expect(harness.calls).toHaveLength(1);
    const [call] = harness.calls;
    expect(call).toMatchObject({ service: 'sqs', action: 'SendMessage', roleArn: 'service:events.amazonaws.com' });
    expect(call?.input).toMatchObject({
      QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/work',
      MessageGroupId: 'g',
    });
    expect(bodyOf(call)).toEqual({
      version: '0',
      id: eventIds(answer)[0],
      'detail-type': 'Placed',
      source: 'orders',
      account: '123456789012',
      time: '2026-01-01T00:00:00Z',
      region: 'eu-west-1',
      resources: ['r'],
      detail: { total: 250 },
    });
  });

  it.each([
    ['Source', {}, 'InvalidArgument'],
    ['DetailType', {}, 'InvalidArgument'],
    ['Detail', {}, 'InvalidArgument'],
    ['', { Detail: 'text' }, 'MalformedDetail'],
    ['', { Detail: '[1]' }, 'MalformedDetail'],
    ['', { Detail: '"x"' }, 'MalformedDetail'],
    ['', { Detail: 'null' }, 'MalformedDetail'],
    ['', { Detail: `{"a":${'['.repeat(1100)}${']'.repeat(1100)}}` }, 'MalformedDetail'],
    ['', { Source: 'aws.ec2' }, 'NotAuthorizedForSourceException'],
    ['', { EventBusName: 'nowhere' }, 'ResourceNotFoundException'],
  ])('refuses an entry alone (without %s, %j) with %s', async (missing, overrides, code) => {
    const harness = createBusHarness();
    const bad = Object.fromEntries(Object.entries(entry(overrides)).filter(([name]) => name !== missing));
    const answer = await put(harness, entry(), bad);
    expect(answer).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ EventId: expect.any(String) }, { ErrorCode: code }],
    });
  });

  it('refuses no entries, eleven entries, and more than 1 MB in all, counted by the documented formula', async () => {
    const harness = createBusHarness();
    await expect(put(harness)).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(put(harness, ...Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject({
      code: 'ValidationException',
    });
    const sized = (bytes: number) => {
      const empty = '{"padding":""}';
      const padding = 'x'.repeat(bytes - 'ordersPlaced'.length - empty.length);
      return entry({ Detail: `{"padding":"${padding}"}` });
    };
    await expect(put(harness, sized(1_048_576))).resolves.toMatchObject({ FailedEntryCount: 0 });
    await expect(put(harness, sized(1_048_577))).rejects.toMatchObject({
      message: 'Total size of the entries in the request is over the limit.',
    });
    await expect(put(harness, sized(1_048_000), sized(600))).rejects.toMatchObject({ code: 'ValidationException' });
  });

  it('keeps numbers of the detail as they were written', async () => {
    const harness = createBusHarness();
    harness.bus.addRule(ruleTo({}));
    await put(harness, entry({ Detail: '{ "big": 12345678901234567890, "text": "a  b" }' }));
    await harness.clock.advance(0);
    expect(harness.calls[0]?.input['MessageBody']).toContain('"detail":{"big":12345678901234567890,"text":"a  b"}');
  });

  it('delivers nothing for a rule that is disabled, does not match, or is on another bus', async () => {
    const harness = createBusHarness();
    harness.bus.addRule({ ...ruleTo({}), state: 'DISABLED' });
    harness.bus.addRule({ ...ruleTo({}), arn: 'other', name: 'other', eventPattern: '{"source":["else"]}' });
    await put(harness, entry(), entry({ EventBusName: 'default' }));
    await harness.clock.advance(0);
    expect(harness.calls).toEqual([]);
  });
});

describe('targets', () => {
  it('invokes a function asynchronously, starts an execution under a repeatable name, and forwards to a bus', async () => {
    const harness = createBusHarness();
    const roleArn = 'arn:aws:iam::123456789012:role/r';
    const targets = [
      { Id: 'f', Arn: 'arn:aws:lambda:eu-west-1:123456789012:function:f' },
      { Id: 's', Arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:m', RoleArn: roleArn },
      { Id: 'b', Arn: 'arn:aws:events:eu-west-1:123456789012:event-bus/other', RoleArn: roleArn },
    ];
    harness.bus.addRule({ ...ruleTo({}), targets });
    const answer = await put(harness, entry());
    const id = eventIds(answer)[0];
    await harness.clock.advance(0);
    expect(harness.calls.map((call) => [call.service, call.action, call.roleArn])).toEqual([
      ['lambda', 'Invoke', 'service:events.amazonaws.com'],
      ['states', 'StartExecution', roleArn],
      ['events', 'PutEvents', roleArn],
    ]);
    expect(harness.calls[0]?.input).toMatchObject({ InvocationType: 'Event' });
    expect(harness.calls[1]?.input).toMatchObject({ name: `${id}_s` });
    expect(harness.calls[2]?.input).toMatchObject({ Entries: [{ Source: 'orders', Detail: '{"total":250}' }] });
  });

  it('takes an execution that already exists as delivered', async () => {
    const harness = createBusHarness();
    harness.bus.addRule(
      ruleTo({ Arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:m', DeadLetterConfig: { Arn: deadLetterArn } }),
    );
    harness.failNext(new AwsError('ExecutionAlreadyExists', 'there'));
    await put(harness, entry());
    await harness.clock.advance(86_400_000);
    expect(harness.calls).toEqual([]);
  });

  it.each([
    ['arn:aws:ecs:eu-west-1:123456789012:cluster/c', {}],
    [queueArn, { EcsParameters: {} }],
    [queueArn, { Input: '{}', InputPath: '$.detail' }],
  ])('refuses what it cannot do: %s %j', (arn, extra) => {
    const harness = createBusHarness();
    expect(() => harness.bus.addRule(ruleTo({ Arn: arn, ...extra }))).toThrow(AwsError);
  });

  it('refuses a rule with a malformed pattern, without pattern and schedule, or on an unknown bus', () => {
    const { bus } = createBusHarness();
    expect(() => bus.addRule({ ...ruleTo({}), eventPattern: { source: 'x' } })).toThrow(/Event pattern is not valid/);
    expect(() => bus.addRule({ ...ruleTo({}), eventPattern: undefined })).toThrow(/must be specified/);
    expect(() => bus.addRule({ ...ruleTo({}), busArn: 'nowhere' })).toThrow(/does not exist/);
  });
});

describe('retries', () => {
  it('tries a throttled target again with growing waits', async () => {
    const harness = createBusHarness();
    harness.bus.addRule(ruleTo({}));
    harness.failNext(throttled(), throttled());
    await put(harness, entry());
    await harness.clock.advance(2_999);
    expect(harness.calls).toHaveLength(0);
    await harness.clock.advance(1);
    expect(harness.calls).toHaveLength(1);
  });

  it('hands the event to the dead-letter queue after the last retry, with the attributes of AWS', async () => {
    const harness = createBusHarness();
    harness.bus.addRule(ruleTo({ RetryPolicy: { MaximumRetryAttempts: 1 }, DeadLetterConfig: { Arn: deadLetterArn } }));
    harness.failNext(throttled(), throttled());
    await put(harness, entry());
    await harness.clock.advance(1_000);
    expect(harness.calls).toHaveLength(1);
    expect(attributesOf(harness.calls[0])).toEqual({
      RULE_ARN: 'arn:aws:events:eu-west-1:123456789012:rule/orders/all',
      TARGET_ARN: queueArn,
      ERROR_CODE: 'THROTTLING',
      ERROR_MESSAGE: 'slow down',
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      RETRY_ATTEMPTS: '1',
    });
    expect(bodyOf(harness.calls[0])).toMatchObject({ source: 'orders' });
  });

  it('gives up at the maximum age of the event', async () => {
    const harness = createBusHarness();
    harness.bus.addRule(
      ruleTo({ RetryPolicy: { MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: deadLetterArn } }),
    );
    harness.failNext(...Array.from({ length: 20 }, throttled));
    await put(harness, entry());
    await harness.clock.advance(60_000);
    expect(harness.calls[0]?.input['MessageAttributes']).toMatchObject({
      EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumEventAgeInSeconds' },
      RETRY_ATTEMPTS: { StringValue: '5' },
    });
  });

  it.each([
    ['AccessDeniedException', 'NO_PERMISSIONS'],
    ['AWS.SimpleQueueService.NonExistentQueue', 'NO_RESOURCE'],
    ['ValidationException', 'SDK_CLIENT_ERROR'],
  ])('does not retry %s: dead-letter queue at once as %s', async (code, errorCode) => {
    const harness = createBusHarness();
    harness.bus.addRule(ruleTo({ DeadLetterConfig: { Arn: deadLetterArn } }));
    harness.failNext(new AwsError(code, 'no'));
    await put(harness, entry());
    await harness.clock.advance(0);
    expect(harness.calls[0]?.input['MessageAttributes']).toMatchObject({
      ERROR_CODE: { StringValue: errorCode },
      RETRY_ATTEMPTS: { StringValue: '0' },
    });
  });
});

describe('durability', () => {
  it('delivers after a restart what was accepted before, once the rule is back', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'event-bus-'));
    try {
      const path = join(directory, 'events.sqlite');
      const before = createBusHarness(path);
      before.bus.addRule(ruleTo({}));
      await put(before, entry({ Detail: '{"n":1}' }), entry({ Detail: '{"n":2}' }));
      await before.bus.stop();
      expect(before.calls).toEqual([]);

      const after = createBusHarness(path);
      await after.clock.advance(0);
      expect(after.calls).toEqual([]);
      after.bus.addRule(ruleTo({}));
      await after.clock.advance(0);
      expect(after.calls.map((call) => bodyOf(call)['detail'])).toEqual([{ n: 1 }, { n: 2 }]);
      await after.bus.stop();

      const later = createBusHarness(path);
      later.bus.addRule(ruleTo({}));
      await later.clock.advance(0);
      expect(later.calls).toEqual([]);
      await later.bus.stop();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('operations', () => {
  it('answers TestEventPattern, and refuses a malformed pattern and an event that is not an object', async () => {
    const { bus } = createBusHarness();
    const ask = (EventPattern: string, Event: string) => bus.handle('TestEventPattern', { EventPattern, Event });
    expect(await ask('{"a":[1]}', '{"a":1.0}')).toEqual({ Result: true });
    expect(await ask('{"a":[1]}', '{"a":2}')).toEqual({ Result: false });
    await expect(ask('{"a":1}', '{}')).rejects.toMatchObject({ code: 'InvalidEventPatternException' });
    await expect(ask('{"a":[1]}', '[]')).rejects.toMatchObject({ code: 'ValidationException' });
  });

  it('puts, lists and describes rules and targets', async () => {
    const { bus } = createBusHarness();
    const rule = { Name: 'r', EventBusName: 'orders' };
    expect(await bus.handle('PutRule', { ...rule, EventPattern: '{"source":["x"]}' })).toEqual({
      RuleArn: 'arn:aws:events:eu-west-1:123456789012:rule/orders/r',
    });
    await bus.handle('PutTargets', { Rule: 'r', EventBusName: 'orders', Targets: [{ Id: 'q', Arn: queueArn }] });
    expect(await bus.handle('DescribeRule', rule)).toMatchObject({
      State: 'ENABLED',
      EventPattern: '{"source":["x"]}',
    });
    expect(await bus.handle('ListRules', { EventBusName: busArn })).toMatchObject({ Rules: [{ Name: 'r' }] });
    expect(await bus.handle('ListTargetsByRule', { Rule: 'r', EventBusName: 'orders' })).toEqual({
      Targets: [{ Id: 'q', Arn: queueArn }],
    });
    await expect(bus.handle('DescribeRule', { Name: 'none' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
    await expect(bus.handle('CreateArchive', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
  });

  it('publishes events of the platform, whose source may be of AWS', async () => {
    const harness = createBusHarness();
    harness.bus.addRule({ ...ruleTo({}), eventPattern: { source: ['aws.states'] } });
    await harness.bus.publish('orders', { source: 'aws.states', detailType: 'Status', detail: { status: 'FAILED' } });
    await harness.clock.advance(0);
    expect(bodyOf(harness.calls[0])).toMatchObject({ detail: { status: 'FAILED' } });
  });

  it('runs a scheduled rule at its rate, counted from its creation', async () => {
    const harness = createBusHarness();
    const { eventPattern: _none, ...rule } = ruleTo({});
    harness.bus.addRule({ ...rule, scheduleExpression: 'rate(5 minutes)' });
    await harness.clock.advance(299_999);
    expect(harness.calls).toEqual([]);
    await harness.clock.advance(300_001);
    expect(harness.calls.map((call) => bodyOf(call)['time'])).toEqual(['2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z']);
    expect(bodyOf(harness.calls[0])).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      resources: [rule.arn],
      detail: {},
    });
  });
});
