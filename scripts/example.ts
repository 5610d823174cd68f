import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { sayFault } from '../core/contract/first-fault.ts';
import { examples } from '../examples/registry.ts';
import type { Answer, Example, Question } from '../examples/shared/example.ts';
import type { LocalMuster } from './boot-platform.ts';
import { say, showRun, startFleet } from './fleet.ts';
import { fromCaller, wholeNumber } from './parameters.ts';
import { reportPathOf, writeReport } from './report-file.ts';

const usage = `Runs an example on this machine: the platform, the example's agents as processes of their own, one run.

Usage: npm run example -- NAME [--input FILE|JSON] [--json] [--report FILE] [--answer X] [--copies N] [--port N] [--verbose]
       npm run example -- --list
       npm run example -- NAME --help

  --input X      a file of JSON, or the JSON itself (default: the example's own)
  --json         print the result as JSON, and nothing else on standard output
  --report FILE  write the result as JSON there too
  --answer X     answer with this option whatever a person is asked (default: ask on the terminal)
  --copies N     equal processes of each agent (default 1)
  --port N       port of the APIs (default: a free one)
  --verbose      print what the functions log
  --list         the examples
  --help         this; after a name an input to begin with

Example: npm run example -- feature-team --input my-table.json
`;

const options = {
  input: { type: 'string' },
  json: { type: 'boolean', default: false },
  report: { type: 'string' },
  answer: { type: 'string' },
  copies: { type: 'string', default: '1' },
  port: { type: 'string', default: '0' },
  verbose: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

const maxShown = 2000;

const listing = (): string => {
  const width = Math.max(...examples.map(({ name }) => name.length));
  return examples.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
};

const helpFor = ({ name, summary, sample }: Example): string =>
  `${name}: ${summary}\n\nAn input to begin with (npm run example -- ${name} --input FILE):\n\n${JSON.stringify(sample, null, 2)}\n`;

const find = (name: string): Example => {
  const found = examples.find((example) => example.name === name);
  if (found === undefined) throw new Error(`There is no example ${name}. There are:\n${listing()}`);
  return found;
};

/** @throws Error that says what of the input is wrong, before anything starts */
const readInput = async (example: Example, given: string | undefined): Promise<unknown> => {
  if (given === undefined) return example.sample;
  const isInline = /^\s*[[{"]/.test(given);
  const path = fromCaller(given);
  const text = isInline
    ? given
    : await readFile(path, 'utf8').catch(() => {
        throw new Error(`--input ${path} cannot be read, and is no JSON itself.`);
      });
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    throw new Error(`--input is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  try {
    example.check(input);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new Error(`--input does not fit ${example.name}: ${sayFault(error, input)}`, { cause: error });
  }
  return input;
};

/** @throws Error for an answer that nobody asked for. */
const checkAnswer = (given: string, offered: readonly string[]): string => {
  if (offered.includes(given)) return given;
  throw new Error(`--answer: "${given}" is none of ${offered.join(', ')}.`);
};

/** What a person says: as given beforehand, else as typed; without a terminal it is told how to say it. */
const answerTo = async (
  { taskId, input, options: offered }: Question,
  muster: LocalMuster,
  given: string | undefined,
): Promise<Answer | undefined> => {
  const choices = offered.join(', ');
  if (given !== undefined) return { decision: checkAnswer(given, offered) };
  say(`\nA person has to decide: ${choices}\n${JSON.stringify(input, null, 2).slice(0, maxShown)}`);
  if (!process.stdin.isTTY) {
    say(
      `curl -X POST ${muster.http}/approvals/${taskId} -H "Authorization: Bearer ${muster.apiKey}" -d '{"decision":"${offered[0] ?? ''}"}'`,
    );
    return undefined;
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const decision = (await prompt.question(`${choices}? `)).trim();
      if (offered.includes(decision)) return { decision };
    }
  } finally {
    prompt.close();
  }
};

const run = async (example: Example, values: Values): Promise<void> => {
  const input = await readInput(example, values.input);
  const port = wholeNumber('--port', values.port, [0, 65_535]);
  const copies = wholeNumber('--copies', values.copies, [1, 20]);
  const reportPath = await reportPathOf(values.report);
  const { muster, stop } = await startFleet({ port, agents: example.agents, copies, verbose: values.verbose });
  try {
    const { report, text } = await showRun(muster, values.json ? process.stderr : process.stdout, (surroundings) =>
      example.run(input, { ...surroundings, decide: (question) => answerTo(question, muster, values.answer) }),
    );
    process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${text}\n`);
    await writeReport(reportPath, report);
  } finally {
    await stop();
  }
};

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [name, ...others] = positionals;
  if (others.length > 0) throw new Error(`One example at a time, not ${positionals.join(', ')}.`);
  if (values.list) process.stdout.write(listing());
  else if (name === undefined) process.stdout.write(`${usage}\nThe examples:\n${listing()}`);
  else if (values.help) process.stdout.write(helpFor(find(name)));
  else await run(find(name), values);
  process.exit(0);
};

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
