import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { Agent } from '#sdk/agent.ts';
import { TaskFailure } from '#sdk/errors.ts';

/** A bidder in a process of its own: the task says how each works, by name. Offers what the SDK offers by itself. */
const [url = '', apiKey = '', name = '', capability = '', slots = '1'] = process.argv.slice(2);
const Input = z.looseObject({ fails: z.array(z.string()).default([]), slow: z.array(z.string()).default([]) });

const costPerTask = Number(name.split('-').at(-1)) + 1;
const agent = new Agent({ url, apiKey, name, capabilities: [capability], maxConcurrency: Number(slots), costPerTask });
agent.on('connected', () => void process.stdout.write('connected\n'));
agent.on('assigned', ({ task }) => void process.stdout.write(`${task.kind} ${task.runId ?? ''}\n`));
agent.handle('paint', async (task) => {
  const { fails, slow } = Input.parse(task.input);
  if (fails.includes(name)) throw new TaskFailure('CANNOT', 'It cannot be done.', { retryable: false });
  if (slow.includes(name)) await wait(60_000);
  return { by: name };
});
process.on('disconnect', () => process.exit(0));
await agent.start();
