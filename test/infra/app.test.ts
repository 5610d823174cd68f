import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionNames } from '#infra/config/functions.ts';

const root = resolve(import.meta.dirname, '../..');
let scratch = '';

/** Handlers that say who they are, through a dependency, so that bundling has something to do. */
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'muster-app-test-'));
  for (const name of functionNames) {
    const path = join(scratch, 'functions', `${name}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      `import * as z from ${JSON.stringify(join(root, 'node_modules/zod/index.js'))};
       export const handler = async (): Promise<string> => z.string().parse('${name}');\n`,
    );
  }
});

afterAll(() => rmSync(scratch, { recursive: true }));

function synth(output: string, context: Record<string, string>) {
  const run = spawnSync(process.execPath, ['infra/bin/app.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      CDK_OUTDIR: join(scratch, output),
      CDK_CONTEXT_JSON: JSON.stringify({ functionsRoot: join(scratch, 'functions'), ...context }),
    },
  });
  return { status: run.status, output: run.stdout + run.stderr };
}

function assetsOf(output: string): string[] {
  return readdirSync(join(scratch, output))
    .filter((name) => name.startsWith('asset.'))
    .toSorted();
}

/** What the bundles' handlers answer, in a Node that knows nothing of this test. */
function answersOf(files: readonly string[]): string[] {
  const program = `const answers = await Promise.all(
    ${JSON.stringify(files.map((file) => pathToFileURL(file).href))}.map(async (file) => (await import(file)).handler()),
  ); console.log(JSON.stringify(answers.toSorted()));`;
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  return JSON.parse(run.stdout);
}

describe('app', () => {
  it('synthesises one stack with a runnable bundle for each function, the same bytes at every run', () => {
    const first = synth('first', {});
    expect(first).toMatchObject({ status: 0 });

    const bundles = assetsOf('first').filter((name) => !name.endsWith('.json'));
    for (const name of bundles) {
      expect(readdirSync(join(scratch, 'first', name)).toSorted()).toEqual(['index.mjs', 'index.mjs.map']);
    }
    expect(answersOf(bundles.map((name) => join(scratch, 'first', name, 'index.mjs')))).toEqual(
      functionNames.toSorted(),
    );

    // Prod, under another name, has other resources and the same bundles.
    expect(synth('second', { stackName: 'Other', stage: 'prod' })).toMatchObject({ status: 0 });
    expect(assetsOf('second')).toEqual(assetsOf('first'));
    expect(readdirSync(join(scratch, 'first'))).toContain('Muster.template.json');
    expect(readdirSync(join(scratch, 'second'))).toContain('Other.template.json');
  });

  it('fails on a setting that it does not know, without a trace of its own code', () => {
    const { status, output } = synth('refused', { stag: 'prod' });
    expect({ status, output }).toEqual({ status: 1, output: expect.stringMatching(/stag\. Did you mean stage\?\n$/) });
    expect(output).not.toContain('app.ts');
  });

  it('fails, naming the file, when a handler is missing', () => {
    rmSync(join(scratch, 'functions', 'http', 'system.ts'));
    const { status, output } = synth('missing', {});
    expect(status).not.toBe(0);
    expect(output).toContain('http/system.ts');
  });
});
