import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readOptions } from './parameters.ts';

const root = join(import.meta.dirname, '..');

/** What must hold before a change lands, cheapest first. */
const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format', 'npm', 'run', '--silent', 'format:check'],
  ['lint', 'npm', 'run', '--silent', 'lint'],
  ['types', 'npm', 'run', '--silent', 'types'],
  ['descriptions of the APIs', 'node', 'scripts/generate-specs.ts', '--check'],
  ['state machines', 'npm', 'run', '--silent', 'asl'],
  ['unused code', 'npm', 'run', '--silent', 'knip'],
  ['synth', 'npx', 'cdk', 'synth', '--quiet'],
  ['tests', 'npx', 'vitest', 'run'],
  ['grants', 'node', 'scripts/grants.ts'],
];

/** What the tests show, and what they must have run for. */
const ofTests: readonly string[] = ['tests', 'grants'];

const usage = `Runs what must hold before a change lands: ${steps.map(([name]) => name).join(', ')}.

Usage: npm run verify -- [--without-tests]
`;
const { 'without-tests': withoutTests } = readOptions(usage, {
  'without-tests': { type: 'boolean', default: false },
} as const);

for (const [name, command, ...args] of steps) {
  if (withoutTests && ofTests.includes(name)) continue;
  const startedAt = Date.now();
  process.stdout.write(`── ${name}\n`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.stderr.write(`✘ ${name} failed: run \`${[command, ...args].join(' ')}\` to see it alone.\n`);
    process.exit(1);
  }
  process.stdout.write(`✔ ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`);
}
