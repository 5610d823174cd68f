import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { freePort } from '#local/engine/free-port.ts';
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
const links: Record<string, string> = {};

const boot = async (port: number): Promise<void> => {
  const child = new NodeProcess(script, ['--port', String(port), '--data', data, '--json']);
  platform = child;
  const line = await until('the platform is ready', () => child.lines[0], { timeoutMs: 60_000 });
  ready = Ready.parse(JSON.parse(line));
};

const call = (request: string, body?: unknown, key = ready.apiKey) => callAt(ready, request, body, { key });

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

const linkTo = async (taskId: string | undefined, asked: object): Promise<string> =>
  String((await call(`POST /approvals/${taskId}/links`, asked)).body.url);

/** What operators did, and people by their links. */
const audited = async (key = ready.apiKey): Promise<readonly string[]> =>
  (await call('GET /audit', undefined, key)).body.items.map(({ action }: { action: string }) => action);

// Two runs wait for people, who have their links, when the platform is killed.
beforeAll(async () => {
  const port = await freePort();
  await boot(port);
  const contacts = [
    { name: 'ada', remindAfterSeconds: 4, answerWithinSeconds: 6 },
    { name: 'ben', answerWithinSeconds: 3 },
  ];
  await Promise.all([start('nobody', { chain: { contacts } }), start('somebody', {})]);
  links['nobody'] = await linkTo(approvals['nobody'], { for: 'cleo' });
  links['somebody'] = await linkTo(approvals['somebody'], { for: 'ada' });
  await platform?.kill();
  await boot(port);
}, 120_000);

afterAll(async () => {
  await platform?.kill();
  rmSync(data, { recursive: true, force: true });
});

/** Somebody with a browser and without a key. */
const answerBy = (url: string, decision?: string): Promise<Response> =>
  decision === undefined
    ? fetch(url)
    : fetch(url, { method: 'POST', body: new URLSearchParams({ decision }), headers: { accept: 'text/html' } });

/** A link's token with its lowest bit at a place turned over. */
const flipped = (url: string, fromEnd: number): string => {
  const at = url.length - fromEnd;
  return url.slice(0, at) + (Number.parseInt(url[at] ?? '', 16) ^ 1).toString(16) + url.slice(at + 1);
};

// Each look is an invocation, and two cores do all the work.
const seldom = { everyMs: 250 };

describe.concurrent('people', () => {
  it('are asked one after the other across a kill of the platform; nobody answers, and a late answer is kept aside', async () => {
    const { nobody: url = '' } = links;
    await until('the approval ends', async () => (await taskOf('nobody')).status === 'TIMED_OUT', seldom);
    const { error, chain } = await taskOf('nobody');
    expect(error).toMatchObject({ code: 'EXPIRED' });
    const said = chain.history.map(({ contact, what }: { contact: string; what: string }) => `${contact} ${what}`);
    expect(said).toEqual(['ada asked', 'ada reminded', 'ben asked']);
    await until('the run ends', async () => (await runStatus('nobody')) === 'FAILED', seldom);
    const late = await call(`POST /approvals/${approvals['nobody']}`, { decision: 'approved' });
    expect(late).toMatchObject({ status: 409, body: { code: 'APPROVAL_EXPIRED' } });
    const shown = await (await answerBy(url)).text();
    expect(shown).toContain('Nobody answered in time');
    expect(shown).not.toContain('<button');
    const refused = await answerBy(url, 'approved');
    expect({ status: refused.status, page: await refused.text() }).toMatchObject({
      status: 409,
      page: expect.stringContaining('expired'),
    });
    const answers = (await taskOf('nobody')).lateAnswers.map(({ by }: { by: string }) => by);
    expect(answers.toSorted()).toEqual(['key:bootstrap', 'link:cleo']);
    expect((await taskOf('nobody')).output).toBeUndefined();
  });

  it('answer by a link without a key, once, and the run that waited goes on', async () => {
    const { somebody: url = '' } = links;
    const looked = await answerBy(url);
    expect(looked.headers.get('content-type')).toContain('text/html');
    expect(await looked.text()).toContain('value="approved"');
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    expect(await runStatus('somebody')).toBe('RUNNING');
    for (const fromEnd of [1, 30, 64]) expect((await answerBy(flipped(url, fromEnd), 'approved')).status).toBe(404);
    expect((await answerBy(url, 'approved')).status).toBe(200);
    expect((await answerBy(url, 'approved')).status).toBe(404);
    await until('the run ends', async () => (await runStatus('somebody')) === 'SUCCEEDED', seldom);
    expect((await taskOf('somebody')).output).toMatchObject({ decision: 'approved', by: 'link:ada' });
    expect(await audited()).toContain('POST /v1/answers/{token}');
  });

  it('cannot answer by a link whose time is over', async () => {
    const { taskId } = (await call('POST /tasks', { kind: 'approval', type: 'ship' })).body;
    const long = await linkTo(taskId, { for: 'ada' });
    // Whatever answers links is up by then: what is looked at next is the time of the other one.
    expect((await answerBy(long)).status).toBe(200);
    const short = await linkTo(taskId, { for: 'ada', expiresInSeconds: 5 });
    expect((await answerBy(short)).status).toBe(200);
    await until('the link ends', async () => (await answerBy(short)).status === 404, seldom);
    expect((await answerBy(short, 'approved')).status).toBe(404);
    expect((await call(`GET /tasks/${taskId}`)).body.status).toBe('PENDING');
    expect((await answerBy(long, 'approved')).status).toBe(200);
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
    expect(await audited()).toContain('POST /v1/agents/{agentId}/stop');
  });

  it('stop a whole tenant at once, which takes and gives nothing, until they let it go on', async () => {
    const { apiKey } = (await call('POST /tenants', { tenant: 'burning' })).body.key;
    const its = (request: string, body?: unknown) => call(request, body, apiKey);
    const socket = await RawSocket.open(ready.ws, apiKey);
    await socket.register({ name: 'last', capabilities: ['last'] });
    const task = { type: 't', requirements: { capabilities: ['last'] } };
    const { taskId } = (await its('POST /tasks', task)).body;
    await socket.next('task.assigned');
    expect((await its('POST /system/stop', { reason: 'Fire.' })).body).toMatchObject({ state: 'stopped' });
    expect((await socket.next('agent.stop')).payload).toMatchObject({ reason: 'Fire.' });
    await socket.closed;
    await until('its task waits', async () => (await its(`GET /tasks/${taskId}`)).body.status === 'QUEUED');
    expect((await its('POST /system/resume')).body).toMatchObject({ state: 'open' });
    const back = await RawSocket.open(ready.ws, apiKey);
    await back.register({ name: 'last', capabilities: ['last'] });
    expect((await back.next('task.assigned')).payload['task']).toMatchObject({ taskId });
    back.terminate();
    expect(await audited(apiKey)).toContain('POST /v1/system/stop');
  });
});
