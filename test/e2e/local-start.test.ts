import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

const cli = new URL('../../local/cli.ts', import.meta.url).pathname;
const assembly = new URL('../fixtures/foreign-app/assembly', import.meta.url).pathname;
const limitMs = 2000;

async function timeStart(): Promise<number> {
  const startedAt = performance.now();
  const parameters = [cli, '--assembly', assembly, '--port', '0', '--json', '--quiet'];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(createInterface({ input: child.stdout }), 'line');
  const readyMs = performance.now() - startedAt;
  child.kill('SIGTERM');
  expect((await exited)[0]).toBe(0);
  return readyMs;
}

describe('the platform', () => {
  it('is ready within 2 s of its command, with a template that is there', async () => {
    // The best of five, because the machine may have other work; `node bench/local.ts` gives the median.
    let bestMs = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5 && bestMs > limitMs; round += 1) bestMs = Math.min(bestMs, await timeStart());
    expect(bestMs).toBeLessThan(limitMs);
  });
});
