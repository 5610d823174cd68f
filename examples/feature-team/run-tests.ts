import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Feature, Pair, Requirements, Review } from './feature.ts';

/** How the tests of a file went. */
export interface TestOutcome {
  readonly passed: number;
  readonly failed: number;
}

/** A test file for Node's own runner: every row of the table, the held-out ones included. */
export function writeTests({ name, given, review, heldOut }: Requirements): string {
  const group = (title: string, pairs: readonly Pair[]): string =>
    pairs
      .map(({ input, output }) => {
        const call = `${name}(${input.map((value) => JSON.stringify(value)).join(', ')})`;
        return `test(${JSON.stringify(`${title}: ${call}`)}, () => assert.deepStrictEqual(${call}, ${JSON.stringify(output)}));\n`;
      })
      .join('');
  return `import assert from 'node:assert';
import { test } from 'node:test';
import { ${name} } from './${name}.ts';

${group('given', given)}${group('reviewed', review)}${group('held out', heldOut)}`;
}

/** Runs a function's tests in a process of their own. */
export async function runTests(
  name: string,
  files: { readonly code: string; readonly tests: string },
  signal: AbortSignal,
): Promise<TestOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-feature-'));
  try {
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, `${name}.ts`), files.code);
    await writeFile(join(folder, `${name}.test.ts`), files.tests);
    const said = await runNode(folder, ['--test', '--test-reporter=tap', `${name}.test.ts`], signal);
    return { passed: countOf(said, 'pass'), failed: countOf(said, 'fail') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is delivered, and whether it may be. */
export function verdictOf(requirements: Requirements, review: Review, tests: string, outcome: TestOutcome): Feature {
  const { code = '', explored } = review.implementation;
  const { passed, failed } = outcome;
  const tested = failed === 0 && passed > 0 ? 'passed' : 'failed';
  const approved = review.isApproved ? tested : 'not_approved';
  return {
    name: requirements.name,
    verdict: code === '' ? 'unsolved' : approved,
    code,
    tests,
    passed,
    failed,
    rounds: review.rounds,
    explored,
    findings: review.findings,
  };
}

function runNode(folder: string, parameters: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(process.execPath, parameters, {
      cwd: folder,
      env,
      signal,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', () => resolve(said));
  });
}

function countOf(report: string, word: string): number {
  return Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(report)?.[1] ?? 0);
}
