import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { type CommandResult, runCommand } from '../../../../local/event-bus/run-command.ts';
import { comparePage } from '../scheduler/conformance-page.ts';
import { asJsonText, type ConformanceRow, loadConformance } from './conformance-rows.ts';
import { renderConformance } from './render-conformance.ts';

const directory = mkdtempSync(join(tmpdir(), 'event-pattern-'));
afterAll(() => rmSync(directory, { recursive: true }));

function writeRow(row: ConformanceRow): string[] {
  const pattern = join(directory, 'pattern.json');
  const event = join(directory, 'event.json');
  writeFileSync(pattern, asJsonText(row.pattern));
  writeFileSync(event, asJsonText(row.event));
  return ['match', '--pattern', pattern, '--event', event];
}

function lastLine(output: string): unknown {
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
}

function expectedAnswer(row: ConformanceRow): unknown {
  if (row.expected !== 'refused') return { match: row.expected === 'match' };
  return { error: 'InvalidEventPatternException', reason: expect.stringContaining(row.reason ?? '') };
}

const groups = loadConformance();

describe.each(groups)('$title', ({ rows }) => {
  it.each(rows)('$expected: $rule', (row) => {
    const result: CommandResult = runCommand(writeRow(row));
    expect(lastLine(result.output)).toEqual(expectedAnswer(row));
    expect(result.exitCode).toBe(0);
  });
});

describe('the conformance rows', () => {
  it('hold 150 patterns and more, each rule once in its group, a third of them negative or malformed', () => {
    const rows = groups.flatMap((group) => group.rows);
    expect(rows.length).toBeGreaterThanOrEqual(150);
    expect(rows.filter((row) => row.expected !== 'match').length).toBeGreaterThan(rows.length / 3);
    for (const group of groups) expect(new Set(group.rows.map((row) => row.rule)).size).toBe(group.rows.length);
  });
});

describe('the page of conformance rows', () => {
  it('shows the rows that are tested', () => {
    const page = join(import.meta.dirname, '../../../../local/event-bus/conformance.md');
    const { actual, expected } = comparePage(page, renderConformance(groups));
    expect(actual).toBe(expected);
  });
});

describe('the process', () => {
  const cli = join(import.meta.dirname, '../../../../local/event-bus/cli.ts');
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [cli, ...args]);

  it.each(['match', 'no match', 'refused'] as const)('prints its answer as the last line: %s', async (expected) => {
    const row = groups.flatMap((group) => group.rows).find((candidate) => candidate.expected === expected);
    if (row === undefined) throw new Error(`no row is ${expected}`);
    const { stdout } = await run(...writeRow(row));
    expect(lastLine(stdout)).toEqual(expectedAnswer(row));
  });

  it('ends with status 2 and names the file it cannot read', async () => {
    await expect(run('match', '--pattern', '/nowhere/p.json', '--event', '/nowhere/e.json')).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('/nowhere/p.json'),
    });
  });
});

describe('runCommand', () => {
  it('helps with an example', () => {
    expect(runCommand(['--help'])).toMatchObject({ exitCode: 0, output: expect.stringContaining('Example:') });
  });

  it.each([
    [['match'], '--pattern FILE is missing'],
    [['check'], 'unknown command "check"'],
    [['match', '--patern', 'x'], '--patern'],
  ])('refuses %j and says why', (args, message) => {
    expect(runCommand(args)).toMatchObject({ exitCode: 2, output: '', errors: expect.stringContaining(message) });
  });

  it('names the field of a refused pattern on the error stream', () => {
    const row = { rule: '', pattern: { detail: { a: 'x' } }, event: {}, expected: 'refused' } as const;
    expect(runCommand(writeRow(row))).toMatchObject({ errors: 'The pattern is refused at detail.a.\n' });
  });

  it('answers ValidationException for an event that is not a JSON object', () => {
    const row = { rule: '', pattern: { a: ['x'] }, event: '[1]', expected: 'refused' } as const;
    expect(lastLine(runCommand(writeRow(row)).output)).toMatchObject({ error: 'ValidationException' });
  });
});
