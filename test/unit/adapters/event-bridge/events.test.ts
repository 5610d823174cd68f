import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEventBridgeEvents } from '#adapters/event-bridge/events.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { lastingFaults, transientFaults } from '../faults.ts';

const client = new EventBridgeClient({ region: 'eu-west-1' });
const mock = mockClient(client);
const events = createEventBridgeEvents({ client, busName: 'bus' });
const event = { detailType: 'RunStarted', detail: { id: 'e1', runId: 'run_1' } };

beforeEach(() => {
  mock.reset();
});

describe('createEventBridgeEvents', () => {
  it("publishes on the bus under the project's source", async () => {
    mock.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
    await events.publish(event);
    expect(mock).toHaveReceivedCommandExactlyOnceWith(PutEventsCommand, {
      Entries: [
        { EventBusName: 'bus', Source: 'muster', DetailType: 'RunStarted', Detail: '{"id":"e1","runId":"run_1"}' },
      ],
    });
  });

  it('notices an entry that the bus did not take', async () => {
    mock
      .on(PutEventsCommand)
      .resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'slower' }] });
    await expect(events.publish(event)).rejects.toMatchObject({
      name: 'UnavailableError',
      cause: new Error('ThrottlingException: slower'),
    });
  });

  it.each(transientFaults)('calls %s unavailable', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(events.publish(event)).rejects.toThrow(UnavailableError);
  });

  it.each(lastingFaults)('passes %s on', async (_, fault) => {
    mock.onAnyCommand().rejects(fault);
    await expect(events.publish(event)).rejects.toBe(fault);
  });
});
