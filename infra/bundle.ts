import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, build } from 'esbuild';
import { type FunctionName, functionNames } from '#infra/config/functions.ts';
import { leanModules } from '#infra/lean-modules.ts';

/** Where the stack takes each function's code from. */
export interface FunctionCode {
  codeOf(name: FunctionName): Code;
}

/** Bundles that exist until they are disposed of; the CDK copies them when a function is constructed. */
export interface Bundles extends FunctionCode, Disposable {}

const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Dependencies in CommonJS form call `require` for what Node has built in; an ES module has none of its own. */
const requireBanner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

const virtualOutput = join(repositoryRoot, 'dist', 'functions');

/** How every function is bundled. */
export const bundleOptions = {
  absWorkingDir: repositoryRoot,
  outdir: virtualOutput,
  outExtension: { '.js': '.mjs' },
  write: false,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'],
  conditions: ['module'],
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  banner: { js: requireBanner },
  alias: {
    '@aws-sdk/credential-provider-node': join(repositoryRoot, 'adapters', 'lambda-credentials.ts'),
  },
  plugins: [leanModules],
  logLevel: 'warning',
} satisfies BuildOptions;

/**
 * Bundles every function in one esbuild run: a folder each with `index.mjs` and its source map, the AWS SDK included, so
 * that what was tested is what runs whatever the Lambda runtime brings.
 *
 * The output is the same bytes on every machine: esbuild is told a fixed virtual output folder, because source maps name
 * their sources relative to it, and the files are then written where there is room.
 */
export async function bundleFunctions(functionsRoot: string): Promise<Bundles> {
  const { outputFiles } = await build({
    ...bundleOptions,
    entryPoints: Object.fromEntries(
      functionNames.map((name) => [`${name}/index`, resolve(repositoryRoot, functionsRoot, `${name}.ts`)]),
    ),
  });
  const directory = mkdtempSync(join(tmpdir(), 'muster-bundles-'));
  for (const file of outputFiles) {
    const path = join(directory, relative(virtualOutput, file.path));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.contents);
  }
  return {
    codeOf: (name) => Code.fromAsset(join(directory, name)),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
