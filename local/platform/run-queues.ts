import * as z from 'zod';
import { scalarText } from '../template/json.ts';
import type { StackResource } from '../template/load-stack.ts';
import { parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

/** Properties of AWS::SQS::Queue that are attributes of the queue under another name. */
const attributeNames: Readonly<Record<string, string>> = {
  ContentBasedDeduplication: 'ContentBasedDeduplication',
  DeduplicationScope: 'DeduplicationScope',
  DelaySeconds: 'DelaySeconds',
  FifoQueue: 'FifoQueue',
  FifoThroughputLimit: 'FifoThroughputLimit',
  MaximumMessageSize: 'MaximumMessageSize',
  MessageRetentionPeriod: 'MessageRetentionPeriod',
  ReceiveMessageWaitTimeSeconds: 'ReceiveMessageWaitTimeSeconds',
  RedrivePolicy: 'RedrivePolicy',
  VisibilityTimeout: 'VisibilityTimeout',
};

const QueueProperties = z.record(z.string(), z.unknown());

/** Creates a queue; one that the data directory already holds keeps its messages. */
export async function runQueue(resource: StackResource, parts: PlatformParts): Promise<void> {
  await parts.queues.createQueue({ name: resource.physicalId, attributes: queueAttributes(resource) });
}

/** The queue's attributes as SQS takes them: every value a string. */
export function queueAttributes(resource: StackResource): Record<string, string> {
  const properties = parseProperties(QueueProperties, resource);
  return Object.fromEntries(
    Object.entries(attributeNames).flatMap(([property, attribute]) => {
      const value = properties[property];
      const text = typeof value === 'object' ? JSON.stringify(value) : scalarText(value);
      // A standard queue is one that does not say FifoQueue at all.
      return text === undefined || (property === 'FifoQueue' && text === 'false') ? [] : [[attribute, text]];
    }),
  );
}
