import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bodyOf, busArn, createBusHarness, entry, ruleTo } from './event-bus-harness.ts';

const Detail = z.strictObject({ n: z.number() });
const module = join(import.meta.dirname, '../../../../local/event-bus/create-event-bus.ts');

/** A process that accepts events without end, delivers none, and prints the number of each once it is accepted. */
const script = (databasePath: string) => `
  import { createEventBus } from ${JSON.stringify(module)};
  const clock = { now: () => Date.now(), after: () => () => {} };
  const options = { clock, call: async () => ({}), region: 'eu-west-1', accountId: '123456789012' };
  const bus = createEventBus({ ...options, meter: { count() {} }, databasePath: ${JSON.stringify(databasePath)} });
  bus.addBus({ name: 'orders', arn: ${JSON.stringify(busArn)} });
  bus.addRule(${JSON.stringify(ruleTo({}))});
  for (let n = 0; ; n += 1) {
    await bus.handle('PutEvents', { Entries: [{ ...${JSON.stringify(entry())}, Detail: JSON.stringify({ n }) }] });
    await new Promise((resolve) => process.stdout.write(n + '\\n', resolve));
  }
`;

describe('an event bus that is killed', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'event-bus-kill-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('delivers every event it had accepted after it is started again', async () => {
    const databasePath = join(directory, 'events.sqlite');
    const child = spawn(process.execPath, ['--input-type=module', '-e', script(databasePath)]);
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (printed.split('\n').length > 25) break;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    const accepted = printed.split('\n').slice(0, -1).map(Number);

    const { bus, clock, calls } = createBusHarness(databasePath);
    bus.addRule(ruleTo({}));
    await clock.advance(Date.now() - clock.now() + 1000);
    await bus.stop();
    const delivered = new Set(calls.map((call) => Detail.parse(bodyOf(call)['detail']).n));
    expect(accepted.length).toBeGreaterThan(20);
    expect(accepted.filter((n) => !delivered.has(n))).toEqual([]);
  });
});
