import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AwsError, type InvokeResult } from '#local/contract.ts';
import { createAsyncInvocations } from '#local/functions/async-invocations.ts';
import type { AsyncPolicy } from '#local/functions/function-definition.ts';
import { ManualClock } from '../scheduler/manual-clock.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:work';
const roleArn = 'arn:aws:iam::000000000000:role/work';
const queueArn = 'arn:aws:sqs:us-east-1:000000000000:results';
const hour = 3_600_000;

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function create(policy: Partial<AsyncPolicy> = {}, shared: { path?: string; clock?: ManualClock } = {}) {
  const { path: databasePath = ':memory:', clock = new ManualClock() } = shared;
  const answers: (InvokeResult | Error)[] = [];
  const invoked: { event: unknown; at: string }[] = [];
  const calls: { service: string; action: string; input: Record<string, unknown>; roleArn: string }[] = [];
  const queue = createAsyncInvocations({
    clock,
    databasePath,
    log: () => undefined,
    call: async (request) => {
      calls.push(request);
      return {};
    },
    functions: {
      async invoke(_arn, event) {
        invoked.push({ event, at: new Date(clock.now()).toISOString().slice(11, 19) });
        const answer = answers.shift() ?? { payload: 'done' };
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  });
  queue.configure({ functionName: 'work', functionArn, roleArn, ...policy });
  const body = (index: number): unknown => JSON.parse(String(calls[index]?.input['MessageBody']));
  return { queue, clock, answers, invoked, calls, body };
}

const failure: InvokeResult = { payload: { errorType: 'Error', errorMessage: 'no' }, functionError: 'Unhandled' };
const throttle = new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);

describe('asynchronous invocations', () => {
  it('are tried again after one and two minutes, and then sent to both places for failures', async () => {
    const { queue, clock, answers, invoked, calls, body } = create({
      onFailureArn: queueArn,
      deadLetterArn: `${queueArn}-dead`,
    });
    answers.push(failure, failure, failure);
    queue.accept('work', { n: 1 });
    await clock.advance(hour);
    expect(invoked.map(({ at }) => at)).toEqual(['00:00:00', '00:01:00', '00:03:00']);
    expect(calls).toMatchObject([
      { service: 'sqs', roleArn, input: { QueueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/results' } },
      {
        input: {
          MessageBody: '{"n":1}',
          MessageAttributes: { ErrorCode: { StringValue: '200' }, ErrorMessage: { StringValue: 'no' } },
        },
      },
    ]);
    expect(body(0)).toEqual({
      version: '1.0',
      timestamp: '2026-01-01T00:03:00.000Z',
      requestContext: {
        requestId: expect.stringMatching(/^[\w-]{36}$/),
        functionArn: `${functionArn}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'Error', errorMessage: 'no' },
    });
  });

  it('tell a function or a bus of success on behalf of the role', async () => {
    const toFunction = create({ onSuccessArn: `${functionArn}-next` });
    toFunction.queue.accept(functionArn, {});
    await toFunction.clock.advance(0);
    expect(toFunction.calls).toMatchObject([
      { service: 'lambda', action: 'Invoke', input: { InvocationType: 'Event' } },
    ]);
    const busArn = 'arn:aws:events:us-east-1:000000000000:event-bus/b';
    const toBus = create({ onSuccessArn: busArn });
    toBus.queue.accept('work:$LATEST', {});
    await toBus.clock.advance(0);
    expect(toBus.calls[0]?.input).toMatchObject({
      Entries: [
        {
          EventBusName: busArn,
          Source: 'lambda',
          DetailType: 'Lambda Function Invocation Result - Success',
          Resources: [`${functionArn}:$LATEST`, busArn],
        },
      ],
    });
  });

  it('follow the configuration: no retry, and no event older than its age', async () => {
    const once = create({ maximumRetryAttempts: 0, onFailureArn: queueArn });
    once.answers.push(failure);
    once.queue.accept('work', {});
    await once.clock.advance(hour);
    expect(once.invoked).toHaveLength(1);
    const young = create({ maximumEventAgeSeconds: 90, onFailureArn: queueArn });
    young.answers.push(failure, failure);
    young.queue.accept('work', {});
    await young.clock.advance(hour);
    expect(young.invoked).toHaveLength(2);
    expect(young.body(0)).toMatchObject({ requestContext: { condition: 'EventAgeExceeded' } });
  });

  it('wait longer and longer while they are throttled, which is no failure of the function', async () => {
    const { queue, clock, answers, invoked } = create();
    answers.push(throttle, throttle, throttle);
    queue.accept('work', {});
    await clock.advance(hour);
    expect(invoked.map(({ at }) => at)).toEqual(['00:00:00', '00:00:01', '00:00:03', '00:00:07']);
  });

  it('give up what was throttled for six hours', async () => {
    const { queue, clock, answers, body } = create({ onFailureArn: queueArn });
    answers.push(...Array.from({ length: 200 }, () => throttle));
    queue.accept('work', {});
    await clock.advance(7 * hour);
    expect(body(0)).toMatchObject({ requestContext: { condition: 'EventAgeExceeded' } });
    expect(body(0)).not.toHaveProperty('responsePayload');
  });

  it('are refused for a function that does not exist', () => {
    expect(() => create().queue.accept('other', {})).toThrow('Function not found: other');
  });

  it('outlive the process', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'async-'));
    directories.push(directory);
    const path = join(directory, 'events.sqlite');
    const before = create({}, { path });
    before.answers.push(failure);
    before.queue.accept('work', { n: 1 });
    await before.clock.advance(1000);
    await before.queue.stop();
    const after = create({}, { path, clock: before.clock });
    after.queue.restore();
    await after.clock.advance(hour);
    expect(after.invoked).toEqual([{ event: { n: 1 }, at: '00:01:00' }]);
    await after.queue.stop();
    const last = create({}, { path, clock: before.clock });
    last.queue.restore();
    await last.clock.advance(hour);
    expect(last.invoked).toEqual([]);
  });
});
