import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AwsError } from '#local/contract.ts';
import { type Answer, fixture } from './fixture.ts';

const task = (resource: string, args: unknown, fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  T: { Type: 'Task', Resource: `arn:aws:states:::${resource}`, Arguments: args, ...fields, End: true },
});

async function run(
  states: Record<string, unknown>,
  answer?: Answer,
  input?: unknown,
): Promise<{ calls: unknown[]; end: Record<string, unknown>; output: unknown }> {
  const { create, start, finish, calls, describe: about } = fixture(answer);
  const arn = await start(create('m', states), input);
  await finish();
  const end = await about(arn);
  const { output } = z.looseObject({ output: z.string().default('null') }).parse(end);
  return { calls, end, output: JSON.parse(output) };
}
const refuse =
  (code: string, message: string, statusCode?: number): Answer =>
  () => {
    throw new AwsError(code, message, statusCode);
  };
const roleArn = 'arn:aws:iam::000000000000:role/machine';

describe('lambda:invoke', () => {
  it('sends the payload as JSON and gives AWS’s result', async () => {
    const answer: Answer = () => ({ StatusCode: 200, ExecutedVersion: '$LATEST', Payload: { sum: 3 } });
    const { calls, output } = await run(task('lambda:invoke', { FunctionName: 'f', Payload: { a: 1 } }), answer);
    expect(calls).toEqual([
      { service: 'lambda', action: 'Invoke', input: { FunctionName: 'f', Payload: '{"a":1}' }, roleArn },
    ]);
    expect(output).toMatchObject({ ExecutedVersion: '$LATEST', Payload: { sum: 3 }, StatusCode: 200 });
    expect(output).toMatchObject({ SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: {} });
  });

  it('reads the bytes of an SDK client', async () => {
    const answer: Answer = () => ({ StatusCode: 200, Payload: new TextEncoder().encode('[1]') });
    expect((await run(task('lambda:invoke', { FunctionName: 'f' }), answer)).output).toMatchObject({ Payload: [1] });
  });

  it('names the function’s error by its errorType, with the payload as the cause', async () => {
    const payload = { errorType: 'StaleAttemptError', errorMessage: 'too late', trace: [] };
    const answer: Answer = () => ({ StatusCode: 200, FunctionError: 'Unhandled', Payload: payload });
    const { end } = await run(task('lambda:invoke', { FunctionName: 'f' }), answer);
    expect(end).toMatchObject({ status: 'FAILED', error: 'StaleAttemptError', cause: JSON.stringify(payload) });
  });

  it('calls an error without a type Lambda.Unknown', async () => {
    const answer: Answer = () => ({ StatusCode: 200, FunctionError: 'Unhandled', Payload: null });
    expect((await run(task('lambda:invoke', { FunctionName: 'f' }), answer)).end).toMatchObject({
      error: 'Lambda.Unknown',
    });
  });

  it.each([
    ['ResourceNotFoundException', 404, 'Lambda.ResourceNotFoundException'],
    ['TooManyRequestsException', 429, 'Lambda.TooManyRequestsException'],
    ['ServiceException', 500, 'Lambda.ServiceException'],
    ['AccessDeniedException', 403, 'Lambda.AWSLambdaException'],
  ])('maps %s', async (code, status, expected) => {
    const { end } = await run(task('lambda:invoke', { FunctionName: 'f' }), refuse(code, 'sorry', status));
    expect(end).toMatchObject({ status: 'FAILED', error: expected });
    expect(end['cause']).toContain(
      `sorry (Service: AWSLambda; Status Code: ${status}; Error Code: ${code}; Request ID: `,
    );
  });

  it('maps what is no answer at all to SdkClientException', async () => {
    const answer: Answer = () => {
      throw new Error('connection refused');
    };
    const { end } = await run(task('lambda:invoke', { FunctionName: 'f' }), answer);
    expect(end).toMatchObject({ error: 'Lambda.SdkClientException', cause: 'connection refused' });
  });

  it('invokes a bare function ARN with the arguments and gives the bare result', async () => {
    const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
    const states = { T: { Type: 'Task', Resource: arn, Arguments: { x: '{% $states.input.x %}' }, End: true } };
    const { calls, output } = await run(states, () => ({ StatusCode: 200, Payload: 7 }), { x: 1 });
    expect(calls).toMatchObject([{ input: { FunctionName: arn, Payload: '{"x":1}' } }]);
    expect(output).toBe(7);
  });
});

