import { AttributeType, Billing, ProjectionType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { indexes, tableKeys } from '#core/contract/env.ts';
import type { StageSettings } from '#infra/config/config.ts';
import type { IndexName, TableAction } from '#infra/config/functions.ts';
import { addRunbookAlarm, alarmPeriod } from '#infra/constructs/alarms.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';

export interface TableProps {
  readonly settings: StageSettings;
}

/** The one table: on demand, with its stream, expiry, point-in-time recovery and three keys-only indexes. */
export class Table extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id);
    const text = (name: string) => ({ name, type: AttributeType.STRING });
    this.table = new TableV2(this, 'Table', {
      partitionKey: text(tableKeys.partitionKey),
      sortKey: text(tableKeys.sortKey),
      billing: Billing.onDemand(),
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: tableKeys.ttl,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.settings.deletionProtection,
      removalPolicy: props.settings.removalPolicy,
      globalSecondaryIndexes: Object.values(indexes).map((index) => ({
        indexName: index.name,
        partitionKey: text(index.partitionKey),
        sortKey: text(index.sortKey),
        projectionType: ProjectionType.KEYS_ONLY,
      })),
    });
    for (const kind of ['Read', 'Write'] as const) {
      addRunbookAlarm(this, `${kind}sThrottled`, {
        metric: this.table.metric(`${kind}ThrottleEvents`, { statistic: 'Sum', period: alarmPeriod }),
        meaning: `DynamoDB refused ${kind.toLowerCase()}s of the table for their rate.`,
        runbook: 'table-throttled',
        above: 10,
        periods: 2,
      });
    }
  }

  /** The table's stream. */
  get streamArn(): string {
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error('the table was defined without a stream');
    return tableStreamArn;
  }

  /** Lets a function do these actions on the table and query these indexes, each by its own name, and tells it the table's. */
  grantAccess(grantee: TaskFunction, actions: readonly TableAction[], indexNames: readonly IndexName[] = []): void {
    if (actions.length > 0) {
      grantee.allow(
        actions.map((action) => `dynamodb:${action}`),
        [this.table.tableArn],
      );
    }
    if (indexNames.length > 0) {
      grantee.allow(
        ['dynamodb:Query'],
        indexNames.map((name) => `${this.table.tableArn}/index/${indexes[name].name}`),
      );
    }
    grantee.setEnvironment('tableName', this.table.tableName);
  }
}
