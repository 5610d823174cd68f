import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { type RunId, TenantId } from '#core/contract/ids.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { UnavailableError } from '#core/errors/errors.ts';
import { executionEnded } from '#core/runs/execution-ended.ts';
import { startRun } from '#core/runs/start-run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { createExecutionEndedHandler } from '#functions/events/execution-ended.ts';
import { createLog } from '#functions/runtime/create-log.ts';
import { embeddedMetrics } from '#functions/runtime/metrics.ts';
import { createSweepHandler } from '#functions/schedule/sweep.ts';
import { createMessageHandler } from '#functions/websocket/message.ts';
import { ofType, synthesise } from '#test/infra/synthesise.ts';
import { context, createWorld, frameText, openSocket, principal, type World } from './harness.ts';

const acme = TenantId.parse('acme');
const namespace = 'Muster/Muster';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const page = (description: unknown): string => String(description).split('docs/runbook.md#')[1] ?? '';

/** The alarms on what functions count, by the page of the runbook that says what causes them. */
const alarms = new Map(
  ofType(synthesise(), 'AWS::CloudWatch::Alarm')
    .map(([, { Properties }]) => Properties)
    .filter(({ Namespace }) => Namespace === namespace)
    .map((alarm) => [page(alarm.AlarmDescription), alarm] as const),
);

/** What CloudWatch would have summed up of a metric, from the lines that were logged. */
const summed = (metric: string): number =>
  world.ports.log.lines
    .map(({ message, fields }) => embeddedMetrics({ message, fields }, namespace, 0))
    .reduce((sum, metrics) => sum + Number(metrics[metric] ?? 0), 0);

const many = Array.from({ length: 60 }, (_, index) => index);

/** An agent with room for all of them, and its tasks. */
const workingAgent = async () => {
  const agent = await openSocket(world, principal('agent'));
  await agent.send(
    frameText('agent.register', { name: 'worker', type: 'worker', capabilities: ['work'], maxConcurrency: 100 }),
  );
  const client = await openSocket(world, principal('submitter'));
  let seq = 0;
  const submit = (index: number) =>
    client.send(
      frameText(
        'task.submit',
        { task: { type: 'work', requirements: { capabilities: ['work'] }, timeoutSeconds: 3600 } },
        { id: `submit-${index}`, seq: ++seq },
      ),
    );
  return { agent, client, submit };
};

const Assignment = z.looseObject({ task: z.looseObject({ taskId: z.string() }), attempt: z.number() });

const assignmentsOf = (agent: { received(): readonly { type: string; payload: Record<string, unknown> }[] }) =>
  agent
    .received()
    .filter(({ type }) => type === 'task.assigned')
    .map(({ payload }) => Assignment.parse(payload));

const startRuns = async (count: number): Promise<readonly RunId[]> => {
  const definition = WorkflowDefinition.parse({ mode: 'sequential', name: 'w', steps: [{ id: 'a', type: 'a' }] });
  await putWorkflow(world.services, acme, definition);
  const runs: RunId[] = [];
  for (let index = 0; index < count; index += 1) {
    const request = { workflow: 'w', input: null };
    const asked = { principal: principal('admin'), request, idempotencyKey: `k-${index}` };
    runs.push((await startRun(world.services, asked)).runId);
  }
  return runs;
};

/** The cause that each page names, and how often it happens in a period. */
const causes: Readonly<Record<string, () => Promise<void>>> = {
  'frames-undelivered': async () => {
    const { submit } = await workingAgent();
    const refused = vi.spyOn(world.ports.sockets, 'post').mockRejectedValue(new UnavailableError('API Gateway'));
    for (const index of many) await submit(index);
    refused.mockRestore();
  },
  'stale-results': async () => {
    const { agent, submit } = await workingAgent();
    for (const index of many) await submit(index);
    const first = assignmentsOf(agent);
    // The agent freezes: silent for long enough that the sweep gives its tasks to another.
    world.ports.clock.advance(90_000);
    await createSweepHandler(world.services)({}, context);
    const heir = await openSocket(world, principal('agent'), 'heir');
    await heir.send(
      frameText('agent.register', { name: 'heir', type: 'worker', capabilities: ['work'], maxConcurrency: 100 }),
    );
    expect(assignmentsOf(heir).length).toBe(many.length);
    for (const [index, { task, attempt }] of first.entries())
      await agent.send(
        frameText('task.result', { taskId: task.taskId, attempt, output: null }, { id: `r-${index}`, seq: 2 + index }),
      );
  },
  'sweep-repairs': async () => {
    const { submit } = await workingAgent();
    for (const index of many) await submit(index);
    world.ports.clock.advance(90_000);
    await createSweepHandler(world.services)({}, context);
  },
  'handlers-failing': async () => {
    const { client } = await workingAgent();
    const handler = createMessageHandler({
      ...world.services,
      table: { ...world.ports.table, put: () => Promise.reject(new TypeError('a mistake in the code')) },
    });
    for (const index of many)
      await handler(
        {
          body: frameText('task.submit', { task: { type: 'work' } }, { id: `f-${index}`, seq: 1 + index }),
          requestContext: { connectionId: client.connectionId },
        },
        context,
      );
  },
  'runs-failing': async () => {
    for (const runId of await startRuns(many.length))
      await executionEnded(world.services, { tenant: acme, runId, status: 'FAILED' });
  },
  'execution-timed-out': async () => {
    const [runId] = await startRuns(1);
    const detail = { executionArn: 'arn', status: 'TIMED_OUT', input: JSON.stringify({ tenant: acme, runId }) };
    await createExecutionEndedHandler(world.services)({ detail }, context);
  },
};

describe('an alarm on what functions count', () => {
  it('has each a cause here', () => {
    expect([...alarms.keys()].toSorted()).toEqual(Object.keys(causes).toSorted());
  });

  it.each(Object.entries(causes))('%s goes off by the cause that its page names', async (name, cause) => {
    const { MetricName, Threshold, ComparisonOperator } = alarms.get(name) ?? {};
    expect(ComparisonOperator).toBe('GreaterThanThreshold');
    expect(summed(MetricName)).toBeLessThanOrEqual(Threshold);
    await cause();
    expect(summed(MetricName)).toBeGreaterThan(Threshold);
  });
});

describe('embedded metrics', () => {
  it('ride in the line that says what happened, and in no other', () => {
    const written: string[] = [];
    const keep = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
    const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(keep));
    const log = createLog({ METRICS_NAMESPACE: namespace });
    log.warn('circuit breaker opened', { agentId: 'agt_1' });
    log.warn('something else', {});
    for (const spy of spies) spy.mockRestore();
    const [counted, plain] = written.map((line) => JSON.parse(line));
    expect(counted).toMatchObject({
      agentId: 'agt_1',
      BreakersOpened: 1,
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          { Namespace: namespace, Dimensions: [[]], Metrics: [{ Name: 'BreakersOpened', Unit: 'Count' }] },
        ],
      },
    });
    expect(plain).not.toHaveProperty('_aws');
  });
});
