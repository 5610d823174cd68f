import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { Agent } from '#sdk/agent.ts';
import { TaskFailure } from '#sdk/errors.ts';

/** An agent in a process of its own that does what a task's type says. Tells on standard output what it is given. */
const [url = '', apiKey = '', name = '', capability = '', slots = '1'] = process.argv.slice(2);

const Sleep = z.looseObject({ ms: z.number(), value: z.unknown() });
/** What an agent answers in each phase of a hierarchy, or for each team; the rest it gives back. */
const Script = z.looseObject({
  brief: z.looseObject({ phase: z.string(), team: z.string().optional() }),
  answers: z.record(z.string(), z.unknown()),
});
/** What ants see: each goes the cheapest way that it has not gone yet. */
const Walk = z.looseObject({
  ants: z.array(
    z.looseObject({
      antId: z.string(),
      at: z.string(),
      trail: z.array(z.string()),
      ways: z.array(z.looseObject({ from: z.string(), to: z.string(), cost: z.number() })),
    }),
  ),
});
const Size = z.looseObject({ bytes: z.int() });
const Value = z.looseObject({ value: z.number() });

const agent = new Agent({ url, apiKey, name, capabilities: [capability], maxConcurrency: Number(slots) });
agent.on('connected', () => void process.stdout.write('connected\n'));
agent.on('assigned', ({ task }) => void process.stdout.write(`assigned ${task.step ?? task.taskId}\n`));
agent.handle('echo', (task) => task.input);
agent.handle('sleep', async (task) => {
  const { ms, value } = Sleep.parse(task.input);
  const began = Date.now();
  await wait(ms);
  return { value, by: name, began, ended: Date.now() };
});
agent.handle('fill', (task) => {
  const { bytes } = Size.parse(task.input);
  return { bytes, text: 'x'.repeat(bytes) };
});
agent.handle('double', (task) => ({ value: Value.parse(task.input).value * 2 }));
agent.handle('add', (task) => ({ value: Value.parse(task.input).value + 1 }));
agent.handle(
  'hang',
  (_task, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
);
agent.handle('script', (task) => {
  const { brief, answers } = Script.parse(task.input);
  const said = answers[`${brief.phase}-${brief.team}`] ?? answers[brief.phase];
  return said === undefined ? brief : said;
});
agent.handle('walk', (task) =>
  Walk.parse(task.input).ants.map(({ antId, at, trail, ways }) => {
    const open = ways
      .filter(({ from, to }) => from === at || to === at)
      .map(({ from, to, cost }) => ({ to: from === at ? to : from, cost }))
      .filter(({ to }) => !trail.includes(to))
      .toSorted((a, b) => a.cost - b.cost);
    return { antId, moves: open.slice(0, 1).map(({ to }) => to) };
  }),
);
/** Lasts for ever for whoever is to die in the middle of it. */
agent.handle('outlive', () => (name.startsWith('victim') ? new Promise<never>(() => undefined) : { by: name }));
agent.handle('fail', () => {
  throw new TaskFailure('CANNOT', 'It cannot be done.', { retryable: false });
});
process.on('disconnect', () => process.exit(0));
await agent.start();
