import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Agent } from '#sdk/agent.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

const agentCount = 5;
const slots = 4;
const perWay = 100;
const dispatchers = 12;

let muster: Muster;
const agents: Agent[] = [];
/** How often each task was worked on. */
const executions = new Map<string, number>();
/** The most tasks each agent has held at once. */
const most = new Map<string, number>();

const addAgent = async (name: string): Promise<void> => {
  const agent = new Agent({
    url: muster.ws,
    apiKey: muster.apiKey,
    name,
    capabilities: ['crowd'],
    maxConcurrency: slots,
  });
  let held = 0;
  agent.on('assigned', ({ task }) => {
    executions.set(task.taskId, (executions.get(task.taskId) ?? 0) + 1);
  });
  agent.handle('*', async (task) => {
    held += 1;
    most.set(name, Math.max(most.get(name) ?? 0, held));
    await wait(150);
    held -= 1;
    return { done: task.input };
  });
  agents.push(agent);
  await agent.start();
};

beforeAll(async () => {
  // More dispatchers at once than a small machine would run by itself.
  vi.stubEnv('LOCAL_ENVIRONMENTS', '10');
  muster = await startMuster();
  for (let index = 0; index < agentCount; index++) await addAgent(`crowd-${index}`);
  // The key is known from here on: dispatchers meet at the agents, not in front of a cold authoriser each.
  await muster.call('GET /agents');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all(agents.map((agent) => agent.stop()));
  await muster?.stop();
});

const requirements = { capabilities: ['crowd'] };

/** Submits tasks over HTTP, so many at a time. */
const submitAll = async (count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  let next = 0;
  const submitter = async (): Promise<void> => {
    while (next < count) {
      const input = next++;
      const { status, body } = await muster.call('POST /tasks', { type: 't', input, requirements });
      expect(status).toBe(201);
      ids.push(body.taskId);
    }
  };
  await Promise.all(Array.from({ length: dispatchers }, submitter));
  return ids;
};

/** Lets stages of several runs dispatch the others. */
const runAll = async (count: number): Promise<readonly string[]> => {
  const parts = 4;
  const each = { id: 'each', type: 't', input: '{{ item }}', forEach: '{{ input }}', requirements };
  await muster.call('POST /workflows', { mode: 'parallel', name: 'crowd', tasks: [each], maxParallelAgents: 1000 });
  const input = Array.from({ length: count / parts }, (_, index) => index);
  const begun = await Promise.all(
    Array.from({ length: parts }, () => muster.call('POST /runs', { workflow: 'crowd', input })),
  );
  return begun.map(({ body }) => body.runId);
};

describe('200 tasks at once to 5 agents of 4 slots', () => {
  it('all complete, none twice, and no agent ever holds more than it can', async () => {
    const startedAt = Date.now();
    const free: number[] = [];
    const over = new AbortController();
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const { body } = await muster.call('GET /agents');
        free.push(...body.items.map(({ freeSlots }: { freeSlots: number }) => freeSlots));
        await wait(250);
      }
    };
    const watching = watch();
    const [taskIds, runIds] = await Promise.all([submitAll(perWay), runAll(perWay)]);
    for (const runId of runIds)
      await until(
        `${runId} succeeds`,
        async () => (await muster.call(`GET /runs/${runId}`)).body.status === 'SUCCEEDED',
        { timeoutMs: 60_000, everyMs: 200 },
      );
    for (const taskId of taskIds)
      await until(
        `${taskId} succeeds`,
        async () => {
          const { body } = await muster.call(`GET /tasks/${taskId}`);
          return body.status === 'SUCCEEDED' && body.attempt === 1;
        },
        { timeoutMs: 60_000, everyMs: 200 },
      );
    const tookMs = Date.now() - startedAt;
    over.abort();
    await watching;
    const lost = muster.lines.filter((line) => line.includes('claim lost')).length;
    console.log(`200 tasks in ${tookMs} ms; ${lost} claims lost; most at once: ${[...most.values()].join(', ')}`);
    expect(executions.size).toBe(2 * perWay);
    expect([...executions.values()].filter((count) => count !== 1)).toEqual([]);
    expect(most.size).toBe(agentCount);
    expect(Math.max(...most.values())).toBeLessThanOrEqual(slots);
    expect(Math.min(...free)).toBe(0);
    expect(Math.max(...free)).toBeLessThanOrEqual(slots);
    expect(lost).toBeGreaterThan(0);
    await until('every slot is free again', async () => {
      const { body } = await muster.call('GET /agents');
      return body.items.every(({ freeSlots }: { freeSlots: number }) => freeSlots === slots);
    });
  });
});
