import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { RuleMatched } from '#core/contract/trigger.ts';
import { WorkflowTrigger } from '#infra/constructs/workflow-trigger.ts';
import { createApp } from './assemblies.ts';
import { ofType, type Resources } from './synthesise.ts';

const synthesise = (): Resources => {
  const stack = new Stack(createApp(), 'Shop');
  const trigger = new WorkflowTrigger(stack, 'OnOrder', {
    eventBus: new EventBus(stack, 'Bus'),
    eventPattern: { source: ['shop'], detailType: ['OrderPlaced'], detail: { total: [{ numeric: ['>', 100] }] } },
    tenant: 'acme',
    workflow: 'review',
    version: 3,
    inputTemplate: { order: '{{ event.detail.order }}' },
    triggersQueue: new Queue(stack, 'Triggers'),
    deadLetters: new Queue(stack, 'Dead'),
  });
  expect(trigger.node.path).toBe('Shop/OnOrder');
  return Template.fromStack(stack).toJSON()['Resources'];
};

describe('WorkflowTrigger', () => {
  it('makes a rule whose message the trigger function understands', () => {
    const [[, rule] = []] = ofType(synthesise(), 'AWS::Events::Rule');
    expect(rule?.Properties).toMatchObject({
      EventPattern: { source: ['shop'], 'detail-type': ['OrderPlaced'], detail: { total: [{ numeric: ['>', 100] }] } },
      Targets: [{ DeadLetterConfig: expect.anything(), RetryPolicy: { MaximumRetryAttempts: 20 } }],
    });
    const event = { id: 'e-1', source: 'shop', 'detail-type': 'OrderPlaced', detail: { order: 7 } };
    const template: string = rule?.Properties.Targets[0].InputTransformer.InputTemplate;
    const message = JSON.parse(template.replace('<aws.events.event.json>', JSON.stringify(event)));
    expect(RuleMatched.parse(message)).toMatchObject({
      rule: 'OnOrder',
      tenant: 'acme',
      workflow: 'review',
      version: 3,
      event,
    });
  });

  it('may send to the queue by that rule alone', () => {
    const policies = ofType(synthesise(), 'AWS::SQS::QueuePolicy');
    expect(policies).toHaveLength(2);
    for (const [, { Properties }] of policies)
      expect(Properties.PolicyDocument.Statement).toMatchObject([
        { Action: 'sqs:SendMessage', Condition: { ArnEquals: { 'aws:SourceArn': expect.anything() } } },
      ]);
  });
});
