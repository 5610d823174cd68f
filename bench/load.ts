import * as z from 'zod';
import { Agent, Client } from '#sdk/index.ts';

/** What the parent asks of this process: agents and clients that are not the platform's. */
const Order = z.strictObject({
  http: z.string(),
  ws: z.string(),
  apiKey: z.string(),
  agents: z.int().positive(),
  slots: z.int().positive(),
  payloadBytes: z.int().nonnegative(),
  phases: z.array(z.strictObject({ tasks: z.int().positive(), concurrency: z.int().positive() })),
});

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const runPhase = async (
  client: Client,
  input: string,
  phase: { tasks: number; concurrency: number },
): Promise<Record<string, number>> => {
  const latencies: number[] = [];
  let next = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (next < phase.tasks) {
      next += 1;
      const from = performance.now();
      await client.submitAndWait({ type: 'bench', input, requirements: { capabilities: ['bench'] } });
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: phase.concurrency }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    ...phase,
    tasksPerSecond: phase.tasks / seconds,
    clientCpuMs: (user + system) / 1000 / phase.tasks,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
};

const main = async (): Promise<void> => {
  const order = Order.parse(JSON.parse(process.argv[2] ?? '{}'));
  const { http, ws, apiKey } = order;
  const agents = Array.from({ length: order.agents }, (_, index) =>
    new Agent({ url: ws, apiKey, name: `bench-${index}`, capabilities: ['bench'], maxConcurrency: order.slots }).handle(
      'bench',
      async (task) => task.input,
    ),
  );
  for (const agent of agents) await agent.start();
  const client = new Client({ url: http, socketUrl: ws, apiKey });
  const input = 'x'.repeat(order.payloadBytes);
  await runPhase(client, input, { tasks: 20, concurrency: 4 });
  process.send?.({ ready: true });
  for (const phase of order.phases) process.send?.({ result: await runPhase(client, input, phase) });
  for (const agent of agents) await agent.stop();
  process.exit(0);
};

await main();