describe('sqs:sendMessage', () => {
  it('writes an object body as JSON and passes the rest on', async () => {
    const args = { QueueUrl: 'https://queue', MessageBody: { a: [1] }, DelaySeconds: 5, MessageGroupId: 'g' };
    const { calls, output } = await run(task('sqs:sendMessage', args), () => ({ MessageId: 'm1' }));
    expect(calls).toMatchObject([
      { service: 'sqs', action: 'SendMessage', input: { ...args, MessageBody: '{"a":[1]}' } },
    ]);
    expect(output).toMatchObject({ MessageId: 'm1' });
  });

  it('leaves a text body as it is', async () => {
    const { calls } = await run(task('sqs:sendMessage', { QueueUrl: 'q', MessageBody: 'hi' }));
    expect(calls).toMatchObject([{ input: { MessageBody: 'hi' } }]);
  });

  it.each([
    ['QueueDoesNotExist', 'SQS.QueueDoesNotExistException'],
    ['MissingParameter', 'SQS.AmazonSQSException'],
  ])('maps %s', async (code, expected) => {
    const { end } = await run(task('sqs:sendMessage', { QueueUrl: 'q', MessageBody: 'x' }), refuse(code, 'no'));
    expect(end).toMatchObject({ error: expected });
  });
});

describe('events:putEvents', () => {
  const entry = { Source: 's', DetailType: 't', Detail: { a: 1 } };

  it('writes Detail as JSON and names machine and execution as resources', async () => {
    const { calls, output } = await run(
      task('events:putEvents', { Entries: [{ ...entry, Resources: ['r'] }] }),
      () => ({
        Entries: [{ EventId: '1' }],
        FailedEntryCount: 0,
      }),
    );
    const machine = 'arn:aws:states:eu-west-1:000000000000:stateMachine:m';
    const execution = 'arn:aws:states:eu-west-1:000000000000:execution:m:run';
    expect(calls).toMatchObject([
      { input: { Entries: [{ Detail: '{"a":1}', Resources: ['r', machine, execution] }] } },
    ]);
    expect(output).toEqual({ Entries: [{ EventId: '1' }], FailedEntryCount: 0 });
  });

  it('fails with EventBridge.FailedEntry when an entry failed', async () => {
    const result = { Entries: [{ ErrorCode: 'MalformedDetail' }], FailedEntryCount: 1 };
    const { end } = await run(task('events:putEvents', { Entries: [entry] }), () => result);
    expect(end).toMatchObject({ error: 'EventBridge.FailedEntry', cause: JSON.stringify(result) });
  });
});

describe('dynamodb', () => {
  it.each(['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'])('calls %s', async (action) => {
    const resource = `dynamodb:${action.charAt(0).toLowerCase()}${action.slice(1)}`;
    const args = { TableName: 't', Key: { pk: { S: 'a' } } };
    const { calls, output } = await run(task(resource, args), () => ({ Item: { pk: { S: 'a' } } }));
    expect(calls).toMatchObject([{ service: 'dynamodb', action, input: args }]);
    expect(output).toMatchObject({ Item: { pk: { S: 'a' } } });
  });

  it.each([
    ['ConditionalCheckFailedException', 'DynamoDB.ConditionalCheckFailedException'],
    ['ValidationException', 'DynamoDB.AmazonDynamoDBException'],
  ])('maps %s', async (code, error) => {
    const { end } = await run(task('dynamodb:putItem', { TableName: 't', Item: {} }), refuse(code, 'no'));
    expect(end).toMatchObject({ error });
  });
});

