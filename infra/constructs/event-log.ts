import { Duration } from 'aws-cdk-lib';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { tableKeys } from '#core/contract/env.ts';
import { addRunbookAlarm, alarmPeriod } from '#infra/constructs/alarms.ts';
import type { Table } from '#infra/constructs/table.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import { namesFailuresTo, type WorkQueue } from '#infra/constructs/work-queue.ts';

export interface EventLogProps {
  readonly table: Table;
  readonly log: TaskFunction;
  /** Whose dead letters name a batch that could not be logged for an hour. */
  readonly effectsQueue: WorkQueue;
}

const readStream = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'] as const;

/**
 * From the table's stream to the logs of tasks and runs: only items that somebody follows, so that nothing runs and
 * nothing is written for the others. A batch is repeated for an hour, and holds up its shard meanwhile: what is followed
 * is told in order, or later.
 */
export class EventLog extends Construct {
  constructor(scope: Construct, id: string, props: EventLogProps) {
    super(scope, id);
    const { table, log } = props;
    log.allow(readStream, [table.streamArn]);
    // No resource can be named for it; the printed id is acknowledged by TaskFunction.
    log.allow(['dynamodb:ListStreams'], ['*']);
    log.function.addEventSourceMapping('Stream', {
      eventSourceArn: table.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      reportBatchItemFailures: true,
      retryAttempts: 10_000,
      maxRecordAge: Duration.hours(1),
      onFailure: namesFailuresTo(props.effectsQueue.deadLetters),
      filters: [tableKeys.taskLog, tableKeys.runLog].map((name) =>
        FilterCriteria.filter({ dynamodb: { NewImage: { [name]: { S: FilterRule.exists() } } } }),
      ),
    });
    addRunbookAlarm(this, 'Behind', {
      metric: log.function.metric('IteratorAge', { statistic: 'Maximum', period: alarmPeriod }),
      meaning: 'The logs are more than a minute behind the table: who follows tasks and runs hears of them late.',
      runbook: 'log-behind',
      above: 60_000,
    });
  }
}
