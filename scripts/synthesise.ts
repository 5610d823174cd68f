import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Everything that the template and the bundles are made from. */
const sources = ['infra', 'functions', 'core', 'adapters', 'statemachines'];
const others = ['package-lock.json', 'cdk.json'];

const contentHash = (): string => {
  const hash = createHash('sha256');
  const files = sources.flatMap((folder) => globSync(`${folder}/**/*.{ts,json}`, { cwd: root })).toSorted();
  for (const file of [...files, ...others])
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
};

/**
 * Makes `cdk.out` say what the sources say now: synthesises unless it was made from the very same sources.
 * Returns the directory and whether it had to be made.
 *
 * @throws Error with the CDK's own words when the app does not synthesise.
 */
export const synthesise = (onStart: () => void): { readonly directory: string; readonly wasFresh: boolean } => {
  const directory = join(root, 'cdk.out');
  const stamp = join(directory, '.content-hash');
  const hash = contentHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return { directory, wasFresh: true };
  onStart();
  rmSync(directory, { recursive: true, force: true });
  const context: unknown = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  const values = typeof context === 'object' && context !== null && 'context' in context ? context.context : {};
  const env = { ...process.env, CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(values) };
  const run = spawnSync(process.execPath, [join(root, 'infra', 'bin', 'app.ts')], { cwd: root, env, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`The CDK app does not synthesise:\n${run.stderr}${run.stdout}`);
  writeFileSync(stamp, hash);
  return { directory, wasFresh: false };
};
