import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { testEventPattern } from './pattern/test-event-pattern.ts';

const help = `Matches an event against an EventBridge event pattern, as AWS's TestEventPattern does.

Usage: node local/event-bus/cli.ts match --pattern FILE --event FILE

Prints, as its last line, {"match":true}, {"match":false} or
{"error":"InvalidEventPatternException","reason":"…"}. Exit status: 0 with an answer, 2 when it cannot be given.

Example:
  echo '{"source":["orders"],"detail":{"total":[{"numeric":[">",100]}]}}' > pattern.json
  echo '{"id":"1","account":"123456789012","source":"orders","time":"2026-01-01T00:00:00Z","region":"eu-west-1",
         "resources":[],"detail-type":"Order placed","detail":{"total":250}}' > event.json
  node local/event-bus/cli.ts match --pattern pattern.json --event event.json
  {"match":true}
`;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

function readInput(option: string, path: string | undefined): string {
  if (path === undefined) throw new UsageError(`--${option} FILE is missing; --help shows an example`);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot read the ${option} file: ${reason}`);
  }
}

function readArguments(): { command: string | undefined; pattern?: string; event?: string; help?: boolean } {
  const options = { pattern: { type: 'string' }, event: { type: 'string' }, help: { type: 'boolean' } } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    return { command: positionals[0], ...values };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function run(): void {
  const input = readArguments();
  if (input.help === true || (input.command === undefined && input.pattern === undefined)) {
    console.log(help);
    return;
  }
  if (input.command !== 'match') throw new UsageError(`unknown command "${input.command ?? ''}"; the command is match`);
  const answer = testEventPattern(readInput('pattern', input.pattern), readInput('event', input.event));
  if ('path' in answer) {
    console.error(`The pattern is refused${answer.path === '' ? '' : ` at ${answer.path}`}.`);
    console.log(JSON.stringify({ error: answer.error, reason: answer.reason }));
    return;
  }
  console.log(JSON.stringify(answer));
}

try {
  run();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
