import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from '#sdk/agent.ts';

/** An agent in a process of its own, so that a test can kill it: says on standard output what it is given. */
const [url = '', apiKey = '', name = '', workMs = '0'] = process.argv.slice(2);

const agent = new Agent({ url, apiKey, name, capabilities: ['mortal'], maxConcurrency: 2 });
agent.on('connected', () => void process.stdout.write('connected\n'));
agent.on('assigned', ({ task }) => void process.stdout.write(`assigned ${task.taskId}\n`));
agent.handle('*', async (task) => {
  await wait(Number(workMs));
  return { squared: Number(task.input) ** 2 };
});
process.on('disconnect', () => process.exit(0));
await agent.start();
