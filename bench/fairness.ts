import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { bootPlatform } from '../scripts/boot-platform.ts';
import { orRefuse, readOptions, wholeNumber } from '../scripts/parameters.ts';

const usage = `Measures what a quiet tenant notices of another one that asks for far more than it may.

Usage: npm run bench:fairness -- [--json] [--requests N] [--clients N]

  --requests N  of the quiet tenant, one after the other, in each phase (default 1000)
  --clients N   of the greedy tenant at once, each four times a second whatever it is told (default 50)
  --json        print one line of JSON
`;

const CreatedTenant = z.looseObject({ key: z.looseObject({ apiKey: z.string() }) });

const minuteMs = 60_000;

/** What the greedy tenant may ask for comes anew with each minute, and is its due: the phase is to lie within one. */
const waitForRoomInMinute = async (neededMs: number): Promise<void> => {
  const leftMs = minuteMs - (Date.now() % minuteMs);
  if (leftMs < neededMs) await wait(leftMs + 100);
};

/** Together below what the gateway takes from all callers: above that it refuses anybody. */
const pauseMs = 250;

interface Reach {
  readonly http: string;
  readonly apiKey: string;
}

const newTenant = async ({ http, apiKey }: Reach, tenant: string, requestsPerMinute: number): Promise<string> => {
  const response = await fetch(`${http}/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant, quotas: { requestsPerMinute } }),
  });
  return CreatedTenant.parse(await response.json()).key.apiKey;
};

const ask = async ({ http, apiKey }: Reach): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(`${http}/tasks?limit=1`, { headers: { authorization: `Bearer ${apiKey}` } });
  return { status: response.status, text: await response.text() };
};

interface Phase {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const measure = async (reach: Reach, requests: number): Promise<Phase> => {
  const times: number[] = [];
  for (let request = 0; request < requests; request++) {
    const startedAt = performance.now();
    const { status, text } = await ask(reach);
    if (status !== 200) throw new Error(`the quiet tenant was answered ${status} ${text}`);
    times.push(performance.now() - startedAt);
  }
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
};

const main = async (): Promise<void> => {
  const values = readOptions(usage, {
    json: { type: 'boolean', default: false },
    requests: { type: 'string', default: '1000' },
    clients: { type: 'string', default: '50' },
  } as const);
  const requests = orRefuse(() => wholeNumber('--requests', values.requests, [10, 100_000]));
  const clients = orRefuse(() => wholeNumber('--clients', values.clients, [1, 1000]));
  const muster = await bootPlatform({ port: 0, log: () => undefined, progress: () => undefined });
  const quiet = { http: muster.http, apiKey: await newTenant(muster, 'quiet', 100_000) };
  const greedy = { http: muster.http, apiKey: await newTenant(muster, 'greedy', 60) };
  await measure(quiet, 50);
  const alone = await measure(quiet, requests);
  const over = new AbortController();
  const answers = new Map<number, number>();
  const client = async (_: unknown, index: number): Promise<void> => {
    // Each on a clock of its own: in step they would be one burst, and then nothing.
    await wait((pauseMs / clients) * index);
    while (!over.signal.aborted) {
      const { status } = await ask(greedy);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      await wait(pauseMs);
    }
  };
  await waitForRoomInMinute(minuteMs / 3);
  const crowd = Promise.all(Array.from({ length: clients }, client));
  while ((answers.get(429) ?? 0) < clients) await wait(pauseMs / 10);
  const beside = await measure(quiet, requests);
  over.abort();
  await crowd;
  await muster.stop();
  const ratio = beside.p99Ms / alone.p99Ms;
  const [taken = 0, refused = 0] = [answers.get(200), answers.get(429)];
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ requests, clients, alone, beside, ratio, taken, refused })}\n`);
    return;
  }
  const print = (name: string, { p50Ms, p99Ms }: Phase): void =>
    void process.stdout.write(`  ${name.padEnd(30)} p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms\n`);
  process.stdout.write('A quiet tenant’s requests, all of them taken\n');
  print('alone', alone);
  print(`beside ${clients} greedy clients`, beside);
  process.stdout.write(
    `  p99 ${ratio.toFixed(2)} × of alone; of the greedy tenant ${taken} were taken and ${refused} answered 429\n`,
  );
};

await main();
