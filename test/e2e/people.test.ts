import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { freePort } from '#test/support/free-port.ts';
import { RawSocket } from './support/raw-socket.ts';
import { NodeProcess } from './support/spawn-node.ts';
import { call as callAt } from './support/start-muster.ts';
import { until } from './support/until.ts';

const script = new URL('../../scripts/dev.ts', import.meta.url).pathname;
const data = mkdtempSync(join(tmpdir(), 'muster-people-'));
const Ready = z.looseObject({ http: z.string(), ws: z.string(), apiKey: z.string() });
let platform: NodeProcess | undefined;
let ready: z.infer<typeof Ready>;
const runs: Record<string, string> = {};
const approvals: Record<string, string> = {};

const boot = async (port: number): Promise<void> => {
  const child = new NodeProcess(script, ['--port', String(port), '--data', data, '--json']);
  platform = child;
  const line = await until('the platform is ready', () => child.lines[0], { timeoutMs: 60_000 });
  ready = Ready.parse(JSON.parse(line));
};

const call = (request: string, body?: unknown) => callAt(ready, request, body);

const start = async (name: string, approval: object): Promise<void> => {
  await call('POST /workflows', { mode: 'sequential', name, steps: [{ id: 'ok', approval, timeoutSeconds: 600 }] });
  runs[name] = String((await call('POST /runs', { workflow: name })).body.runId);
  approvals[name] = await until(`${name} asks`, async () => {
    const { items } = (await call('GET /approvals?open=true')).body;
    const mine = items.find(({ runId }: { runId: string }) => runId === runs[name]);
    return mine === undefined ? undefined : String(mine.taskId);
  });
};

const taskOf = async (name: string) => (await call(`GET /tasks/${approvals[name]}`)).body;
const runStatus = async (name: string): Promise<string> => (await call(`GET /runs/${runs[name]}`)).body.status;

// Two runs wait for people when the platform is killed.
beforeAll(async () => {
  const port = await freePort();
  await boot(port);
  const contacts = [
    { name: 'ada', remindAfterSeconds: 10, answerWithinSeconds: 12 },
    { name: 'ben', answerWithinSeconds: 2 },
  ];
  await start('nobody', { chain: { contacts } });
  await start('somebody', {});
  await platform?.kill();
  await boot(port);
}, 120_000);

afterAll(async () => {
  await platform?.kill();
  rmSync(data, { recursive: true, force: true });
});

const answerBy = (url: string, decision?: string): Promise<Response> =>
  decision === undefined
    ? fetch(url)
    : fetch(url, { method: 'POST', body: new URLSearchParams({ decision }), headers: { accept: 'text/html' } });

