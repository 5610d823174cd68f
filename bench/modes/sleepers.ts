import * as z from 'zod';
import { Agent } from '#sdk/index.ts';

/** What the parent asks of this process: agents that take a fixed time for each task, and answer by its type. */
const Order = z.strictObject({
  ws: z.string(),
  apiKey: z.string(),
  agents: z.int().positive(),
  taskMs: z.int().positive(),
  /** Of tasks that take another time than `taskMs`. */
  durations: z.record(z.string(), z.int().positive()),
  outputs: z.record(z.string(), z.json()),
});

const main = async (): Promise<void> => {
  const { ws, apiKey, agents, taskMs, durations, outputs } = Order.parse(JSON.parse(process.argv[2] ?? '{}'));
  const fleet = Array.from({ length: agents }, (_, index) =>
    new Agent({ url: ws, apiKey, name: `sleeper-${index}`, capabilities: ['sleep'], maxConcurrency: 1 }).handle(
      '*',
      async ({ type }) => {
        await new Promise((resolve) => setTimeout(resolve, durations[type] ?? taskMs));
        return outputs[type] ?? null;
      },
    ),
  );
  for (const agent of fleet) await agent.start();
  process.send?.({ ready: true });
  process.on('message', () => {
    void Promise.all(fleet.map((agent) => agent.stop())).then(() => process.exit(0));
  });
  // Whoever began it has died.
  process.on('disconnect', () => process.exit(1));
};

await main();
