import { randomUUID } from 'node:crypto';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { startPlatform } from '#local/platform/start-platform.ts';
import { synthesise } from '../../scripts/synthesise.ts';
import { EditedStack } from './support/edit-stack.ts';
import { equip, type Muster } from './support/start-muster.ts';
import { addKey } from './support/tenants.ts';
import { until } from './support/until.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Runs the stack as synthesised but for one edit. */
const bootEdited = async (edit: (stack: EditedStack) => void): Promise<Muster> => {
  const stack = EditedStack.copy(synthesise(() => undefined).directory);
  ends.push(() => stack.discard());
  edit(stack);
  stack.save();
  const lines: string[] = [];
  const platform = await startPlatform({
    assemblyDirectory: stack.directory,
    port: 0,
    log: (line) => lines.push(line),
  });
  ends.push(() => platform.stop());
  const reach = {
    http: platform.outputs['HttpUrl'] ?? '',
    ws: platform.ws ?? '',
    platform,
    stop: () => platform.stop(),
  };
  const bare = equip({ ...reach, apiKey: '' }, lines);
  return equip({ ...reach, apiKey: await addKey(bare, 'default', 'admin') }, lines);
};

const requirements = { capabilities: ['edited'] };

/** An agent that ends each task as soon as it has it. */
const addWorker = async (muster: Muster): Promise<string> => {
  const socket = await muster.socket();
  ends.push(() => socket.terminate());
  const { agentId } = await socket.register({ name: 'edited', capabilities: ['edited'] });
  void (async () => {
    for (;;) {
      const { payload } = await socket.next('task.assigned', () => true, 100_000);
      socket.send('task.result', { taskId: payload['task'].taskId, attempt: 1, output: 'done' });
    }
  })().catch(() => undefined);
  return agentId;
};

const startRun = async (muster: Muster): Promise<string> => {
  const tasks = [{ id: 'a', type: 't', requirements }];
  expect((await muster.call('POST /workflows', { mode: 'parallel', name: 'edited', tasks })).status).toBe(201);
  const { body } = await muster.call('POST /runs', { workflow: 'edited' });
  return body.runId;
};

/** How the only execution has ended. */
const endOfExecution = (muster: Muster, machine: string): Promise<{ status: string; error: string | undefined }> =>
  until('the execution ends', async () => {
    const client = new SFNClient(muster.aws);
    const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({}));
    const stateMachineArn = stateMachines.find(({ name }) => name?.includes(machine))?.stateMachineArn;
    const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
    const executionArn = executions[0]?.executionArn;
    if (executionArn === undefined) return undefined;
    const { status = 'RUNNING', error } = await client.send(new DescribeExecutionCommand({ executionArn }));
    client.destroy();
    return status === 'RUNNING' ? undefined : { status, error };
  });

const waitingMessages = async (muster: Muster, queue: string): Promise<number> => {
  const client = new SQSClient(muster.aws);
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.includes(queue));
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  client.destroy();
  return Number(Attributes?.['ApproximateNumberOfMessages']);
};

describe('the template as synthesised', () => {
  it('runs a workflow to its end', async () => {
    const muster = await bootEdited(() => undefined);
    await addWorker(muster);
    const runId = await startRun(muster);
    expect(await endOfExecution(muster, 'Parallel')).toEqual({ status: 'SUCCEEDED', error: undefined });
    expect((await muster.call(`GET /runs/${runId}`)).body).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect((await muster.call(`GET /tasks/tsk_${randomUUID()}/explain`)).body.detail).toContain('task');
  });
});

describe('an edit of the template', () => {
  it('that removes a route takes it off the API, and no other', async () => {
    const key = 'GET /v1/tasks/{taskId}/explain';
    const muster = await bootEdited((stack) =>
      stack.remove(stack.find('AWS::ApiGatewayV2::Route', (_id, { Properties }) => Properties['RouteKey'] === key)),
    );
    const { body: task } = await muster.call('POST /tasks', { type: 't', requirements });
    expect((await muster.call(`GET /tasks/${task.taskId}`)).status).toBe(200);
    const gone = await muster.call(`GET /tasks/${task.taskId}/explain`);
    expect(gone).toMatchObject({ status: 404, contentType: 'application/problem+json' });
    expect(gone.body.detail).toContain('There is no route');
  });

  it("that removes a queue's event source leaves its messages where they are", async () => {
    const muster = await bootEdited((stack) =>
      stack.remove(
        stack.find('AWS::Lambda::EventSourceMapping', (_id, { Properties }) =>
          String(Properties['FunctionName'].Ref).startsWith('FunctionsQueueDispatchFunction'),
        ),
      ),
    );
    await addWorker(muster);
    const runId = await startRun(muster);
    await until('the stage is asked for', async () => (await waitingMessages(muster, 'QueuesTasksQueue')) === 1);
    const { body: run } = await muster.call(`GET /runs/${runId}`);
    expect(run).toMatchObject({ status: 'RUNNING', steps: [{ step: 'a', status: 'PENDING', tasks: [] }] });
    const { body } = await muster.call('POST /tasks', { type: 't', requirements });
    await until('a task without a queue in between is done all the same', async () => {
      const { body: seen } = await muster.call(`GET /tasks/${body.taskId}`);
      return seen.status === 'SUCCEEDED';
    });
    expect(await waitingMessages(muster, 'QueuesTasksQueue')).toBe(1);
  });

  it("that changes a state's Next changes the way of the execution", async () => {
    const muster = await bootEdited((stack) =>
      stack.editDefinition(
        stack.find('AWS::StepFunctions::StateMachine', (id) => id.startsWith('CoordinationParallel')),
        (definition) =>
          definition
            .replace('"End": true', '"Next": "Elsewhere"')
            .replace('"States": {', '"States": { "Elsewhere": { "Type": "Fail", "Error": "SentElsewhere" },'),
      ),
    );
    await addWorker(muster);
    await startRun(muster);
    expect(await endOfExecution(muster, 'Parallel')).toEqual({ status: 'FAILED', error: 'SentElsewhere' });
  });

  it('that takes one action from one role fails exactly that call', async () => {
    const muster = await bootEdited((stack) => {
      const policy = stack.find('AWS::IAM::Policy', (id) => id.startsWith('FunctionsHttpAgentsRole'));
      for (const statement of policy.Properties['PolicyDocument'].Statement)
        if (Array.isArray(statement.Action))
          statement.Action = statement.Action.filter((action: string) => action !== 'dynamodb:DeleteItem');
    });
    const agentId = await addWorker(muster);
    expect((await muster.call(`GET /agents/${agentId}`)).status).toBe(200);
    expect((await muster.call(`POST /agents/${agentId}/pause`)).body).toMatchObject({ state: 'paused' });
    const before = await muster.items();
    expect(await muster.call(`DELETE /agents/${agentId}`)).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    expect(await muster.items()).toEqual(before);
    const denied = muster.lines.filter((line) => line.includes('AccessDenied'));
    expect(denied.length).toBeGreaterThan(0);
    expect(denied.every((line) => line.includes('dynamodb:DeleteItem'))).toBe(true);
    expect((await muster.call(`POST /agents/${agentId}/resume`)).body).toMatchObject({ state: 'idle' });
  });
});
