import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Agent } from '#sdk/agent.ts';
import { Client } from '#sdk/client.ts';
import { bootPlatform } from '../../scripts/boot-platform.ts';

const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const chaosSeed = 11;
const tasks = 25;
const runs = 2;

describe('with duplicates, delays, throttling, cold starts, lost $disconnects and 410s', () => {
  it('every task and run comes to its end', async () => {
    const muster = await bootPlatform({ port: 0, log: () => undefined, progress: () => undefined, chaosSeed });
    ends.push(() => muster.stop());
    const stopped: Error[] = [];
    for (let index = 0; index < 3; index++) {
      const agent = new Agent({
        url: muster.ws,
        apiKey: muster.apiKey,
        name: `c-${index}`,
        capabilities: ['c'],
        maxConcurrency: 4,
      });
      agent.on('error', () => undefined);
      agent.on('stopped', ({ error }) => void (error === undefined ? undefined : stopped.push(error)));
      agent.handle('*', async ({ input }) => {
        await wait(10);
        return { of: input };
      });
      ends.push(() => agent.stop());
      await agent.start();
    }
    const client = new Client({ url: muster.http, socketUrl: muster.ws, apiKey: muster.apiKey });
    ends.push(() => client.close());
    const requirements = { capabilities: ['c'] };
    const steps = ['a', 'b'].map((id) => ({ id, type: 't', input: id, requirements }));
    await client.putWorkflow({ mode: 'sequential', name: 'c', steps });
    const startedAt = Date.now();
    const [outcomes, ended] = await Promise.all([
      Promise.all(
        Array.from({ length: tasks }, (_, input) =>
          client.submitAndWait({ type: 't', input, requirements }, { timeoutMs: 100_000 }),
        ),
      ),
      Promise.all(
        Array.from({ length: runs }, async () => {
          const { runId } = await client.startRun({ workflow: 'c' });
          return client.waitForRun(runId, { timeoutMs: 100_000 });
        }),
      ),
    ]);
    console.log(`chaos ${chaosSeed}: ${tasks} tasks and ${runs} runs in ${Date.now() - startedAt} ms`);
    expect(outcomes.map(({ status, output }) => ({ status, output }))).toEqual(
      Array.from({ length: tasks }, (_, input) => ({ status: 'SUCCEEDED', output: { of: input } })),
    );
    expect(ended.map(({ status, output }) => ({ status, output }))).toEqual(
      Array.from({ length: runs }, () => ({ status: 'SUCCEEDED', output: { of: 'b' } })),
    );
    expect(stopped).toEqual([]);
  });
});
