import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { type Platform, startPlatform } from '#local/platform/start-platform.ts';
import { type EditableTemplate, editAssembly, find } from './edit-assembly.ts';

// Whole platforms with cold functions: seconds alone, more beside a full test run.
vi.setConfig({ testTimeout: 60_000 });

const running: Platform[] = [];
const cleanups: (() => void)[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((platform) => platform.stop()));
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function startEdited(edit: (template: EditableTemplate) => void): Promise<Platform> {
  const assembly = editAssembly(edit);
  cleanups.push(() => assembly[Symbol.dispose]());
  const platform = await startPlatform({ assemblyDirectory: assembly.directory, port: 0 });
  running.push(platform);
  return platform;
}

const settings = ({ endpointUrl: endpoint, region, credentials }: Platform) => ({ endpoint, region, credentials });

async function auditIds(platform: Platform): Promise<string[]> {
  const command = new ScanCommand({ TableName: platform.outputs.AuditTable });
  const { Items = [] } = await new DynamoDBClient(settings(platform)).send(command);
  return Items.map((item) => item.id?.S ?? '');
}

/** Adds an output that shows a value of the template. */
function show(template: EditableTemplate, name: string, value: unknown): void {
  template.Outputs = { ...z.record(z.string(), z.unknown()).parse(template.Outputs), [name]: { Value: value } };
}

const getArn = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

describe('schedules made at run time', () => {
  it('call a function of the stack until they are deleted', async () => {
    const platform = await startEdited((template) => {
      show(template, 'NoteArn', getArn(find(template, 'Note', '::Function')[0]));
      show(template, 'CallerArn', getArn(find(template, 'SchedulerRole', '::Role')[0]));
      show(template, 'StrangerArn', getArn(find(template, 'NoteServiceRole', '::Role')[0]));
    });
    const scheduler = new SchedulerClient(settings(platform));
    const schedule = (RoleArn: string | undefined) => ({
      Name: 'reminder',
      ScheduleExpression: 'rate(1 hour)',
      FlexibleTimeWindow: { Mode: 'OFF' as const },
      Target: { Arn: platform.outputs.NoteArn, RoleArn, Input: '{"kind":"reminder"}' },
    });
    await expect(scheduler.send(new CreateScheduleCommand(schedule(platform.outputs.StrangerArn)))).rejects.toThrow(
      'must allow AWS EventBridge Scheduler to assume the role',
    );
    const { ScheduleArn } = await scheduler.send(new CreateScheduleCommand(schedule(platform.outputs.CallerArn)));
    expect(ScheduleArn).toBe('arn:aws:scheduler:us-east-1:000000000000:schedule/default/reminder');
    await expect.poll(() => auditIds(platform), { timeout: 25_000 }).toContain('reminder');
    const got = await scheduler.send(new GetScheduleCommand({ Name: 'reminder' }));
    expect(got).toMatchObject({ State: 'ENABLED', CreationDate: expect.any(Date) });
    await scheduler.send(new DeleteScheduleCommand({ Name: 'reminder' }));
    await expect(scheduler.send(new GetScheduleCommand({ Name: 'reminder' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('a configuration of asynchronous invocations', () => {
  const configure = (template: EditableTemplate, destination: unknown): void => {
    const [noteId] = find(template, 'Note', '::Function');
    template.Resources.NoteAsync = {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: noteId },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnSuccess: { Destination: destination } },
      },
    };
  };

  it('sends what a function made of a scheduled event to a queue, when its role may', async () => {
    const platform = await startEdited((template) => {
      const [queueId] = find(template, 'DeadLetters', '::Queue');
      configure(template, getArn(queueId));
      show(template, 'ResultsName', { 'Fn::GetAtt': [queueId, 'QueueName'] });
      const statement = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: getArn(queueId) };
      template.Resources.NoteMaySend = {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'send',
          PolicyDocument: { Statement: [statement] },
          Roles: [{ Ref: find(template, 'NoteServiceRole', '::Role')[0] }],
        },
      };
    });
    const sqs = new SQSClient(settings(platform));
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: platform.outputs.ResultsName }));
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    expect(JSON.parse(Messages[0]?.Body ?? '{}')).toMatchObject({
      requestContext: { condition: 'Success', approximateInvokeCount: 1 },
      requestPayload: { kind: 'nightly' },
      responsePayload: { noted: 'nightly' },
    });
  });

  it('is refused when it names a topic, which nobody would hear', async () => {
    const starting = startEdited((template) => configure(template, 'arn:aws:sns:us-east-1:000000000000:topic'));
    await expect(starting).rejects.toThrow('only queues, functions and event buses are destinations locally');
  });
});

describe('a state machine that starts another', () => {
  const startChild = (pattern: string, fields: Record<string, unknown>) => ({
    Type: 'Task',
    Resource: `arn:aws:states:::states:startExecution${pattern}`,
    Arguments: { StateMachineArn: '{% $states.context.Execution.Input.child %}', Input: { n: 4 } },
    ...fields,
  });

  /** A child that doubles, and a parent that starts it twice: without waiting for it, and waiting. */
  function addMachines(template: EditableTemplate): void {
    const machine = (StartAt: string, States: unknown) => ({
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        Definition: { QueryLanguage: 'JSONata', StartAt, States },
        RoleArn: getArn(find(template, 'FulfilRole', '::Role')[0]),
      },
    });
    template.Resources.Double = machine('Double', {
      Double: { Type: 'Pass', Output: { doubled: '{% $states.input.n * 2 %}' }, End: true },
    });
    const started = { started: '{% $exists($states.result.ExecutionArn) %}' };
    template.Resources.Twice = machine('Plain', {
      Plain: startChild('', { Assign: started, Next: 'Sync' }),
      Sync: startChild('.sync:2', { Output: '{% [$started, $states.result.Output.doubled] %}', End: true }),
    });
    show(template, 'TwiceArn', { Ref: 'Twice' });
    show(template, 'DoubleArn', { Ref: 'Double' });
  }

  function allowStart(template: EditableTemplate): void {
    const statement = { Effect: 'Allow', Action: 'states:StartExecution', Resource: { Ref: 'Double' } };
    template.Resources.MayStart = {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'start',
        PolicyDocument: { Statement: [statement] },
        Roles: [{ Ref: find(template, 'FulfilRole', '::Role')[0] }],
      },
    };
  }

  async function runTwice(platform: Platform): Promise<unknown> {
    const sfn = new SFNClient(settings(platform));
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({
        stateMachineArn: platform.outputs.TwiceArn,
        input: JSON.stringify({ child: platform.outputs.DoubleArn }),
      }),
    );
    const describeIt = () => sfn.send(new DescribeExecutionCommand({ executionArn }));
    await expect.poll(async () => (await describeIt()).status, { timeout: 10_000 }).not.toBe('RUNNING');
    return describeIt();
  }

  it('goes on at once, or waits and gets its output', async () => {
    const platform = await startEdited((template) => {
      addMachines(template);
      allowStart(template);
    });
    expect(await runTwice(platform)).toMatchObject({ status: 'SUCCEEDED', output: '[true,8]' });
  });

  it('fails when its role may not', async () => {
    const platform = await startEdited(addMachines);
    expect(await runTwice(platform)).toMatchObject({
      status: 'FAILED',
      error: 'StepFunctions.AWSStepFunctionsException',
      cause: expect.stringContaining('is not authorized to perform: states:StartExecution on resource'),
    });
  });
});
