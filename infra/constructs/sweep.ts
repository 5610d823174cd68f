import { Aws, Duration } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { ScheduleTargetBase, type ScheduleTargetBaseProps } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { addRunbookAlarm, alarmPeriod } from '#infra/constructs/alarms.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';

export interface SweepProps {
  readonly sweep: TaskFunction;
  readonly deadLetters: IQueue;
}

/** Invokes the function itself; the CDK's own target may invoke each of its versions as well. */
class InvokeFunction extends ScheduleTargetBase {
  private readonly functionArn: string;

  constructor({ functionArn }: IFunction, props: ScheduleTargetBaseProps) {
    super(props, functionArn);
    this.functionArn = functionArn;
  }

  protected override addTargetActionToRole(role: IRole): void {
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.functionArn] }),
    );
  }
}

/**
 * Runs the sweep every minute. It has no reserved concurrency: a new account has 10 environments in all, may reserve none
 * of them, and the deployment would fail. Two sweeps at once are slow, not wrong: every change is conditional.
 */
export class Sweep extends Construct {
  constructor(scope: Construct, id: string, props: SweepProps) {
    super(scope, id);
    const target = props.sweep.function;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: 'Invokes the sweep',
    });
    new Schedule(this, 'EveryMinute', {
      description: 'The sweep of Muster',
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new InvokeFunction(target, {
        role,
        deadLetterQueue: props.deadLetters,
        // The next minute does what this one could not.
        retryAttempts: 2,
        maxEventAge: Duration.minutes(2),
      }),
    });
    addRunbookAlarm(this, 'Silent', {
      metric: target.metricInvocations({ period: alarmPeriod }),
      meaning: 'The sweep has not run for five minutes: silent agents and overdue tasks go unnoticed.',
      runbook: 'sweep-silent',
      below: 1,
    });
    addRunbookAlarm(this, 'Failing', {
      metric: target.metricErrors({ period: alarmPeriod }),
      meaning: 'The sweep failed more than once in five minutes.',
      runbook: 'sweep-failing',
      above: 1,
    });
  }
}
