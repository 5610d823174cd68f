import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from './fixture.ts';

const directory = temporaryDirectory();
const victim = join(import.meta.dirname, 'kill-victim.ts');
const args = [victim, join(directory.path, 'states.db'), join(directory.path, 'tokens')];
const children: ChildProcess[] = [];

/** Runs the victim for so long, then kills it with SIGKILL; answers what it printed. */
function live(killAfterMs: number | undefined): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(printed);
    });
  });
}

describe('kill -9', () => {
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await directory.remove();
  });

  it('loses nothing of waits, timers, tokens and variables, at random moments', async () => {
    let printed = '';
    for (let kills = 0; kills < 14 && printed === ''; kills += 1) printed = await live(150 + Math.random() * 300);
    if (printed === '') printed = await live(undefined);
    expect(JSON.parse(printed)).toMatchObject({ status: 'SUCCEEDED' });
    expect(JSON.parse(JSON.parse(printed).output)).toMatchObject({
      n: 20,
      all: [[{}, {}, {}, {}].map((_, index) => 101 + index), 'long'],
    });
  }, 60_000);
});
