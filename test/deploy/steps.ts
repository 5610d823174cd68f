import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import type { Json } from '#core/contract/json.ts';
import { keys } from '#core/contract/keys.ts';
import { Agent, Client } from '#sdk/index.ts';
import { HandshakeRefused, type RawSocket } from '#test/e2e/support/raw-socket.ts';
import { until } from '#test/e2e/support/until.ts';
import type { Cloud } from './cloud.ts';
import { bootstrap, deploy, destroy, lintTemplate, outputsFile } from './commands.ts';
import {
  awsOf,
  type DeployedStack,
  type Outputs,
  openStack,
  readBootstrapKey,
  readOutputs,
  rotateBootstrapKey,
  stackName,
} from './deployed-stack.ts';
import type { StepName } from './judge.ts';
import { listResources } from './left-over.ts';
import type { PythonTools } from './python-tools.ts';

/** What the steps share; each may use what those before it left. */
export interface Check {
  readonly cloud: Cloud;
  readonly tools: PythonTools;
  before?: readonly string[];
  outputs?: Outputs;
  stack?: DeployedStack;
  /** The linter's findings, if any: it looks while the stack is driven. */
  findings?: Promise<string>;
  readonly agents: Agent[];
}

export interface Step extends StepName {
  run(check: Check): Promise<void>;
}

/** A function or a pusher starts a process on first use here, on a machine that does other work too. */
const patience = { timeoutMs: 60_000, everyMs: 100 } as const;

const outputsOf = ({ outputs }: Check): Outputs => {
  assert.ok(outputs, 'the stack is not deployed');
  return outputs;
};
const stackOf = ({ stack }: Check): DeployedStack => {
  assert.ok(stack, 'there is no key for the stack');
  return stack;
};

/** What the tasks of this check carry. */
const Value = z.looseObject({ value: z.number().default(0), text: z.string().optional() });

const addAgent = async (
  check: Check,
  capability: string,
  work: (input: z.infer<typeof Value>) => Json,
): Promise<void> => {
  const { ws, apiKey } = stackOf(check);
  const agent = new Agent({
    url: ws,
    apiKey,
    name: `${capability}-agent`,
    capabilities: [capability],
    maxConcurrency: 4,
  });
  agent.handle('*', async ({ input }) => work(Value.parse(input)));
  check.agents.push(agent);
  await agent.start();
};

const task = (type: string, input: Json) => ({ type, input, requirements: { capabilities: [type] } });

const endsOfRuns = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'];
const runEnds = (stack: DeployedStack, runId: string) =>
  until(
    `run ${runId} ends`,
    async () => {
      const { body } = await stack.call(`GET /runs/${runId}`);
      return endsOfRuns.includes(body.status) ? body : undefined;
    },
    patience,
  );

const define = async (stack: DeployedStack, definition: Record<string, unknown>): Promise<string> => {
  const name = `w-${randomUUID()}`;
  const { status, body } = await stack.call('POST /workflows', { name, ...definition });
  assert.equal(status, 201, JSON.stringify(body));
  return name;
};

const startRun = async (stack: DeployedStack, workflow: string, input: unknown = {}): Promise<string> => {
  const { status, body } = await stack.call('POST /runs', { workflow, input });
  assert.equal(status, 201, JSON.stringify(body));
  return String(body.runId);
};

const step = (id: string, type: string, input: Json) => ({ id, ...task(type, input) });

const withRegisteredSocket = async (
  check: Check,
  name: string,
  use: (socket: RawSocket, agentId: string) => Promise<void>,
): Promise<void> => {
  const socket = await stackOf(check).socket();
  try {
    const { agentId } = await socket.register({ name, type: 'raw', capabilities: [name], maxConcurrency: 1 });
    await use(socket, agentId);
  } finally {
    socket.terminate();
  }
};

const emptyBuckets = async (cloud: Cloud): Promise<void> => {
  const client = new S3Client(awsOf(cloud));
  const buckets = (await listResources(cloud)).filter((name) => /^bucket .*payloads/i.test(name));
  for (const Bucket of buckets.map((name) => name.slice('bucket '.length))) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  }
  client.destroy();
};

