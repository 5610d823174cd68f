import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawSocket } from './support/raw-socket.ts';
import { NodeProcess } from './support/spawn-node.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

const agentScript = new URL('support/agent-process.ts', import.meta.url).pathname;

let muster: Muster;
const sockets: RawSocket[] = [];
const processes: NodeProcess[] = [];

beforeAll(async () => {
  muster = await startMuster();
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await Promise.all(processes.map((child) => child.kill()));
  await muster?.stop();
});

const open = async (): Promise<RawSocket> => {
  const socket = await muster.socket();
  sockets.push(socket);
  return socket;
};

const join = async (capability: string, more: Record<string, unknown> = {}) => {
  const socket = await open();
  const { agentId, epoch } = await socket.register({ name: `a-${randomUUID()}`, capabilities: [capability], ...more });
  return { socket, agentId, epoch };
};

const submit = async (capability: string, more: Record<string, unknown> = {}) =>
  (await muster.call('POST /tasks', { type: 't', requirements: { capabilities: [capability] }, ...more })).body;
const view = async (taskId: string) => (await muster.call(`GET /tasks/${taskId}`)).body;

const begin = (name: string, workMs: number): NodeProcess => {
  const child = new NodeProcess(agentScript, [muster.ws, muster.apiKey, name, String(workMs)]);
  processes.push(child);
  return child;
};

// Side by side, because each waits for a time limit of the platform.
describe.concurrent('a run', () => {
  it('comes to the same result when one of two equal agents is killed in the middle', async () => {
    const [one, two] = [begin('mortal-1', 400), begin('mortal-2', 400)];
    await until('both are connected', () => [one, two].every(({ lines }) => lines.includes('connected')));
    const requirements = { capabilities: ['mortal'] };
    const each = { id: 'each', type: 't', input: '{{ item }}', forEach: '{{ input }}', requirements };
    await muster.call('POST /workflows', { mode: 'sequential', name: 'mortal', steps: [each] });
    const input = Array.from({ length: 12 }, (_, index) => index);
    const { body } = await muster.call('POST /runs', { workflow: 'mortal', input });
    await until('the first works', () => one.lines.some((line) => line.startsWith('assigned')), { everyMs: 5 });
    await one.kill();
    const killedAt = Date.now();
    const run = await until(
      'the run ends',
      async () => {
        const { body: seen } = await muster.call(`GET /runs/${body.runId}`);
        return seen.endedAt === undefined ? undefined : seen;
      },
      { timeoutMs: 60_000, everyMs: 250 },
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: input.map((number) => ({ squared: number ** 2 })) });
    const retried = run.steps[0].tasks.filter(({ attempt }: { attempt: number }) => attempt > 1);
    expect(retried.length).toBeGreaterThan(0);
    expect(new Set(retried.map(({ agentName }: { agentName: string }) => agentName))).toEqual(new Set(['mortal-2']));
    console.log(`killed agent: run ended ${Date.now() - killedAt} ms later, ${retried.length} tasks went elsewhere`);
  });
});

