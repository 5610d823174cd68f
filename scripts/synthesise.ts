import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Everything that the template and the bundles are made from. */
const sources = ['infra', 'functions', 'core', 'adapters', 'statemachines'];
const stampName = '.content-hash';
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

const runApp = (directory: string): void => {
  const context: unknown = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  const values = typeof context === 'object' && context !== null && 'context' in context ? context.context : {};
  const env = { ...process.env, CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(values) };
  const run = spawnSync(process.execPath, [join(root, 'infra', 'bin', 'app.ts')], { cwd: root, env, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`The CDK app does not synthesise:\n${run.stderr}${run.stdout}`);
};

/**
 * Makes `cdk.out` say what the sources say now: synthesises unless it was made from the very same sources.
 * Returns the directory and whether it had to be made.
 *
 * @throws Error with the CDK's own words when the app does not synthesise.
 */
export const synthesise = (onStart: () => void): { readonly directory: string; readonly wasFresh: boolean } => {
  const directory = join(root, 'cdk.out');
  const stamp = join(directory, stampName);
  const hash = contentHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return { directory, wasFresh: true };
  onStart();
  // Made aside and moved into place, so that whoever reads the directory meanwhile never sees half of it.
  const fresh = mkdtempSync(join(root, '.cdk-'));
  try {
    runApp(fresh);
    writeFileSync(join(fresh, stampName), hash);
    rmSync(directory, { recursive: true, force: true });
    renameSync(fresh, directory);
    // What was compiled from the bundles that are gone nobody would ask for again.
    rmSync(join(root, 'node_modules', '.cache', 'node'), { recursive: true, force: true, maxRetries: 3 });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return { directory, wasFresh: false };
};
