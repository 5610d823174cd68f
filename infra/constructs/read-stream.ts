import { type EventSourceMappingOptions, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { addRunbookAlarm, alarmPeriod } from '#infra/constructs/alarms.ts';
import type { Table } from '#infra/constructs/table.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import { namesFailuresTo, type WorkQueue } from '#infra/constructs/work-queue.ts';

/** A function that reads the table's stream. */
export interface StreamReader {
  readonly table: Table;
  readonly reader: TaskFunction;
  /** Whose dead letters name a batch that is given up. */
  readonly effectsQueue: WorkQueue;
  /** Which records it is given, and how long it tries. */
  readonly mapping: Pick<
    EventSourceMappingOptions,
    'filters' | 'retryAttempts' | 'maxRecordAge' | 'bisectBatchOnError'
  >;
  /** What it means when it is more than a minute behind, and the page of the runbook. */
  readonly behind: { readonly meaning: string; readonly runbook: string };
}

/** Gives a function the table's stream, in batches of a hundred, and an alarm named `Behind` in the scope. */
export const readStream = (scope: Construct, { table, reader, effectsQueue, mapping, behind }: StreamReader): void => {
  reader.allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [table.streamArn]);
  // No resource can be named for it; the printed id is acknowledged by TaskFunction.
  reader.allow(['dynamodb:ListStreams'], ['*']);
  reader.function.addEventSourceMapping('Stream', {
    eventSourceArn: table.streamArn,
    // From the oldest record: nothing written while the mapping is created may be missed.
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    reportBatchItemFailures: true,
    onFailure: namesFailuresTo(effectsQueue.deadLetters),
    ...mapping,
  });
  addRunbookAlarm(scope, 'Behind', {
    metric: reader.function.metric('IteratorAge', { statistic: 'Maximum', period: alarmPeriod }),
    above: 60_000,
    ...behind,
  });
};
