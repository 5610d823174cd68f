import { CfnRule, type EventPattern, type IEventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface WorkflowTriggerProps {
  /** The bus whose events are matched: Muster's own, or any other of the account. */
  readonly eventBus: Pick<IEventBus, 'eventBusName'>;
  /** Which events start a run. */
  readonly eventPattern: EventPattern;
  /** Whose workflow it is. @default 'default' */
  readonly tenant?: string;
  readonly workflow: string;
  /** @default - the newest version when the event comes */
  readonly version?: number;
  /** Template of the run's input; paths begin with `event`. @default - the event's detail */
  readonly inputTemplate?: unknown;
  /** Muster's triggers queue, and where go what EventBridge cannot hand over. */
  readonly triggersQueue: IQueue;
  readonly deadLetters: IQueue;
}

const patternOf = (pattern: EventPattern): Readonly<Record<string, unknown>> => ({
  ...(pattern.source === undefined ? {} : { source: pattern.source }),
  ...(pattern.detailType === undefined ? {} : { 'detail-type': pattern.detailType }),
  ...(pattern.detail === undefined ? {} : { detail: pattern.detail }),
  ...(pattern.account === undefined ? {} : { account: pattern.account }),
  ...(pattern.region === undefined ? {} : { region: pattern.region }),
  ...(pattern.resources === undefined ? {} : { resources: pattern.resources }),
});

/**
 * Starts a workflow of a fixed tenant whenever an event matches: a rule of its own, so that any bus of the account may be
 * listened to. A run starts once for each event id.
 */
export class WorkflowTrigger extends Construct {
  constructor(scope: Construct, id: string, props: WorkflowTriggerProps) {
    super(scope, id);
    const { tenant = 'default', workflow, version, inputTemplate, triggersQueue, deadLetters } = props;
    const asked = {
      kind: 'rule',
      rule: id,
      tenant,
      workflow,
      ...(version === undefined ? {} : { version }),
      ...(inputTemplate === undefined ? {} : { inputTemplate }),
    };
    const rule = new CfnRule(this, 'Rule', {
      description: `Starts the workflow ${workflow} of ${tenant}`,
      eventBusName: props.eventBus.eventBusName,
      eventPattern: patternOf(props.eventPattern),
      targets: [
        {
          id: 'Triggers',
          arn: triggersQueue.queueArn,
          // The whole event, put in place of its name by EventBridge.
          inputTransformer: { inputTemplate: `${JSON.stringify(asked).slice(0, -1)},"event":<aws.events.event.json>}` },
          deadLetterConfig: { arn: deadLetters.queueArn },
          retryPolicy: { maximumRetryAttempts: 20, maximumEventAgeInSeconds: 4 * 3600 },
        },
      ],
    });
    for (const queue of [triggersQueue, deadLetters]) {
      queue.addToResourcePolicy(
        new PolicyStatement({
          effect: Effect.ALLOW,
          principals: [new ServicePrincipal('events.amazonaws.com')],
          actions: ['sqs:SendMessage'],
          resources: [queue.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': rule.attrArn } },
        }),
      );
    }
  }
}
