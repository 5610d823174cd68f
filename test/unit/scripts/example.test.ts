import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { examples } from '../../../examples/registry.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const run = async (...parameters: string[]) => {
  const child = spawn(process.execPath, [join(repository, 'scripts/example.ts'), ...parameters], {
    cwd: repository,
    env: { ...process.env, NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/node') },
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr, status: await ended };
};

describe.concurrent('npm run example', () => {
  it('lists every example, one line each', async () => {
    const { stdout, status } = await run('--list');
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(examples.length);
    for (const { name, summary } of examples)
      expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'));
  });

  it.each(examples)('shows with $name --help an input that it takes', async (example) => {
    const { stdout, status } = await run(example.name, '--help');
    expect(status).toBe(0);
    expect(() => example.check(JSON.parse(stdout.slice(stdout.indexOf('\n{'))))).not.toThrow();
  });

  it.each([
    { parameters: ['no-such-example'], says: 'There is no example no-such-example' },
    { parameters: ['feature-team', 'migration'], says: 'One example at a time' },
    { parameters: ['feature-team', '--input', '{"name":'], says: '--input is no JSON' },
    { parameters: ['feature-team', '--input', 'no/such/file.json'], says: 'cannot be read' },
    { parameters: ['feature-team', '--input', '{"name":"f"}'], says: 'does not fit feature-team' },
    { parameters: ['document-pipeline', '--input', '{"pth":"x"}'], says: 'pth: there is no such field' },
    { parameters: ['tech-debt', '--input', '{"files":{"../x.js":""}}'], says: '../x.js' },
    { parameters: ['feature-team', '--copies', '0'], says: '--copies must be a whole number from 1 to 20' },
    { parameters: ['feature-team', '--report', 'no/such/folder/r.json'], says: 'cannot be written' },
  ])('refuses $parameters before anything starts', async ({ parameters, says }) => {
    const { status, stdout, stderr } = await run(...parameters);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr).not.toContain('Starting the platform');
  });
});
