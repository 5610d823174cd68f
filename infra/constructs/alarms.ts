import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

export interface RunbookAlarmProps {
  readonly metric: IMetric;
  /** What the operator should understand from it, one sentence. */
  readonly meaning: string;
  /** Anchor in `docs/runbook.md`. */
  readonly runbook: string;
  /** In alarm above this. @default 0 */
  readonly above?: number;
  /** In alarm below this, instead of above; missing data counts as below. */
  readonly below?: number;
  /** How many periods in a row. @default 1 */
  readonly periods?: number;
}

/** The period of metrics that alarms look at. */
export const alarmPeriod = Duration.minutes(5);

/**
 * An alarm that names its page in the runbook. Whom it tells is for `Operations` to say; every alarm is visible in CloudWatch
 * and on the account's default bus as `CloudWatch Alarm State Change`.
 */
export function addRunbookAlarm(scope: Construct, id: string, props: RunbookAlarmProps): Alarm {
  return new Alarm(scope, id, {
    metric: props.metric,
    alarmDescription: `${props.meaning} See docs/runbook.md#${props.runbook}`,
    threshold: props.below ?? props.above ?? 0,
    comparisonOperator:
      props.below === undefined ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: props.periods ?? 1,
    treatMissingData: props.below === undefined ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
  });
}