describe.concurrent('people', () => {
  it('are asked one after the other across a kill of the platform; nobody answers, and a late answer is kept aside', async () => {
    await until('the approval ends', async () => (await taskOf('nobody')).status === 'TIMED_OUT');
    const { error, chain } = await taskOf('nobody');
    expect(error).toMatchObject({ code: 'EXPIRED' });
    const said = chain.history.map(({ contact, what }: { contact: string; what: string }) => `${contact} ${what}`);
    expect(said).toEqual(['ada asked', 'ada reminded', 'ben asked']);
    await until('the run ends', async () => (await runStatus('nobody')) === 'FAILED');
    const late = await call(`POST /approvals/${approvals['nobody']}`, { decision: 'approved' });
    expect(late).toMatchObject({ status: 409, body: { code: 'APPROVAL_EXPIRED' } });
    expect((await taskOf('nobody')).lateAnswers).toMatchObject([{ decision: 'approved' }]);
  });

  it('answer by a link without a key, once, and the run that waited goes on', async () => {
    const { url } = (await call(`POST /approvals/${approvals['somebody']}/links`, { for: 'ada' })).body;
    const looked = await answerBy(url);
    expect(looked.headers.get('content-type')).toContain('text/html');
    expect(await looked.text()).toContain('value="approved"');
    expect(await runStatus('somebody')).toBe('RUNNING');
    const last = url.at(-1) === '0' ? '1' : '0';
    expect((await answerBy(`${url.slice(0, -1)}${last}`, 'approved')).status).toBe(404);
    expect((await answerBy(url, 'approved')).status).toBe(200);
    expect((await answerBy(url, 'approved')).status).toBe(404);
    await until('the run ends', async () => (await runStatus('somebody')) === 'SUCCEEDED');
    expect((await taskOf('somebody')).output).toMatchObject({ decision: 'approved', by: 'link:ada' });
  });

  it('stop an agent and a run, over open sockets', async () => {
    const agentOn = async (name: string): Promise<{ socket: RawSocket; agentId: string }> => {
      const socket = await RawSocket.open(ready.ws, ready.apiKey);
      const { agentId } = await socket.register({ name, capabilities: ['stopping'], maxConcurrency: 1 });
      return { socket, agentId };
    };
    const wild = await agentOn('wild');
    const task = { type: 't', requirements: { capabilities: ['stopping'] } };
    const { taskId } = (await call('POST /tasks', task)).body;
    await wild.socket.next('task.assigned');
    const calm = await agentOn('calm');
    expect((await call(`POST /agents/${wild.agentId}/stop`, { reason: 'Amok.' })).status).toBe(200);
    expect((await wild.socket.next('agent.stop')).payload).toMatchObject({ reason: 'Amok.' });
    await wild.socket.closed;
    const moved = await calm.socket.next('task.assigned');
    expect(moved.payload['task']).toMatchObject({ taskId });
    const again = await RawSocket.open(ready.ws, ready.apiKey);
    expect(await again.ask('agent.register', { name: 'wild', capabilities: [] })).toMatchObject({
      type: 'error',
      payload: { code: 'AGENT_STOPPED' },
    });
    again.terminate();
    await calm.socket.ask('task.result', { taskId, attempt: moved.payload['attempt'], output: 1 });

    await call('POST /workflows', { mode: 'parallel', name: 'stopped', tasks: [{ id: 'a', ...task }] });
    const { runId } = (await call('POST /runs', { workflow: 'stopped' })).body;
    await calm.socket.next('task.assigned');
    await call(`POST /runs/${runId}/stop`, { reason: 'Enough.' });
    const cancelled = await calm.socket.next('task.cancel');
    // Whoever still makes the stage may be the one that tells it, by its own words.
    expect(cancelled.payload['reason']).toEqual(expect.any(String));
    await calm.socket.ask('task.released', { taskId: cancelled.payload['taskId'], attempt: 1 });
    const { status, steps } = (await call(`GET /runs/${runId}`)).body;
    expect(status).toBe('CANCELLED');
    expect(steps[0].tasks[0]).toMatchObject({ status: 'CANCELLED', disposition: expect.any(String) });
  });
});

describe('everything', () => {
  it('is stopped at once, takes and gives nothing, and goes on when it is resumed', async () => {
    const socket = await RawSocket.open(ready.ws, ready.apiKey);
    await socket.register({ name: 'last', capabilities: ['last'] });
    const task = { type: 't', requirements: { capabilities: ['last'] } };
    const { taskId } = (await call('POST /tasks', task)).body;
    await socket.next('task.assigned');
    expect((await call('POST /system/stop', { reason: 'Fire.' })).body).toMatchObject({ state: 'stopped' });
    expect((await socket.next('agent.stop')).payload).toMatchObject({ reason: 'Fire.' });
    await socket.closed;
    await until('its task waits', async () => (await call(`GET /tasks/${taskId}`)).body.status === 'QUEUED');
    expect((await call('POST /system/resume')).body).toMatchObject({ state: 'open' });
    const back = await RawSocket.open(ready.ws, ready.apiKey);
    await back.register({ name: 'last', capabilities: ['last'] });
    expect((await back.next('task.assigned')).payload['task']).toMatchObject({ taskId });
    back.terminate();
    const actions = (await call('GET /audit')).body.items.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['POST /v1/system/stop', 'POST /v1/agents/{agentId}/stop', 'POST /v1/answers/{token}']),
    );
  });
});
