import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RunId, TaskId } from '#core/contract/ids.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { relayItem } from '#core/relay/relay-item.ts';
import { startRun } from '#core/runs/start-run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { createWorld, owner, tenant, type World } from '../world.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callerSpan = '00f067aa0ba902b7';
const caller = `00-${traceId}-${callerSpan}-01`;

const SpanLine = z.looseObject({
  traceparent: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string(),
  startedAt: z.number(),
  durationMs: z.number(),
});
type SpanLine = z.infer<typeof SpanLine> & { readonly name: string };

const spansOf = (world: World): readonly SpanLine[] =>
  world.ports.log.lines.flatMap(({ message, fields }) => {
    const parsed = SpanLine.safeParse(fields);
    return parsed.success ? [{ name: message, ...parsed.data }] : [];
  });

/** `child < parent` for each span, by name. */
const treeOf = (spans: readonly SpanLine[]): readonly string[] =>
  spans.map(({ name, parentSpanId }) => {
    const parent = parentSpanId === callerSpan ? 'caller' : spans.find(({ spanId }) => spanId === parentSpanId)?.name;
    return `${name} < ${parent ?? 'nothing'}`;
  });

const submitTraced = (world: World, traceparent: string | undefined, more: Record<string, unknown> = {}) =>
  submitTask(world.services, {
    principal: owner,
    submission: TaskSubmission.parse({ type: 'work', ...more }),
    idempotencyKey: `key-${JSON.stringify(more)}`,
    connectionId: 'socket-client',
    traceparent,
  });

const startTraced = async (world: World, definition: Record<string, unknown>) => {
  const parsed = WorkflowDefinition.parse(definition);
  await putWorkflow(world.services, tenant, parsed);
  const request = { workflow: parsed.name, input: null };
  return startRun(world.services, { principal: owner, request, idempotencyKey: 'run', traceparent: caller });
};

describe('a task', () => {
  it('is told as three spans under the caller’s, when it has ended', async () => {
    const world = createWorld();
    const ann = await world.agent('ann');
    const { taskId } = await submitTraced(world, caller);
    expect(spansOf(world)).toEqual([]);
    world.advance(1200);
    await world.complete(ann, taskId);
    const spans = spansOf(world);
    expect(treeOf(spans)).toEqual([
      'orchestrator.coordinate < caller',
      'orchestrator.select_agents < orchestrator.coordinate',
      'orchestrator.execute < orchestrator.coordinate',
    ]);
    expect(spans).toMatchObject([
      { 'task.id': taskId, 'task.type': 'work', 'agents.available': 1, durationMs: 1200 },
      { 'agents.selected': 1, durationMs: 0 },
      { 'results.count': 1, 'results.success': 1, durationMs: 1200 },
    ]);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  });

  it('hands its agent the span of the attempt, and its submitter the trace', async () => {
    const world = createWorld();
    await world.connect('socket-client');
    const ann = await world.agent('ann');
    const { taskId } = await submitTraced(world, caller);
    const [assigned] = world.frames(ann.connectionId, 'task.assigned');
    await world.complete(ann, taskId);
    const execute = spansOf(world).find(({ name }) => name === 'orchestrator.execute');
    expect(assigned).toMatchObject({
      traceparent: execute?.traceparent,
      payload: { traceparent: execute?.traceparent },
    });
    expect(world.frames('socket-client', 'task.completed')).toMatchObject([{ traceparent: caller }]);
  });

  it('gives what its agent submits a place under its attempt', async () => {
    const world = createWorld();
    const ann = await world.agent('ann', { maxConcurrency: 2 });
    const parent = await submitTraced(world, caller);
    const child = await submitTask(world.services, {
      principal: owner,
      submission: TaskSubmission.parse({ type: 'part' }),
      idempotencyKey: 'child',
      parentTask: parent.taskId,
    });
    await world.complete(ann, child.taskId);
    await world.complete(ann, parent.taskId);
    expect(treeOf(spansOf(world)).filter((line) => line.startsWith('orchestrator.coordinate'))).toEqual([
      'orchestrator.coordinate < orchestrator.execute',
      'orchestrator.coordinate < caller',
    ]);
  });

  it.each([
    ['without a trace', undefined],
    ['of a trace that nobody records', `00-${traceId}-${callerSpan}-00`],
  ])('%s costs no line', async (_what, traceparent) => {
    const world = createWorld();
    const ann = await world.agent('ann');
    const { taskId } = await submitTraced(world, traceparent);
    await world.complete(ann, taskId);
    expect(spansOf(world)).toEqual([]);
  });

  it('is the same task under one key, whatever trace a repeat belongs to', async () => {
    const world = createWorld();
    const first = await submitTraced(world, caller);
    const again = await submitTraced(world, `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`);
    expect(again).toMatchObject({ taskId: first.taskId, traceparent: caller });
  });
});

