import { beforeEach, describe, expect, it } from 'vitest';
import { createRunsHandler } from '#functions/http/runs.ts';
import { createTasksHandler } from '#functions/http/tasks.ts';
import { createWorkflowsHandler } from '#functions/http/workflows.ts';
import { createTriggerHandler } from '#functions/queue/trigger.ts';
import { callRoute, context, createWorld, frameText, openSocket, principal, type World } from './harness.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const malformed = [
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  '',
];

let world: World;
beforeEach(() => {
  world = createWorld();
});

const stored = (kind: 'TASK' | 'RUN') =>
  world.ports.table
    .items()
    .filter(({ sk }) => sk === kind)
    .map((item) => item['traceparent']);

const makeWorkflow = () =>
  callRoute(createWorkflowsHandler(world.services), 'POST /v1/workflows', {
    body: { mode: 'sequential', name: 'review', steps: [{ id: 'look', type: 'look' }] },
  });

describe('the trace of a caller', () => {
  it('is taken from the header of a task, of each task of a batch, and of a run', async () => {
    const headers = { traceparent };
    const tasks = createTasksHandler(world.services);
    await callRoute(tasks, 'POST /v1/tasks', { headers, body: { type: 'x' } });
    await callRoute(tasks, 'POST /v1/tasks/batch', { headers, body: { tasks: [{ type: 'y' }, { type: 'z' }] } });
    expect(stored('TASK')).toEqual([traceparent, traceparent, traceparent]);
    await makeWorkflow();
    await callRoute(createRunsHandler(world.services), 'POST /v1/runs', { headers, body: { workflow: 'review' } });
    expect(stored('RUN')).toEqual([traceparent]);
  });

  it.each(malformed)('counts as none in a header when it is malformed: %s', async (wrong) => {
    const request = { headers: { traceparent: wrong }, body: { type: 'x' } };
    expect((await callRoute(createTasksHandler(world.services), 'POST /v1/tasks', request)).status).toBe(201);
    expect(stored('TASK')).toEqual([undefined]);
  });

  it('is taken from the envelope, where a malformed one is refused like any field', async () => {
    const socket = await openSocket(world, principal('submitter'));
    await socket.send(frameText('task.submit', { task: { type: 'x' } }, { traceparent }));
    expect(stored('TASK')).toEqual([traceparent]);
    const answers = await socket.send(
      frameText('task.submit', { task: { type: 'y' } }, { id: 'f-2', seq: 2, traceparent: malformed[0] }),
    );
    expect(answers).toMatchObject([{ type: 'error', payload: { code: 'INVALID_FIELD', field: 'traceparent' } }]);
    expect(stored('TASK')).toHaveLength(1);
  });

  it('is taken from the detail of an event that asks for a run', async () => {
    await makeWorkflow();
    const event = {
      id: 'event-1',
      source: 'shop',
      'detail-type': 'muster.run.requested',
      time: '2026-01-01T00:00:00Z',
      detail: { tenant: 'acme', workflow: 'review', traceparent },
    };
    const record = { messageId: 'm-1', body: JSON.stringify(event), attributes: { ApproximateReceiveCount: '1' } };
    await createTriggerHandler(world.services)({ Records: [record] }, context);
    expect(stored('RUN')).toEqual([traceparent]);
  });
});
