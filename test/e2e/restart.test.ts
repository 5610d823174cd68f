import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { freePort } from '#local/engine/free-port.ts';
import { Agent } from '#sdk/agent.ts';
import type { TaskHandler } from '#sdk/task-context.ts';
import { NodeProcess } from './support/spawn-node.ts';
import { call } from './support/start-muster.ts';
import { until } from './support/until.ts';

const script = new URL('../../scripts/dev.ts', import.meta.url).pathname;
const total = 500;
const data = mkdtempSync(join(tmpdir(), 'muster-restart-'));
const ends: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const end of ends.toReversed()) await end();
  rmSync(data, { recursive: true, force: true });
});

const Ready = z.looseObject({ http: z.string(), ws: z.string(), apiKey: z.string() });
type Ready = z.infer<typeof Ready>;

const pick = ({ http, ws, apiKey }: Ready): Ready => ({ http, ws, apiKey });

const boot = async (port: number): Promise<{ child: NodeProcess; ready: Ready }> => {
  const child = new NodeProcess(script, ['--port', String(port), '--data', data, '--json']);
  ends.push(() => child.kill());
  const line = await until('the platform is ready', () => child.lines[0], { timeoutMs: 60_000 });
  return { child, ready: Ready.parse(JSON.parse(line)) };
};

/** Agents that gave up. */
const stopped: Error[] = [];

const addAgent = async (
  { ws, apiKey }: Ready,
  name: string,
  capability: string,
  handler: TaskHandler,
): Promise<void> => {
  const agent = new Agent({ url: ws, apiKey, name, capabilities: [capability], maxConcurrency: 4 });
  agent.on('error', () => undefined);
  agent.on('stopped', ({ error }) => void (error === undefined ? undefined : stopped.push(error)));
  agent.handle('*', handler);
  ends.push(() => agent.stop());
  await agent.start();
};

/** Submits as a client does that must not lose a task: with a key, until there is an answer. */
const submit = async (ready: Ready, input: number): Promise<string> =>
  until(
    `task ${input} is accepted`,
    async () => {
      const task = { type: 't', input, requirements: { capabilities: ['lasting'] } };
      const answer = await call(ready, 'POST /tasks', task, { idempotencyKey: `task-${input}` }).catch(() => undefined);
      return answer?.status === 201 && String(answer.body.taskId);
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );

const submitAll = async (ready: Ready): Promise<readonly string[]> => {
  const ids: string[] = [];
  let next = 0;
  const submitter = async (): Promise<void> => {
    while (next < total) {
      const input = next++;
      ids[input] = await submit(ready, input);
    }
  };
  await Promise.all(Array.from({ length: 8 }, submitter));
  return ids;
};

/** What must never change again; `rev` does when a slot is freed that the crash left taken. */
const endOf = ({ status, output, attempt, agentId, endedAt }: Record<string, unknown>): string =>
  JSON.stringify({ status, output, attempt, agentId, endedAt });

describe('the platform', () => {
  it('loses and doubles nothing when it is killed in the middle of 500 tasks and a run', async () => {
    const port = await freePort();
    const first = await boot(port);
    const { ready } = first;
    const executions = new Map<string, number>();
    for (let index = 0; index < 3; index++)
      await addAgent(ready, `lasting-${index}`, 'lasting', async ({ taskId, input }) => {
        executions.set(taskId, (executions.get(taskId) ?? 0) + 1);
        await wait(30);
        return { of: input };
      });
    const { promise: isBack, resolve: goOn } = Promise.withResolvers<void>();
    let held = 0;
    await addAgent(ready, 'patient', 'patient', async ({ input }) => {
      held += 1;
      await isBack;
      return [input, 'done'];
    });
    const requirements = { capabilities: ['patient'] };
    const steps = ['a', 'b'].map((id) => ({ id, type: 't', input: id, requirements }));
    await call(ready, 'POST /workflows', { mode: 'sequential', name: 'lasting', steps });
    const { body: begun } = await call(ready, 'POST /runs', { workflow: 'lasting' });
    await until('the run waits for its first step', () => held === 1);

    const submitting = submitAll(ready);
    await until('some tasks are under way', () => executions.size >= total / 3, { timeoutMs: 60_000, everyMs: 5 });
    await first.child.kill();
    const killedAt = Date.now();
    const underWay = executions.size;
    const second = await boot(port);
    expect(second.ready, 'same key, same addresses').toMatchObject(pick(ready));
    const bootMs = Date.now() - killedAt;
    goOn();
    const taskIds = await submitting;
    expect(new Set(taskIds).size).toBe(total);

    const endings = new Map<string, string>();
    await until(
      'every task ends',
      async () => {
        // Looks no further than the first that has not ended: looking costs the platform what it works with.
        for (const taskId of taskIds.slice(endings.size)) {
          const { body } = await call(ready, `GET /tasks/${taskId}`);
          if (body.endedAt === undefined) return false;
          endings.set(taskId, endOf(body));
        }
        return true;
      },
      { timeoutMs: 130_000, everyMs: 250 },
    );
    const run = await until('the run ends', async () => {
      const { body } = await call(ready, `GET /runs/${begun.runId}`);
      return body.endedAt === undefined ? undefined : body;
    });
    const twice = [...executions.values()].filter((count) => count > 1).length;
    console.log(
      `killed with ${underWay} of ${total} tasks begun; back after ${bootMs} ms, all ended after ${Date.now() - killedAt} ms; ${twice} begun twice`,
    );
    expect(stopped).toEqual([]);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: ['b', 'done'],
      steps: [{ status: 'SUCCEEDED' }, { status: 'SUCCEEDED' }],
    });
    expect(held, 'the step in hand went on').toBe(2);
    for (const [input, taskId] of taskIds.entries()) {
      const { body } = await call(ready, `GET /tasks/${taskId}`);
      expect(body).toMatchObject({ status: 'SUCCEEDED', output: { of: input } });
      expect(endOf(body), 'an end is never left').toBe(endings.get(taskId));
    }
    for (const { freeSlots, tasks } of (await call(ready, 'GET /agents')).body.items)
      expect(freeSlots + tasks.length, 'no slot is lost or doubled').toBe(4);
  }, 240_000);
});