describe('a run', () => {
  const steps = ['read', 'rate'].map((id) => ({ id, type: id }));

  it('spans its phases, and these their tasks: one tree under the caller', async () => {
    const world = createWorld();
    const ann = await world.agent('ann');
    const run = await startTraced(world, { mode: 'sequential', name: 'review', steps });
    for (const stage of [0, 1]) {
      await world.enterStage(run, stage);
      world.advance(500);
      await world.complete(ann, world.memberId(stage, 0));
    }
    const spans = spansOf(world);
    const ofRun = treeOf(spans).filter((line) => line.startsWith('collaboration'));
    expect(ofRun.toSorted()).toEqual([
      'collaboration.execute < caller',
      'collaboration.phase.rate < collaboration.execute',
      'collaboration.phase.read < collaboration.execute',
    ]);
    expect(treeOf(spans).filter((line) => line.endsWith('nothing'))).toEqual([]);
    expect(spans.find(({ name }) => name === 'collaboration.execute')).toMatchObject({
      'task.id': run.runId,
      pattern: 'sequential',
      'agents.count': 2,
      durationMs: 1000,
    });
    expect(spans.find(({ name }) => name === 'collaboration.phase.read')).toMatchObject({
      'phase.type': 'work',
      'phase.agents': 1,
      durationMs: 500,
    });
  });

  it('hands its span to the state machine and to the bus', async () => {
    const world = createWorld();
    const ann = await world.agent('ann');
    const run = await startTraced(world, { mode: 'parallel', name: 'once', tasks: [{ id: 'only', type: 'x' }] });
    await world.enterStage(run, 0);
    await world.complete(ann, world.memberId(0, 0));
    const own = spansOf(world).find(({ name }) => name === 'collaboration.execute')?.traceparent;
    expect(own).toContain(traceId);
    expect([...world.ports.executions.started.values()]).toMatchObject([{ input: { traceparent: own } }]);
    const item = world.ports.table.items().find(({ sk }) => sk === 'RUN');
    await relayItem(world.services, item ?? {});
    expect(world.ports.events.published.map(({ detail }) => detail)).toMatchObject([
      { traceparent: own },
      { traceparent: own },
    ]);
  });

  it('of a step lies under the step’s task', async () => {
    const world = createWorld();
    const ann = await world.agent('ann');
    await putWorkflow(
      world.services,
      tenant,
      WorkflowDefinition.parse({ mode: 'parallel', name: 'inner', tasks: [{ id: 'only', type: 'x' }] }),
    );
    const outer = await startTraced(world, {
      mode: 'sequential',
      name: 'outer',
      steps: [{ id: 'nested', run: { workflow: 'inner' } }],
    });
    await world.enterStage(outer, 0);
    await world.drainTasks();
    const innerId = RunId.parse(world.tasks().find(({ childRunId }) => childRunId !== undefined)?.childRunId);
    await world.enterStage(await world.run(innerId), 0, 'token-inner');
    const member = world.tasks().find(({ place }) => place?.runId === innerId);
    await world.complete(ann, TaskId.parse(member?.taskId));
    const item = world.ports.table.items().find(({ sk, runId }) => sk === 'RUN' && runId === innerId);
    await relayItem(world.services, item ?? {});
    const lines = treeOf(spansOf(world));
    expect(lines).toContain('collaboration.execute < caller');
    expect(lines.filter((line) => line.endsWith('nothing'))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('collaboration.execute'))).toHaveLength(2);
  });
});
