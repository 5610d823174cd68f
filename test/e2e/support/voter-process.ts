import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { Agent } from '#sdk/agent.ts';
import { TaskFailure } from '#sdk/errors.ts';

/** A voter in a process of its own: the question says what each voter does, by name. Tells what it is asked. */
const [url = '', apiKey = '', name = '', capability = ''] = process.argv.slice(2);

const Part = z.looseObject({
  decision: z.string().optional(),
  /** In a later round, when it knows what the others said. */
  later: z.string().optional(),
  afterMs: z.number().default(0),
  fails: z.boolean().default(false),
});
const Asked = z.looseObject({ question: z.record(z.string(), Part), previous: z.unknown().optional() });

const agent = new Agent({ url, apiKey, name, capabilities: [capability], maxConcurrency: 1 });
agent.on('connected', () => void process.stdout.write('connected\n'));
agent.on('assigned', ({ task }) => void process.stdout.write(`assigned ${task.runId ?? ''}\n`));
agent.handle('judge', async (task) => {
  const { question, previous } = Asked.parse(task.input);
  const part = question[name] ?? Part.parse({});
  await wait(part.afterMs);
  if (part.fails) throw new TaskFailure('CANNOT', 'It has no opinion.', { retryable: false });
  const decision = previous === undefined ? part.decision : (part.later ?? part.decision);
  return { decision, confidence: 0.9, reasoning: `${name} says so.`, evidence: [task.kind] };
});
process.on('disconnect', () => process.exit(0));
await agent.start();