describe.concurrent('a task', () => {
  it('is taken from a deaf agent within 70 s', async () => {
    const capability = randomUUID();
    const deaf = await join(capability);
    const { taskId } = await submit(capability);
    await deaf.socket.next('task.assigned');
    const assignedAt = Date.now();
    const heir = await join(capability);
    const taken = await until(
      'the task goes elsewhere',
      async () => {
        await deaf.socket.ask('agent.heartbeat', { tasks: [] });
        const task = await view(taskId);
        return task.attempt === 2 ? task : undefined;
      },
      { timeoutMs: 70_000, everyMs: 2000 },
    );
    console.log(`deaf agent: lost its task after ${Date.now() - assignedAt} ms`);
    expect(taken).toMatchObject({ agentId: heir.agentId, status: 'ASSIGNED' });
    const deliveries = deaf.socket.frames.filter(({ type }) => type === 'task.assigned');
    expect(
      deliveries.map(({ payload }) => payload['attempt']),
      'delivered again first',
    ).toEqual([1, 1]);
    expect(new Set(deliveries.map(({ payload }) => payload['idempotencyKey'])).size).toBe(1);
    const { body } = await muster.call(`GET /agents/${deaf.agentId}`);
    expect(body.freeSlots).toBe(body.maxConcurrency);
    await heir.socket.next('task.assigned');
    const ack = await heir.socket.answerTo(heir.socket.send('task.result', { taskId, attempt: 2, output: 'heir' }));
    expect(ack.type).toBe('ack');
    expect(await view(taskId)).toMatchObject({ status: 'SUCCEEDED', output: 'heir' });
  });

  it('is not taken by a heartbeat that crosses its assignment', async () => {
    const capability = randomUUID();
    const agent = await join(capability);
    await join(capability);
    const { taskId } = await submit(capability, {
      requirements: { capabilities: [capability], agentId: agent.agentId },
    });
    for (let beats = 0; beats < 3; beats++) await agent.socket.ask('agent.heartbeat', { tasks: [] });
    expect(await view(taskId)).toMatchObject({ status: 'ASSIGNED', attempt: 1, agentId: agent.agentId });
    await agent.socket.next('task.assigned');
    expect(agent.socket.frames.filter(({ type }) => type === 'task.assigned')).toHaveLength(1);
    await agent.socket.answerTo(agent.socket.send('task.result', { taskId, attempt: 1, output: 1 }));
    expect(await view(taskId)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
  });

  it("stays with its new owner when a zombie's result comes late, and the late one is kept aside", async () => {
    const capability = randomUUID();
    const zombie = await join(capability);
    const { taskId } = await submit(capability, { ackTimeoutMs: 1000 });
    await zombie.socket.next('task.assigned');
    const owner = await join(capability);
    await owner.socket.next('task.assigned', ({ payload }) => payload['attempt'] === 2);
    await owner.socket.ask('task.accept', { taskId, attempt: 2 });
    expect((await zombie.socket.next('task.cancel')).payload).toMatchObject({ taskId, attempt: 1 });

    const late = zombie.socket.send('task.result', { taskId, attempt: 1, output: 'zombie' });
    expect((await zombie.socket.answerTo(late)).payload).toMatchObject({ code: 'STALE_ATTEMPT', retryable: false });
    for (const frame of ['task.progress', 'task.accept', 'task.reject'])
      expect((await zombie.socket.ask(frame, { taskId, attempt: 1 })).payload['code']).toBe('STALE_ATTEMPT');
    const failure = { taskId, attempt: 1, error: { code: 'X', message: 'x' } };
    expect((await zombie.socket.ask('task.fail', failure)).type, 'there is nothing to give back').toBe('ack');
    const guess = zombie.socket.send('task.result', { taskId, attempt: 2, output: 'guess' });
    expect((await zombie.socket.answerTo(guess)).payload['code']).toBe('STALE_ATTEMPT');
    expect(await view(taskId)).toMatchObject({ status: 'RUNNING', attempt: 2, agentId: owner.agentId });

    await owner.socket.answerTo(owner.socket.send('task.result', { taskId, attempt: 2, output: 'owner' }));
    const again = zombie.socket.send('task.result', { taskId, attempt: 1, output: 'zombie' });
    expect((await zombie.socket.answerTo(again)).payload['code']).toBe('ALREADY_TERMINAL');
    const ended = await view(taskId);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: 'owner', agentId: owner.agentId });
    expect(ended.lateResults).toMatchObject([{ attempt: 1, agentId: zombie.agentId }]);
  });

  it('survives a takeover, and the end of the old socket changes nothing', async () => {
    const capability = randomUUID();
    const name = `twin-${capability}`;
    const before = await join(capability, { name });
    const { taskId } = await submit(capability);
    await before.socket.next('task.assigned');
    const after = await open();
    const resume = { tasks: [{ taskId, attempt: 1 }] };
    const registered = await after.register({ name, capabilities: [capability], resume });
    expect(registered).toEqual({ agentId: before.agentId, epoch: before.epoch + 1 });
    await before.socket.next('agent.replaced');
    await before.socket.closed;
    await until('the old socket is forgotten', async () => {
      const mine = (await muster.items()).filter((item) => item.includes('CONN#') && item.includes(before.agentId));
      return mine.length === 1;
    });
    const { body } = await muster.call(`GET /agents/${before.agentId}`);
    expect(body).toMatchObject({ connected: true, tasks: [{ taskId, attempt: 1 }] });
    expect(
      after.frames.filter(({ type }) => type === 'task.assigned'),
      'it said that it goes on',
    ).toEqual([]);
    await after.answerTo(after.send('task.result', { taskId, attempt: 1, output: 'same' }));
    expect(await view(taskId)).toMatchObject({ status: 'SUCCEEDED', attempt: 1, output: 'same' });
  });

  it('waits for its agent that is back within the grace, and is handed over again', async () => {
    const capability = randomUUID();
    const name = `back-${capability}`;
    const before = await join(capability, { name });
    await join(capability);
    const requirements = { capabilities: [capability], agentId: before.agentId };
    const { taskId } = await submit(capability, { requirements });
    await before.socket.next('task.assigned');
    before.socket.terminate();
    await until(
      'it is missed',
      async () => (await muster.call(`GET /agents/${before.agentId}`)).body.connected === false,
    );
    const after = await open();
    await after.register({ name, capabilities: [capability] });
    expect((await after.next('task.assigned')).payload).toMatchObject({ attempt: 1, task: { taskId } });
    await after.answerTo(after.send('task.result', { taskId, attempt: 1, output: 1 }));
    expect(await view(taskId)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
  });
});
