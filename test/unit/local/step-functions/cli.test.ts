import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { topics } from './conformance/all-rows.ts';
import { definitionOf } from './conformance/row.ts';
import { temporaryDirectory } from './fixture.ts';

const directory = temporaryDirectory();
const cli = join(import.meta.dirname, '../../../../local/step-functions/cli.ts');

/** Runs the real command line in a process of its own. */
function runCli(args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string; last: unknown }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], (error, stdout, stderr) => {
      const line = stdout.trimEnd().split('\n').at(-1) ?? '';
      const last: unknown = line.startsWith('{') ? JSON.parse(line) : line;
      resolve({ code: error ? error.code : 0, stdout, stderr, last });
    });
  });
}

async function file(name: string, content: unknown): Promise<string> {
  const path = join(directory.path, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('the command line', () => {
  afterAll(() => directory.remove());

  const samples = topics.flatMap(({ rows }) => rows.slice(0, 1)).filter((row) => row.expect.cause === undefined);
  it.each(samples.map((row, index) => [row.rule, row, index] as const))('runs: %s', async (_rule, row, index) => {
    const args = ['run', '--definition', await file(`${index}.asl.json`, definitionOf(row))];
    args.push('--input', await file(`${index}.input.json`, row.input ?? {}));
    if (row.mocks) args.push('--mocks', await file(`${index}.mocks.json`, row.mocks));
    const { code, last } = await runCli(args);
    expect(code).toBe(0);
    expect(last).toMatchObject({ status: row.expect.status, history: expect.any(Array) });
  });

  it('prints a refused definition as INVALID and exits 1', async () => {
    const { code, last } = await runCli(['run', '--definition', await file('bad.json', { StartAt: 'A', States: {} })]);
    expect(code).toBe(1);
    expect(last).toMatchObject({ status: 'INVALID', error: 'InvalidDefinition', history: [] });
  });

  it('says which mock is missing', async () => {
    const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true };
    const definition = { QueryLanguage: 'JSONata', StartAt: 'T', States: { T: task } };
    const { code, last } = await runCli(['run', '--definition', await file('unmocked.json', definition)]);
    expect(code).toBe(0);
    expect(last).toMatchObject({
      error: 'States.Runtime',
      cause: "The task 'T' was run 1 time(s) but its mocks have 0 result(s)",
    });
  });

  it.each([
    ['no command', [], /The only command is "run"/],
    ['no definition', ['run'], /--definition FILE is required/],
    ['an unknown option', ['run', '--colour'], /Unknown option '--colour'/],
    ['a missing file', ['run', '--definition', '/no/such/file'], /Cannot read the definition: ENOENT/],
  ])('explains %s', async (_what, args, message) => {
    const { code, stderr, stdout } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });

  it('explains unusable mocks', async () => {
    const definition = await file('ok.json', {
      QueryLanguage: 'JSONata',
      StartAt: 'S',
      States: { S: { Type: 'Succeed' } },
    });
    const broken = await runCli(['run', '--definition', definition, '--mocks', await file('broken.json', '{')]);
    expect(broken.stderr).toMatch(/The mocks in .* are not valid JSON/);
    const wrong = await runCli(['run', '--definition', definition, '--mocks', await file('wrong.json', { T: 5 })]);
    expect(wrong.stderr).toMatch(/must map state names to lists of \{output\} or \{error, cause\} \(T: /);
  });

  it('has a help text', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--definition FILE');
  });
});
