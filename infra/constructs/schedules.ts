import { Aws, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageSettings } from '#infra/config/config.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import { acknowledgeWildcard } from '#infra/wildcards.ts';

export interface SchedulesProps {
  readonly settings: StageSettings;
  /** Where a schedule's times are announced. */
  readonly triggersQueue: IQueue;
}

/** The schedules of triggers, made at run time: a group that goes with the stack, and the role under which they send. */
export class Schedules extends Construct {
  private readonly group: ScheduleGroup;
  private readonly role: Role;
  private readonly queue: IQueue;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    this.queue = props.triggersQueue;
    this.group = new ScheduleGroup(this, 'Group', { removalPolicy: props.settings.removalPolicy });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      description: 'Announces the times of triggers',
    });
    this.role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }));
  }

  /** Lets a function make, change and remove schedules of this group, which send under the role. */
  grantManage(grantee: TaskFunction): void {
    const schedules = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.group.scheduleGroupName}/*`,
    });
    grantee.allow(['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'], [schedules]);
    grantee.allow(['iam:PassRole'], [this.role.roleArn]);
    acknowledgeWildcard(grantee, schedules, 'Schedules are made at run time; they are all of this group.');
    grantee.setEnvironment('scheduleGroup', this.group.scheduleGroupName);
    grantee.setEnvironment('scheduleRoleArn', this.role.roleArn);
    grantee.setEnvironment('triggersQueueArn', this.queue.queueArn);
  }
}
