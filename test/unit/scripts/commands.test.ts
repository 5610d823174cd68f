import { fork, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const repository = join(import.meta.dirname, '..', '..', '..');
const manifest: unknown = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
const { scripts } = z.looseObject({ scripts: z.record(z.string(), z.string()) }).parse(manifest);

/** The commands that run a script of ours, with its file. */
const commands = Object.entries(scripts).flatMap(([name, command]) => {
  const [, file] = /with-packages\.mjs node (\S+\.ts)$/.exec(command) ?? [];
  return file === undefined ? [] : [{ name, file }];
});

const run = (file: string, ...parameters: string[]) =>
  spawnSync(process.execPath, [join(repository, file), ...parameters], { cwd: repository, encoding: 'utf8' });

it('ends a simulation also where whoever started it keeps a channel to it', async () => {
  const child = fork(join(repository, 'scripts', 'simulate.ts'), ['--seeds', '0'], { silent: true });
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(2);
});

describe.each(commands)('npm run $name', ({ name, file }) => {
  it('says what it does and how it is called', () => {
    const { status, stdout, stderr } = run(file, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(name === 'start' ? 'npm start' : `npm run ${name}`);
  });

  it('refuses an option that it does not know, by name and in plain words', () => {
    const { status, stdout, stderr } = run(file, '--no-such-option');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain("'--no-such-option'");
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