describe('states:startExecution', () => {
  const child = { C: { Type: 'Wait', Seconds: 100, Output: { doubled: '{% $states.input.n * 2 %}' }, End: true } };
  const parent = (pattern: string, fields: Record<string, unknown> = {}): Record<string, unknown> =>
    task(`states:startExecution${pattern}`, { StateMachineArn: '{% $states.input.child %}', Input: { n: 4 } }, fields);

  it('plain: does not wait for the child', async () => {
    const { create, start, describe: about } = fixture();
    const arn = await start(create('m', parent('')), { child: create('child', child) });
    const end = await about(arn);
    expect(end).toMatchObject({ status: 'SUCCEEDED' });
    const { ExecutionArn: childArn, StartDate } = JSON.parse(String(end['output']));
    expect(StartDate).toBe(Date.UTC(2026, 0, 1));
    expect(await about(childArn)).toMatchObject({ status: 'RUNNING', input: '{"n":4}' });
  });

  it('.sync:2 waits and gives the child’s output as JSON', async () => {
    const { create, start, finish, describe: about, types } = fixture();
    const arn = await start(create('m', parent('.sync:2', { Output: '{% $states.result.Output.doubled %}' })), {
      child: create('child', child),
    });
    expect(await about(arn)).toMatchObject({ status: 'RUNNING' });
    await finish();
    expect(await about(arn)).toMatchObject({ status: 'SUCCEEDED', output: '8' });
    expect(await types(arn)).toContain('TaskSubmitted');
  });

  it('.sync gives the output as text', async () => {
    const { create, start, finish, describe: about } = fixture();
    const arn = await start(create('m', parent('.sync', { Output: '{% $states.result.Output %}' })), {
      child: create('child', child),
    });
    await finish();
    expect(JSON.parse(String((await about(arn))['output']))).toBe('{"doubled":8}');
  });

  // Measured on AWS for both patterns: the cause has the child's input as text.
  it.each(['.sync', '.sync:2'])(
    '%s: a child that fails is States.TaskFailed, described in the cause',
    async (pattern) => {
      const { create, start, finish, describe: about } = fixture();
      const failing = { F: { Type: 'Fail', Error: 'Bad', Cause: 'x' } };
      const arn = await start(create('m', parent(pattern)), { child: create('child', failing) });
      await finish();
      const end = await about(arn);
      expect(end).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
      const { Name } = z.object({ Name: z.string() }).parse(JSON.parse(String(end['cause'])));
      const at = Date.UTC(2026, 0, 1);
      const machine = 'arn:aws:states:eu-west-1:000000000000:stateMachine:child';
      expect(end['cause']).toBe(
        `{"Cause":"x","Error":"Bad","ExecutionArn":"${machine.replace('stateMachine', 'execution')}:${Name}",` +
          `"Input":"{\\"n\\":4}","InputDetails":{"Included":true},"Name":"${Name}","RedriveCount":0,` +
          `"RedriveStatus":"REDRIVABLE","StartDate":${at},"StateMachineArn":"${machine}","Status":"FAILED",` +
          `"StopDate":${at}}`,
      );
    },
  );

  it('only States.TaskFailed and States.ALL catch the failure of a child, not the child’s own error', async () => {
    const failing = { F: { Type: 'Fail', Error: 'Bad' } };
    const caught = async (name: string): Promise<Record<string, unknown>> => {
      const { create, start, finish, describe: about } = fixture();
      const Catch = [{ ErrorEquals: [name], Next: 'Caught' }];
      const states = { ...parent('.sync:2', { Catch }), Caught: { Type: 'Succeed' } };
      const arn = await start(create('m', states), { child: create('child', failing) });
      await finish();
      return about(arn);
    };
    expect(await caught('States.TaskFailed')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await caught('States.ALL')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await caught('Bad')).toMatchObject({ status: 'FAILED' });
  });

  it('a name that is taken is an error', async () => {
    const { create, start, finish, describe: about } = fixture();
    const childMachine = create('child', child);
    await start(childMachine, { n: 1 }, 'taken');
    const args = { StateMachineArn: childMachine, Name: 'taken', Input: { n: 4 } };
    const arn = await start(create('m', task('states:startExecution', args)));
    await finish();
    expect(await about(arn)).toMatchObject({ error: 'StepFunctions.ExecutionAlreadyExistsException' });
  });

  it('stopping the parent stops the child it waits for', async () => {
    const { service, create, start, describe: about } = fixture();
    const childMachine = create('child', child);
    const executionArn = await start(create('m', parent('.sync:2')), { child: childMachine });
    await service.handle('StopExecution', { executionArn });
    await service.idle();
    const listed = await service.handle('ListExecutions', { stateMachineArn: childMachine });
    expect(listed['executions']).toMatchObject([{ status: 'ABORTED' }]);
    const [stopped] = z.tuple([z.object({ executionArn: z.string() })]).parse(listed['executions']);
    expect(await about(stopped.executionArn)).toMatchObject({
      cause: `The Task state in AWS Step Functions execution [${executionArn}] which was managing this resource was aborted`,
    });
    expect(await about(executionArn)).toMatchObject({ status: 'ABORTED' });
  });

  it('an unknown state machine is named as on AWS', async () => {
    const { end } = await run(parent(''), undefined, {
      child: 'arn:aws:states:eu-west-1:000000000000:stateMachine:none',
    });
    expect(end).toMatchObject({ error: 'StepFunctions.StateMachineDoesNotExistException' });
  });
});
