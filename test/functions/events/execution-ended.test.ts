import { beforeEach, describe, expect, it } from 'vitest';
import { TenantId } from '#core/contract/ids.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { readRun } from '#core/runs/run.ts';
import { startRun } from '#core/runs/start-run.ts';
import { putWorkflow } from '#core/runs/workflow-store.ts';
import { createExecutionEndedHandler } from '#functions/events/execution-ended.ts';
import { context, createWorld, principal, snapshot, type World } from '../harness.ts';

const acme = TenantId.parse('acme');
let world: World;

beforeEach(() => {
  world = createWorld();
});

const ended = (detail: object) =>
  createExecutionEndedHandler(world.services)(
    {
      version: '0',
      id: 'e',
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      account: '123456789012',
      time: '2026-01-01T00:00:00Z',
      region: 'eu-west-1',
      resources: [],
      detail: {
        executionArn: 'arn:aws:states:eu-west-1:123456789012:execution:sequential:run',
        status: 'FAILED',
        ...detail,
      },
    },
    context,
  );

describe('execution ended', () => {
  it.each([
    ['FAILED', 'FAILED'],
    ['ABORTED', 'FAILED'],
    ['TIMED_OUT', 'TIMED_OUT'],
  ])('closes the run of an execution that is %s, and a second event changes nothing', async (status, expected) => {
    const definition = WorkflowDefinition.parse({
      mode: 'sequential',
      name: 'review',
      steps: [{ id: 'look', type: 'look' }],
    });
    await putWorkflow(world.services, acme, definition);
    const request = { workflow: 'review', input: null };
    const { runId } = await startRun(world.services, { principal: principal('admin'), request, idempotencyKey: 'k' });
    const [started] = world.ports.executions.started.values();
    const detail = { status, input: JSON.stringify(started?.input), error: 'States.Timeout', cause: 'too slow' };
    await ended(detail);
    expect(await readRun(world.services, acme, runId)).toMatchObject({ status: expected });
    const before = snapshot(world);
    await ended(detail);
    expect(snapshot(world)).toBe(before);
  });

  it.each([{}, { input: null }, { input: '{' }, { input: '{"tenant":"acme"}' }])(
    'fails by name when the event names no run: %j',
    async (detail) => {
      await expect(ended(detail)).rejects.toThrow('names no run');
      expect(world.ports.log.lines.at(-1)?.fields).toMatchObject({ errorName: 'UnnamedRunError' });
    },
  );

  it('fails for an execution that has not ended', async () => {
    await expect(ended({ status: 'SUCCEEDED' })).rejects.toThrow('FAILED');
  });
});
