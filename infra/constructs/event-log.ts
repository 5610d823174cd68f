import { Duration } from 'aws-cdk-lib';
import { FilterCriteria, FilterRule } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { tableKeys } from '#core/contract/env.ts';
import { readStream } from '#infra/constructs/read-stream.ts';
import type { Table } from '#infra/constructs/table.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import type { WorkQueue } from '#infra/constructs/work-queue.ts';

export interface EventLogProps {
  readonly table: Table;
  readonly log: TaskFunction;
  /** Whose dead letters name a batch that could not be logged for an hour. */
  readonly effectsQueue: WorkQueue;
}

/**
 * From the table's stream to the logs of tasks and runs: only items that somebody follows, so that nothing runs and
 * nothing is written for the others. A batch is repeated for an hour, and holds up its shard meanwhile: what is followed
 * is told in order, or later.
 */
export class EventLog extends Construct {
  constructor(scope: Construct, id: string, props: EventLogProps) {
    super(scope, id);
    const { table, log, effectsQueue } = props;
    readStream(this, {
      table,
      reader: log,
      effectsQueue,
      mapping: {
        retryAttempts: 10_000,
        maxRecordAge: Duration.hours(1),
        filters: [tableKeys.taskLog, tableKeys.runLog].map((name) =>
          FilterCriteria.filter({ dynamodb: { NewImage: { [name]: { S: FilterRule.exists() } } } }),
        ),
      },
      behind: {
        meaning: 'The logs are more than a minute behind the table: who follows tasks and runs hears of them late.',
        runbook: 'log-behind',
      },
    });
  }
}
