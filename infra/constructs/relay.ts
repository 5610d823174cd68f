import { Duration } from 'aws-cdk-lib';
import { FilterCriteria, FilterRule } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { lifecycleEffect, tableKeys } from '#core/contract/env.ts';
import { readStream } from '#infra/constructs/read-stream.ts';
import type { Table } from '#infra/constructs/table.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import type { WorkQueue } from '#infra/constructs/work-queue.ts';

export interface RelayProps {
  readonly table: Table;
  readonly relay: TaskFunction;
  readonly effectsQueue: WorkQueue;
}

/**
 * From the table's stream to the relay: only items whose last write named effects. An item whose effects fail is
 * named to the effects queue by the relay itself; a batch that fails five times all the same (the relay cannot even do
 * that) is named in the effects' dead letters, so that it never blocks its shard.
 */
export class Relay extends Construct {
  constructor(scope: Construct, id: string, props: RelayProps) {
    super(scope, id);
    const { table, relay, effectsQueue } = props;
    readStream(this, {
      table,
      reader: relay,
      effectsQueue,
      mapping: {
        bisectBatchOnError: true,
        retryAttempts: 5,
        maxRecordAge: Duration.hours(12),
        filters: [
          // What a stage's decision or a run's end names.
          FilterCriteria.filter({ dynamodb: { NewImage: { [tableKeys.outbox]: { S: FilterRule.exists() } } } }),
          // A run's changes before its end, for the bus.
          FilterCriteria.filter({
            dynamodb: {
              NewImage: {
                [tableKeys.sortKey]: { S: FilterRule.isEqual('RUN') },
                [tableKeys.status]: { S: FilterRule.or('RUNNING', 'PAUSED', 'CANCELLING') },
              },
            },
          }),
          // Every change of a task whose workflow asked for that.
          FilterCriteria.filter({
            dynamodb: { NewImage: { [tableKeys.effects]: { S: FilterRule.beginsWith(lifecycleEffect) } } },
          }),
          // A task names its effects at birth; they are due once it has ended.
          FilterCriteria.filter({
            dynamodb: {
              NewImage: {
                [tableKeys.effects]: { S: FilterRule.exists() },
                [tableKeys.endedAt]: { N: FilterRule.exists() },
              },
            },
          }),
        ],
      },
      behind: {
        meaning: 'The relay is more than a minute behind the table: task tokens and events are late.',
        runbook: 'relay-behind',
      },
    });
  }
}
