import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { testEventPattern } from '#event-pattern/test-event-pattern.ts';

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

interface Arguments {
  readonly command: string | undefined;
  readonly pattern?: string;
  readonly event?: string;
  readonly help?: boolean;
}

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

function readArguments(args: readonly string[]): Arguments {
  const options = { pattern: { type: 'string' }, event: { type: 'string' }, help: { type: 'boolean' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { command: positionals[0], ...values };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** What a run of the command prints and how it ends. */
export interface CommandResult {
  readonly exitCode: 0 | 2;
  readonly output: string;
  readonly errors: string;
}

function matchFiles(input: { readonly pattern?: string; readonly event?: string }): CommandResult {
  const answer = testEventPattern(readInput('pattern', input.pattern), readInput('event', input.event));
  if (!('path' in answer)) return { exitCode: 0, output: `${JSON.stringify(answer)}\n`, errors: '' };
  const { path, ...printed } = answer;
  const errors = `The pattern is refused${path === '' ? '' : ` at ${path}`}.\n`;
  return { exitCode: 0, output: `${JSON.stringify(printed)}\n`, errors };
}

/** Runs the command line without a process: `args` are what follows the file's name. */
export function runCommand(args: readonly string[]): CommandResult {
  try {
    const input = readArguments(args);
    if (input.help === true || args.length === 0) return { exitCode: 0, output: help, errors: '' };
    if (input.command !== 'match') {
      throw new UsageError(`unknown command "${input.command ?? ''}"; the command is match, --help shows an example`);
    }
    return matchFiles(input);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { exitCode: 2, output: '', errors: `${error.message}\n` };
  }
}
