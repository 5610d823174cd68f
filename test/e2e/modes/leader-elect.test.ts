import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../support/fleet.ts';
import type { NodeProcess } from '../support/spawn-node.ts';

let fleet: Fleet;
let captains: readonly NodeProcess[];
beforeAll(async () => {
  fleet = await Fleet.start();
  captains = await fleet.begin('captain', 3, { script: 'leader-process.ts', slots: 10 });
});
afterAll(() => fleet?.stop());

const lead = (more: Record<string, unknown> = {}) => ({
  mode: 'leader_elect',
  candidates: { capability: 'captain' },
  task: { type: 'lead', input: '{{ input }}' },
  termSeconds: 30,
  ...more,
});
const start = (terms: readonly string[], more?: Record<string, unknown>) => fleet.run(lead(more), { terms });
const leadersOf = (run: { steps: { tasks: { agentName: string }[] }[] }) =>
  run.steps.flatMap(({ tasks }) => tasks.map(({ agentName }) => agentName));

describe.concurrent('a leader among agents in processes of their own', () => {
  it('does the task alone', async () => {
    const run = await fleet.ended(await start(['does']));
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'leader_elect', output: { term: 1 } });
    expect(leadersOf(run)).toEqual([run.output.by]);
  });

  it('is followed by another when it always fails', async () => {
    const run = await fleet.ended(await start(['fails', 'does']));
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { term: 2 } });
    expect(new Set(leadersOf(run)).size).toBe(2);
  });

  it('is followed by another when its term is over', async () => {
    const run = await fleet.ended(await start(['hangs', 'does'], { termSeconds: 2 }));
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { term: 2 } });
    expect(new Set(leadersOf(run)).size).toBe(2);
  });

  it('is lost for the run when the last term is', async () => {
    const run = await fleet.ended(await start(['fails', 'fails'], { maxTerms: 2 }));
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'LEADER_LOST' } });
    expect(run.error.message).toContain('It cannot be done.');
  });

  it('is cancelled with its run', async () => {
    const runId = await start(['hangs']);
    const run = await fleet.cancelled(runId, 'it leads', () =>
      captains.some(({ lines }) => lines.includes(`leads ${runId} 1`)),
    );
    expect(run).toMatchObject({ status: 'CANCELLED', steps: [{ tasks: [{ status: 'CANCELLED' }] }] });
  });

  it('has nothing of it taken any more once another leads', async () => {
    await fleet.begin('heir', 1, { script: 'leader-process.ts' });
    const old = await fleet.muster.socket();
    await old.register({ name: 'old', capabilities: ['heir'], priority: 100 });
    const runId = await start(['hangs', 'does'], { candidates: { capability: 'heir' }, termSeconds: 3 });
    const { payload } = await old.next('task.assigned');
    const { taskId } = payload['task'];
    expect(payload['task']).toMatchObject({ term: 1, runId });
    const task = { type: 'part', requirements: { capabilities: ['nobody-has-this'] } };
    const inTime = await old.ask('task.submit', { task, parentTask: taskId });
    expect(inTime.type).toBe('ack');
    expect(await fleet.ended(runId)).toMatchObject({ status: 'SUCCEEDED', output: { term: 2 } });

    const child = await old.next('task.submitted');
    expect((await fleet.muster.call(`GET /tasks/${child.payload['taskId']}`)).body).toMatchObject({
      status: 'CANCELLED',
      term: 1,
      error: { code: 'STALE_TERM' },
    });
    const late = await old.ask('task.submit', { task, parentTask: taskId });
    expect(late.payload).toMatchObject({ code: 'STALE_TERM' });
    const result = await old.ask('task.result', { taskId, attempt: 1, output: { by: 'old' } });
    expect(result.payload).toMatchObject({ code: 'ALREADY_TERMINAL' });
    expect((await fleet.muster.call(`GET /tasks/${taskId}`)).body).toMatchObject({ lateResults: [{ attempt: 1 }] });
    await old.close();
  });
});
