import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent } from '#sdk/index.ts';
import { type Muster, startMuster } from './support/start-muster.ts';
import { until } from './support/until.ts';

const count = 12;

let muster: Muster;

beforeAll(async () => {
  muster = await startMuster();
});
afterAll(async () => muster?.stop());

const square = (input: unknown): number => Number(input) ** 2;

/** Billed messages for tasks that waited for an agent, from its connection to their ends. */
const messagesFor = async (prepare: (agent: Agent) => unknown): Promise<number> => {
  const requirements = { capabilities: [randomUUID()] };
  const submitted = Array.from({ length: count }, (_, input) =>
    muster.call('POST /tasks', { type: 'small', input, requirements }),
  );
  const taskIds = (await Promise.all(submitted)).map(({ body }) => String(body.taskId));
  const { ws, apiKey } = muster;
  const name = `batch-${requirements.capabilities[0] ?? ''}`;
  const agent = new Agent({ url: ws, apiKey, name, ...requirements, maxConcurrency: count });
  prepare(agent);
  const messages = (): number => muster.platform.meter.totals()['websocket.messages'] ?? 0;
  const before = messages();
  await agent.start();
  for (const [input, taskId] of taskIds.entries()) {
    const task = await until(`task ${input} ends`, async () => {
      const { body } = await muster.call(`GET /tasks/${taskId}`);
      return body.endedAt === undefined ? undefined : body;
    });
    expect(task).toMatchObject({ status: 'SUCCEEDED', output: square(input), attempt: 1 });
  }
  const billed = messages() - before;
  await agent.stop();
  return billed;
};

describe('small tasks that wait for an agent', () => {
  it('are handed to one that takes batches in fewer billed messages, and each ends by itself', async () => {
    const sizes: number[] = [];
    const single = await messagesFor((agent) => agent.handle('small', ({ input }) => square(input)));
    const together = await messagesFor((agent) =>
      agent.handleBatch('small', (tasks) => {
        sizes.push(tasks.length);
        return tasks.map(({ input }) => square(input));
      }),
    );
    console.log(`${count} small tasks: ${single} billed messages one by one, ${together} in ${sizes.length} batches`);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
    expect(sizes.length).toBeLessThan(count / 2);
    expect(single - together).toBeGreaterThanOrEqual(count / 2);
  });
});
