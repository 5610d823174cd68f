import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from './fixture.ts';

const directory = temporaryDirectory();
const victim = join(import.meta.dirname, 'kill-victim.ts');
const args = [victim, join(directory.path, 'states.db'), join(directory.path, 'tokens')];
const children: ChildProcess[] = [];

/** Runs the victim and kills it with SIGKILL after so long at work; answers the description, if it came to its end. */
function live(killAfterMs: number | undefined): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const lines: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    });
    child.on('close', () => {
      clearTimeout(timer);
      resolve(lines.slice(1).join(''));
    });
  });
}

describe('kill -9', () => {
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await directory.remove();
  });

  it('loses nothing of nested waits, timers, tokens and variables, at 20 random moments', async () => {
    for (let kills = 0; kills < 20; kills += 1) expect(await live(Math.random() * 200)).toBe('');
    const { status, output } = JSON.parse(await live(undefined));
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output)).toEqual({ n: 80, all: [[101, 102, 103, 104, 105, 106, 107, 108], 'long'] });
  }, 120_000);
});
