import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { AssetCode } from 'aws-cdk-lib/aws-lambda';
import { build } from 'esbuild';
import { bundleFunctions, bundleOptions } from '#infra/bundle.ts';
import { functionNames } from '#infra/config/functions.ts';

/** What any function on the same services has to load: the clients of a task's path, and nothing of Muster's. */
const clientsAlone = `import { createTableClient, createSocketsClient, createSqsClient } from '#adapters/aws-clients.ts';
export const clients = [createTableClient(), createSqsClient(), createSocketsClient({ endpoint: 'http://127.0.0.1:1' })];`;

export interface BundleFigures {
  readonly name: string;
  readonly kilobytes: number;
  readonly importMs: number;
}

const imports = 5;

/** The fastest of imports in fresh processes, which other work on the machine disturbs least; their own start is not in it. */
const measureImport = async (file: string): Promise<number> => {
  const program = `const from = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(performance.now() - from);`;
  const measured: number[] = [];
  while (measured.length < imports) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env, AWS_REGION: 'us-east-1' },
    });
    measured.push(Number(stdout));
  }
  return Math.min(...measured);
};

const measureFile = async (name: string, file: string): Promise<BundleFigures> => ({
  name,
  kilobytes: statSync(file).size / 1000,
  importMs: await measureImport(file),
});

const measureClients = async (): Promise<BundleFigures> => {
  const directory = mkdtempSync(join(tmpdir(), 'muster-clients-'));
  try {
    const { outputFiles } = await build({
      ...bundleOptions,
      stdin: { contents: clientsAlone, resolveDir: bundleOptions.absWorkingDir, loader: 'ts' },
    });
    const file = join(directory, 'index.mjs');
    writeFileSync(file, outputFiles.find(({ path }) => path.endsWith('.mjs'))?.contents ?? '');
    return await measureFile('(the clients alone)', file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** Size and import time of what is deployed, beside a bundle of the clients alone, which comes first. */
export const measureBundles = async (): Promise<readonly [BundleFigures, ...BundleFigures[]]> => {
  const clients = await measureClients();
  using bundles = await bundleFunctions('functions');
  const figures: BundleFigures[] = [];
  for (const name of functionNames) {
    const code = bundles.codeOf(name);
    if (code instanceof AssetCode) figures.push(await measureFile(name, join(code.path, 'index.mjs')));
  }
  return [clients, ...figures];
};
