import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseJson } from './json.ts';
import { Mocks, type RunReport, runDefinition } from './run-definition.ts';

const usage = `Usage: node local/step-functions/cli.ts run --definition FILE [--input FILE] [--mocks FILE]

Runs one execution of a JSONata state machine on a virtual clock and prints, as its last line, JSON:
{"status", "output" | "error", "cause", "history"}.

  --definition FILE  the state machine in Amazon States Language
  --input FILE       the execution's input, JSON (default: {})
  --mocks FILE       {"<state name>": [{"output": ...} | {"error": "...", "cause": "..."}, ...]}, used in order;
                     an output is the task's raw result, as $states.result
  --help             this text

Exit status: 0 when the execution ran, however it ended; 1 when the definition was refused or a file was unusable.`;

/** A file or argument that cannot be used; its message is all the user needs. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot read the ${what}: ${reason}`);
  }
}

async function readMocks(path: string | undefined): Promise<Mocks> {
  if (path === undefined) return {};
  const json = parseJson(await readText(path, 'mocks'));
  if (!json) throw new UsageError(`The mocks in ${path} are not valid JSON`);
  const mocks = Mocks.safeParse(json.value);
  if (mocks.success) return mocks.data;
  const where = mocks.error.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`).join('; ');
  throw new UsageError(`The mocks in ${path} must map state names to lists of {output} or {error, cause} (${where})`);
}

function readArguments(args: readonly string[]): { definition: string; input?: string; mocks?: string } | undefined {
  const options = {
    definition: { type: 'string' },
    input: { type: 'string' },
    mocks: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.help) return undefined;
  const [command] = positionals;
  if (positionals.length !== 1 || command !== 'run') throw new UsageError('The only command is "run"');
  const { definition, input, mocks } = values;
  if (definition === undefined) throw new UsageError('--definition FILE is required');
  return { definition, ...(input === undefined ? {} : { input }), ...(mocks === undefined ? {} : { mocks }) };
}

async function run(args: readonly string[]): Promise<number> {
  const request = readArguments(args);
  if (!request) {
    console.log(usage);
    return 0;
  }
  const definition = await readText(request.definition, 'definition');
  const input = request.input === undefined ? '{}' : await readText(request.input, 'input');
  const report: RunReport = await runDefinition(definition, input, await readMocks(request.mocks));
  console.log(JSON.stringify(report));
  return report.status === 'INVALID' ? 1 : 0;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.error('Run with --help for usage.');
  process.exitCode = 1;
}
