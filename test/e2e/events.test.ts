import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent } from '#sdk/agent.ts';
import { Client } from '#sdk/client.ts';
import type { RawSocket } from './support/raw-socket.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

let muster: Muster;
let agent: Agent;
let client: Client;
/** Lets the tasks go on that wait for it. */
const doors = new Map<string, () => void>();

beforeAll(async () => {
  muster = await startMuster();
  client = new Client({ url: muster.http, apiKey: muster.apiKey });
  agent = new Agent({ url: muster.ws, apiKey: muster.apiKey, name: 'w', capabilities: ['w'], maxConcurrency: 20 });
  agent.on('error', () => undefined);
  agent.handle('step', async (task, context) => {
    context.progress(50);
    return task.input;
  });
  agent.handle('door', async (task) => {
    await new Promise<void>((resolve) => doors.set(JSON.stringify(task.input), resolve));
    return 'open';
  });
  await agent.start();
});
afterAll(async () => {
  client?.close();
  await agent?.stop();
  await muster?.stop();
});

const requirements = { capabilities: ['w'] };
const tasks = 8;

/** A run whose first task waits until its door is opened, so that there is time to begin to follow it. */
const startRun = async (name: string): Promise<{ runId: string; goOn: () => void }> => {
  await client.putWorkflow({
    mode: 'sequential',
    name,
    maxParallelAgents: 4,
    steps: [
      { id: 'wait', type: 'door', input: name, requirements },
      { id: 'work', type: 'step', forEach: '{{ input.items }}', input: '{{ item }}', requirements },
    ],
  });
  const { runId } = await client.startRun({
    workflow: name,
    input: { items: Array.from({ length: tasks }, (_, n) => n) },
  });
  const goOn = await until('the first task waits', () => doors.get(JSON.stringify(name)));
  return { runId, goOn };
};

/** What a log said, by number. */
type Told = Map<number, { readonly type: string; readonly taskId: string | undefined }>;

const hasEnded = (told: Told): boolean => [...told.values()].some(({ type }) => type === 'run.completed');

/** What a log lacks or says twice, if anything: a task that was followed from its first day has as many entries as revisions. */
const faultsOf = async (told: Told): Promise<readonly string[]> => {
  const all = [...told.values()];
  const completed = all.filter(({ type }) => type === 'task.completed').map(({ taskId }) => taskId);
  const isInOrder = [...told.keys()].every((seq, index) => seq === index + 1);
  const faults = [
    ...(isInOrder ? [] : [`not in order: ${[...told.keys()].join(' ')}`]),
    ...(new Set(completed).size === tasks + 1 && completed.length === tasks + 1 ? [] : [`${completed.length} ended`]),
    ...(all.filter(({ type }) => type === 'run.completed').length === 1 ? [] : ['the run did not end once']),
  ];
  for (const taskId of new Set(completed)) {
    const own = all.filter((event) => event.taskId === taskId);
    const { body } = await muster.call(`GET /tasks/${taskId}`);
    const isFromBirth = own[0]?.type !== 'task.state' && own[0]?.type !== 'task.completed';
    if (isFromBirth && own.length !== body.rev) faults.push(`${taskId}: ${own.length} entries, revision ${body.rev}`);
  }
  return faults;
};

/** A process that follows a run from where others have come to, and dies after seven events. */
const readSome = async (runId: string, told: Told, begun: () => void): Promise<void> => {
  const reader = new Client({ url: muster.http, apiKey: muster.apiKey });
  const death = new AbortController();
  const last = told.size + 7;
  for await (const { seq, type, taskId } of reader.events({ runId }, { cursor: told.size, signal: death.signal })) {
    told.set(seq, { type, taskId });
    begun();
    if (told.size >= last) death.abort();
    if (death.signal.aborted) break;
  }
  reader.close();
};

/** Notes frames of a socket that follows; repeats are passed over. */
const note = (told: Told, socket: RawSocket): void => {
  for (const { type, payload } of socket.frames.splice(0)) {
    if (type !== 'event') continue;
    const { seq, type: what, taskId } = payload;
    // One that leaves numbers out: what is before it is under way, and comes again when the log is read from here.
    if (seq === told.size + 1) told.set(seq, { type: what, taskId });
  }
};

describe.concurrent('who follows a run', () => {
  it('hears all of it over HTTP, in order, although its connection breaks and another process goes on', async () => {
    const { runId, goOn } = await startRun('polled');
    const told: Told = new Map();
    while (!hasEnded(told)) await readSome(runId, told, goOn);
    const cursor = told.size;
    const { body } = await muster.call(`GET /runs/${runId}/events?cursor=${cursor}&waitSeconds=1`);
    for (const { seq, type, taskId } of body.items) told.set(seq, { type, taskId });
    expect(await faultsOf(told)).toEqual([]);
  });

  it('hears all of it over a socket that is cut again and again, by its cursor', async () => {
    const { runId, goOn } = await startRun('watched');
    const told: Told = new Map();
    for (let turn = 0; !hasEnded(told); turn++) {
      const socket = await muster.socket();
      expect((await socket.ask('watch', { runId, cursor: told.size })).type).toBe('ack');
      goOn();
      const enough = told.size + 3 + turn;
      await until(
        'some events',
        () => {
          note(told, socket);
          return told.size >= enough || hasEnded(told);
        },
        { timeoutMs: 10_000, everyMs: 5 },
      ).catch(() => undefined);
      socket.terminate();
    }
    const last = await muster.socket();
    await last.ask('watch', { runId, cursor: told.size });
    note(told, last);
    await last.close();
    expect(await faultsOf(told)).toEqual([]);
  });

  it('is told of a task with the task’s own revisions, and at once when there is something', async () => {
    const taskId = await client.submit({ type: 'door', input: 'task', requirements });
    const open = await until('the task waits', () => doors.get('"task"'));
    const seen: { seq: number; type: string; at: number }[] = [];
    let openedAt = 0;
    for await (const { seq, type } of client.events({ taskId })) {
      seen.push({ seq, type, at: Date.now() });
      if (openedAt !== 0) continue;
      openedAt = Date.now();
      open();
    }
    expect(seen.at(0)?.type).toBe('task.state');
    expect(seen.at(-1)?.type).toBe('task.completed');
    expect(seen.at(-1)?.seq).toBe((await muster.call(`GET /tasks/${taskId}`)).body.rev);
    const delays = seen.slice(1).map(({ at }) => at - openedAt);
    console.log(`events of a task came ${delays.join(', ')} ms after what led to them`);
    const late = await muster.call(`GET /tasks/${taskId}/events?cursor=${seen.at(-1)?.seq}&waitSeconds=20`);
    expect(late).toMatchObject({ status: 200, body: { items: [], isOver: true } });
  });
});