/** Deploys, drives and removes the stack, in this order: what waits for a time comes after what takes time. */
export const steps: readonly Step[] = [
  {
    id: 'bootstrap',
    title: 'cdk bootstrap prepares account and region',
    isRequired: true,
    run: async ({ cloud }) => void (await bootstrap(cloud)),
  },
  {
    id: 'deploy',
    title: 'cdk deploy creates the stack',
    isRequired: true,
    run: async (check) => {
      check.before = await listResources(check.cloud);
      await deploy(check.cloud);
      check.outputs = readOutputs(outputsFile(check.cloud));
      if (check.tools.hasLinter) check.findings = lintTemplate(check.tools, check.cloud).then(() => '', String);
    },
  },
  {
    id: 'generated-key',
    title: 'the generated bootstrap key is letters and digits',
    isRequired: false,
    run: async (check) =>
      assert.match((await readBootstrapKey(check.cloud, outputsOf(check))).secret, /^[A-Za-z0-9]{40}$/),
  },
  {
    id: 'key',
    title: 'the bootstrap key is rotated by its secret alone, and authorises',
    isRequired: true,
    run: async (check) => {
      const outputs = outputsOf(check);
      const stack = openStack(check.cloud, outputs, await rotateBootstrapKey(check.cloud, outputs));
      const answer = await stack.call('GET /agents');
      assert.deepEqual([answer.status, answer.body.items], [200, []]);
      check.stack = stack;
    },
  },
  {
    id: 'refused-request',
    title: 'a request without a valid key is refused',
    isRequired: true,
    run: async (check) => {
      const forged = `mst_default_bootstrap_${'0'.repeat(40)}`;
      const { status } = await stackOf(check).call('GET /agents', undefined, { key: forged });
      assert.ok(status === 401 || status === 403, `answered ${status}`);
    },
  },
  {
    id: 'refused-handshake',
    title: 'a handshake without a valid key is refused',
    isRequired: true,
    run: async (check) => {
      const forged = `mst_default_bootstrap_${'0'.repeat(40)}`;
      await assert.rejects(stackOf(check).socket(forged), (error) => error instanceof HandshakeRefused);
    },
  },
  {
    id: 'connect',
    title: 'agents connect over the WebSocket API and are listed',
    isRequired: true,
    run: async (check) => {
      await addAgent(check, 'double', ({ value }) => ({ value: value * 2 }));
      await addAgent(check, 'add', ({ value }) => ({ value: value + 1 }));
      await addAgent(check, 'echo', ({ text = '' }) => ({ text }));
      const { body } = await stackOf(check).call('GET /agents');
      assert.deepEqual(body.items.map(({ name }: { name: string }) => name).toSorted(), [
        'add-agent',
        'double-agent',
        'echo-agent',
      ]);
    },
  },
  {
    id: 'submit-over-sockets',
    title: 'a task submitted over a socket is assigned, worked on and answered over sockets',
    isRequired: true,
    run: async (check) => {
      await withRegisteredSocket(check, 'raw', async (agent) => {
        const client = await stackOf(check).socket();
        const id = client.send('task.submit', { task: task('raw', { question: 6 }) });
        const submitted = await client.next(
          'task.submitted',
          ({ correlationId }) => correlationId === id,
          patience.timeoutMs,
        );
        const { payload } = await agent.next('task.assigned', () => true, patience.timeoutMs);
        assert.equal(payload['task'].taskId, submitted.payload['taskId']);
        const answer = await agent.ask('task.result', {
          taskId: payload['task'].taskId,
          attempt: payload['attempt'],
          output: { answer: 42 },
        });
        assert.equal(answer.type, 'ack', JSON.stringify(answer.payload));
        const completed = await client.next('task.completed', () => true, patience.timeoutMs);
        assert.deepEqual([completed.payload['status'], completed.payload['output']], ['SUCCEEDED', { answer: 42 }]);
        client.terminate();
      });
    },
  },
  {
    id: 'submit-over-http',
    title: 'the SDK submits over HTTP and waits for the output',
    isRequired: true,
    run: async (check) => {
      const { http, ws, apiKey } = stackOf(check);
      const client = new Client({ url: http, socketUrl: ws, apiKey });
      const { output } = await client.submitAndWait(task('double', { value: 21 }), {
        timeoutMs: patience.timeoutMs,
      });
      client.close();
      assert.deepEqual(output, { value: 42 });
    },
  },
  {
    id: 'large-payload',
    title: 'a payload above the inline limit travels through S3 both ways',
    isRequired: true,
    run: async (check) => {
      const { http, ws, apiKey } = stackOf(check);
      const client = new Client({ url: http, socketUrl: ws, apiKey });
      const input = { text: 'x'.repeat(60_000) };
      const { output } = await client.submitAndWait(task('echo', input), { timeoutMs: patience.timeoutMs });
      client.close();
      assert.deepEqual(output, input);
    },
  },
  {
    id: 'one-stage-run',
    title: 'a run of one stage ends by its task token',
    isRequired: true,
    run: async (check) => {
      const stack = stackOf(check);
      const workflow = await define(stack, {
        mode: 'parallel',
        tasks: [step('twice', 'double', '{{ input }}'), step('more', 'add', '{{ input }}')],
      });
      const run = await runEnds(stack, await startRun(stack, workflow, { value: 20 }));
      assert.equal(run.status, 'SUCCEEDED', JSON.stringify(run));
      assert.deepEqual(run.output, { twice: { value: 40 }, more: { value: 21 } });
    },
  },
  {
    id: 'sequential-run',
    title: 'a sequential run hands outputs from step to step',
    isRequired: false,
    run: async (check) => {
      const stack = stackOf(check);
      const workflow = await define(stack, {
        mode: 'sequential',
        steps: [step('first', 'double', '{{ input }}'), step('second', 'add', '{{ steps.first.output }}')],
      });
      const run = await runEnds(stack, await startRun(stack, workflow, { value: 20 }));
      assert.deepEqual([run.status, run.output], ['SUCCEEDED', { value: 41 }]);
    },
  },
  {
    id: 'event-run',
    title: 'an event on the bus starts a run',
    isRequired: true,
    run: async (check) => {
      const stack = stackOf(check);
      const workflow = await define(stack, { mode: 'parallel', tasks: [step('only', 'double', '{{ input }}')] });
      const events = new EventBridgeClient(awsOf(check.cloud));
      const { FailedEntryCount } = await events.send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: stack.outputs.BusName,
              Source: 'deploy.check',
              DetailType: 'muster.run.requested',
              Detail: JSON.stringify({ tenant: 'default', workflow, input: { value: 4 } }),
            },
          ],
        }),
      );
      events.destroy();
      assert.equal(FailedEntryCount, 0);
      const { runId } = await until(
        'the run is listed',
        async () => {
          const { body } = await stack.call('GET /runs');
          return body.items.find((run: { workflow: string }) => run.workflow === workflow);
        },
        patience,
      );
      assert.equal((await runEnds(stack, runId)).status, 'SUCCEEDED');
    },
  },
  {
    id: 'agent-death',
    title: 'an agent that vanishes loses its task to another within the reconnect grace',
    isRequired: false,
    run: async (check) => {
      const stack = stackOf(check);
      const doomed = await stack.socket();
      await doomed.register({ name: 'doomed', type: 'raw', capabilities: ['fragile'], maxConcurrency: 1 });
      const { body } = await stack.call('POST /tasks', task('fragile', {}));
      await doomed.next('task.assigned', () => true, patience.timeoutMs);
      const heir = await stack.socket();
      await heir.register({ name: 'heir', type: 'raw', capabilities: ['fragile'], maxConcurrency: 1 });
      doomed.terminate();
      const { payload } = await heir.next('task.assigned', () => true, patience.timeoutMs);
      heir.terminate();
      assert.deepEqual([payload['task'].taskId, payload['attempt']], [body.taskId, 2]);
    },
  },
  {
    id: 'stopped-execution',
    title: 'a run whose execution was stopped from outside is closed by its event, before the sweep looks',
    isRequired: false,
    run: async (check) => {
      const stack = stackOf(check);
      const idle = await stack.socket();
      await idle.register({ name: 'idle', type: 'raw', capabilities: ['idle'], maxConcurrency: 1 });
      const workflow = await define(stack, { mode: 'parallel', tasks: [step('never', 'idle', {})] });
      const runId = await startRun(stack, workflow);
      await idle.next('task.assigned', () => true, patience.timeoutMs);
      const client = new SFNClient(awsOf(check.cloud));
      const { stateMachines = [] } = await client.send(new ListStateMachinesCommand({}));
      for (const { stateMachineArn } of stateMachines) {
        const { executions = [] } = await client.send(
          new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
        );
        for (const { executionArn } of executions) await client.send(new StopExecutionCommand({ executionArn }));
      }
      client.destroy();
      idle.terminate();
      const run = await until(
        'the run is closed',
        async () => {
          const { body } = await stack.call(`GET /runs/${runId}`);
          return endsOfRuns.includes(body.status) ? body : undefined;
        },
        // Well before the sweep asks after executions.
        { timeoutMs: 15_000, everyMs: 250 },
      );
      assert.equal(run.status, 'FAILED');
    },
  },
  {
    id: 'lint',
    title: 'cfn-lint finds nothing in the template that was deployed',
    isRequired: true,
    run: async ({ findings }) => {
      assert.ok(findings, 'cfn-lint is not beside MiniStack');
      assert.equal(await findings, '');
    },
  },
  {
    id: 'redeploy',
    title: 'a second cdk deploy changes nothing',
    isRequired: true,
    run: async ({ cloud }) => assert.match(await deploy(cloud), /no changes/i),
  },
  {
    id: 'sweep',
    title: 'the schedule runs the sweep',
    isRequired: true,
    run: async (check) => {
      const client = new DynamoDBClient(awsOf(check.cloud));
      const { pk, sk } = keys.sweepMark();
      const command = new GetItemCommand({
        TableName: outputsOf(check).TableName,
        Key: { pk: { S: pk }, sk: { S: sk } },
      });
      await until('the sweep leaves its mark', async () => (await client.send(command)).Item !== undefined, {
        timeoutMs: 90_000,
        everyMs: 1_000,
      });
      client.destroy();
    },
  },
  {
    id: 'destroy',
    title: 'cdk destroy leaves nothing but what is kept on purpose',
    isRequired: true,
    run: async (check) => {
      await Promise.all(check.agents.splice(0).map((agent) => agent.stop()));
      // As docs/operations.md says: a bucket with payloads in it is not deleted.
      await emptyBuckets(check.cloud);
      await destroy(check.cloud);
      const before = new Set(check.before);
      const left = (await listResources(check.cloud)).filter((name) => !before.has(name));
      const unexpected = left.filter((name) => !name.startsWith(`role ${stackName}-SocketsAccessLogRole`));
      assert.deepEqual(unexpected, [], 'left behind');
      assert.equal(left.length, 1, 'the role for the account-wide API logs stays');
    },
  },
];
