import * as z from 'zod';
import { type AwsCall, AwsError } from '../../../../local/contract.ts';
import { createEventBus, type EventBus } from '../../../../local/event-bus/create-event-bus.ts';
import { ManualClock } from '../scheduler/manual-clock.ts';

export interface RecordedCall {
  readonly service: string;
  readonly action: string;
  readonly input: Record<string, unknown>;
  readonly roleArn: string;
}

/** A text of a call's input. */
function textOf(call: Pick<RecordedCall, 'input'> | undefined, field: string): string {
  const value = call?.input[field];
  return typeof value === 'string' ? value : '';
}

/** The event a queue received. */
export function bodyOf(call: RecordedCall | undefined): Record<string, unknown> {
  return z.looseObject({}).parse(JSON.parse(textOf(call, 'MessageBody')));
}

/** A bus on a clock that only the test moves, whose calls are recorded and may be made to fail. */
export interface BusHarness {
  readonly bus: EventBus;
  readonly clock: ManualClock;
  readonly calls: RecordedCall[];
  failNext(...errors: Error[]): void;
}

export const busArn = 'arn:aws:events:eu-west-1:123456789012:event-bus/orders';

export function createBusHarness(databasePath?: string, clock = new ManualClock()): BusHarness {
  const calls: RecordedCall[] = [];
  const failures: Error[] = [];
  const call: AwsCall = async (request) => {
    const isDeadLetter = textOf(request, 'QueueUrl').endsWith('/dead');
    const failure = isDeadLetter ? undefined : failures.shift();
    if (failure !== undefined) throw failure;
    calls.push(request);
    return request.action === 'PutEvents' ? { FailedEntryCount: 0, Entries: [{ EventId: '1' }] } : {};
  };
  const bus = createEventBus({
    clock,
    call,
    region: 'eu-west-1',
    accountId: '123456789012',
    meter: { count: () => {} },
    ...(databasePath === undefined ? {} : { databasePath }),
  });
  bus.addBus({ name: 'orders', arn: busArn });
  return { bus, clock, calls, failNext: (...errors) => failures.push(...errors) };
}

export const throttled = (): AwsError => new AwsError('ThrottlingException', 'slow down');
export const queueArn = 'arn:aws:sqs:eu-west-1:123456789012:work';
export const deadLetterArn = 'arn:aws:sqs:eu-west-1:123456789012:dead';

/** A rule on the bus of the harness that sends every `orders` event to one target. */
export function ruleTo(target: Record<string, unknown>): Parameters<EventBus['addRule']>[0] {
  return {
    name: 'all',
    arn: 'arn:aws:events:eu-west-1:123456789012:rule/orders/all',
    busArn,
    eventPattern: { source: ['orders'] },
    state: 'ENABLED',
    targets: [{ Id: 'target', Arn: queueArn, ...target }],
  };
}

export function entry(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { EventBusName: 'orders', Source: 'orders', DetailType: 'Placed', Detail: '{"total": 250}', ...overrides };
}

/** The ids PutEvents answered. */
export function eventIds(answer: unknown): readonly (string | undefined)[] {
  const { Entries } = z
    .looseObject({ Entries: z.array(z.looseObject({ EventId: z.string().optional() })) })
    .parse(answer);
  return Entries.map((one) => one.EventId);
}

/** The string attributes of a message. */
export function attributesOf(call: RecordedCall | undefined): Record<string, string> {
  const attributes = z.record(z.string(), z.looseObject({ StringValue: z.string() }));
  const parsed = attributes.parse(call?.input['MessageAttributes']);
  return Object.fromEntries(Object.entries(parsed).map(([name, { StringValue }]) => [name, StringValue]));
}
