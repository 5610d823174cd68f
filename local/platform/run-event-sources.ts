import { join } from 'node:path';
import * as z from 'zod';
import { createQueueSource } from '../queues/create-queue-source.ts';
import { createStreamSource } from '../streams/create-stream-source.ts';
import { TemplateError } from '../template/errors.ts';
import type { StackResource } from '../template/load-stack.ts';
import { BooleanLike, NumberLike, ofType, parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';
import { FunctionProperties } from './run-functions.ts';
import { queueAttributes } from './run-queues.ts';

const MappingProperties = z.looseObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: BooleanLike.default(true),
  BatchSize: NumberLike.optional(),
  MaximumBatchingWindowInSeconds: NumberLike.default(0),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.looseObject({ MaximumConcurrency: NumberLike.optional() }).optional(),
  FilterCriteria: z
    .looseObject({ Filters: z.array(z.looseObject({ Pattern: z.string().optional() })).optional() })
    .optional(),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).optional(),
  BisectBatchOnFunctionError: BooleanLike.default(false),
  MaximumRetryAttempts: NumberLike.default(-1),
  MaximumRecordAgeInSeconds: NumberLike.default(-1),
  ParallelizationFactor: NumberLike.default(1),
  DestinationConfig: z
    .looseObject({ OnFailure: z.looseObject({ Destination: z.string().optional() }).optional() })
    .optional(),
});
type Mapping = z.infer<typeof MappingProperties>;

/** Lambda's defaults. @see https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
const queueBatchSize = 10;
const streamBatchSize = 100;

/** Starts the poller of a queue or of a table's stream. */
export function runEventSource(resource: StackResource, parts: PlatformParts): void {
  const mapping = parseProperties(MappingProperties, resource);
  const service = mapping.EventSourceArn.split(':')[2];
  if (service === 'sqs') runQueueSource(resource, mapping, parts);
  else if (service === 'dynamodb') runStreamSource(resource, mapping, parts);
  else throw new TemplateError(`${resource.logicalId}: event sources of ${service} do not run locally`);
}

function sharedOptions(resource: StackResource, mapping: Mapping, parts: PlatformParts) {
  const { clock, dispatcher, functions, meter, log } = parts;
  const name = mapping.FunctionName.split(':function:').at(-1);
  const target = ofType(parts.stack.resources, 'AWS::Lambda::Function').find((one) => one.physicalId === name);
  if (target === undefined) throw new TemplateError(`${resource.logicalId}: its function ${name} is not in the stack`);
  const { Role: roleArn, Timeout: functionTimeoutSeconds } = parseProperties(FunctionProperties, target);
  return {
    clock,
    call: dispatcher.call,
    meter,
    log,
    roleArn,
    functionArn: target.attributes.Arn ?? target.ref,
    functionTimeoutSeconds,
    invoke: (functionArn: string, event: unknown) => functions.invoke(functionArn, event),
    maximumBatchingWindowSeconds: mapping.MaximumBatchingWindowInSeconds,
    reportBatchItemFailures: mapping.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    filterCriteria: mapping.FilterCriteria,
  };
}

function runQueueSource(resource: StackResource, mapping: Mapping, parts: PlatformParts): void {
  const queue = ofType(parts.stack.resources, 'AWS::SQS::Queue').find(
    (one) => one.attributes.Arn === mapping.EventSourceArn,
  );
  if (queue === undefined) throw new TemplateError(`${resource.logicalId}: its queue is not in the stack`);
  const source = createQueueSource({
    ...sharedOptions(resource, mapping, parts),
    queueUrl: queue.ref,
    queueArn: mapping.EventSourceArn,
    batchSize: mapping.BatchSize ?? queueBatchSize,
    maximumConcurrency: mapping.ScalingConfig?.MaximumConcurrency,
    enabled: mapping.Enabled,
    visibilityTimeoutSeconds: Number(queueAttributes(queue).VisibilityTimeout ?? 30),
    chaos: parts.chaos.queues,
  });
  parts.keep(source);
}

function runStreamSource(resource: StackResource, mapping: Mapping, parts: PlatformParts): void {
  if (!mapping.Enabled) return;
  const source = createStreamSource({
    ...sharedOptions(resource, mapping, parts),
    streamArn: mapping.EventSourceArn,
    pages: parts.streamPages,
    batchSize: mapping.BatchSize ?? streamBatchSize,
    startingPosition: mapping.StartingPosition ?? 'TRIM_HORIZON',
    bisectBatchOnFunctionError: mapping.BisectBatchOnFunctionError,
    maximumRetryAttempts: mapping.MaximumRetryAttempts,
    maximumRecordAgeSeconds: mapping.MaximumRecordAgeInSeconds,
    parallelizationFactor: mapping.ParallelizationFactor,
    onFailureQueueArn: mapping.DestinationConfig?.OnFailure?.Destination,
    positionsDatabasePath: join(parts.directory, 'streams.sqlite'),
  });
  parts.keep(source);
}
