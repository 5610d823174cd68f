import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { Agent } from '#sdk/agent.ts';
import { TaskFailure } from '#sdk/errors.ts';

/** A leader in a process of its own: the task says what the leader of each term does. Tells when it leads. */
const [url = '', apiKey = '', name = '', capability = '', slots = '1'] = process.argv.slice(2);
const Input = z.looseObject({ terms: z.array(z.enum(['does', 'fails', 'hangs'])) });

const agent = new Agent({ url, apiKey, name, capabilities: [capability], maxConcurrency: Number(slots) });
agent.on('connected', () => void process.stdout.write('connected\n'));
agent.on('assigned', ({ task }) => void process.stdout.write(`leads ${task.runId ?? ''} ${task.term ?? 0}\n`));
agent.handle('lead', async ({ input, term = 0 }) => {
  const does = Input.parse(input).terms[term - 1];
  if (does === 'fails') throw new TaskFailure('CANNOT', 'It cannot be done.', { retryable: false });
  if (does === 'hangs') await wait(60_000);
  return { by: name, term };
});
process.on('disconnect', () => process.exit(0));
await agent.start();
