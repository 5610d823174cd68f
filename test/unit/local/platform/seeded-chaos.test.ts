import { describe, expect, it } from 'vitest';
import type { PlatformChaos } from '#local/platform/parts.ts';
import { seededChaos } from '#local/platform/seeded-chaos.ts';
import { startPlatform } from '#local/platform/start-platform.ts';

const foreignAssembly = new URL('../../../fixtures/foreign-app/assembly', import.meta.url).pathname;

function ask(seed: number, rate: number): boolean[] {
  const chaos = seededChaos(seed, rate);
  return Array.from({ length: 200 }, () => chaos.queues?.duplicates?.('queue') ?? false);
}

/** Every kind of fault, asked about one subject. */
const faults = {
  'cold start': (chaos, subject) => chaos.functions?.forcesColdStart?.(subject),
  'function throttled': (chaos, subject) => chaos.functions?.throttles?.(subject),
  'function delayed': (chaos, subject) => chaos.functions?.delayMs?.(subject),
  '$disconnect lost': (chaos) => chaos.gateway?.dropDisconnect(),
  'push refused': (chaos) => chaos.gateway?.refusePush(),
  duplicate: (chaos, subject) => chaos.queues?.duplicates?.(subject),
  reordering: (chaos, subject) => chaos.queues?.reorders?.(subject),
  'message delayed': (chaos, subject) => chaos.queues?.delayMs?.(subject),
  'service throttled': (chaos, subject) => chaos.services?.throttles?.('sqs', subject),
  'service delayed': (chaos, subject) => chaos.services?.delayMs?.('sqs', subject),
} satisfies Record<string, (chaos: PlatformChaos, subject: string) => unknown>;

describe('seededChaos', () => {
  it('injects the same faults from the same seed and others from another', () => {
    expect(ask(7, 0.3)).toEqual(ask(7, 0.3));
    expect(ask(7, 0.3)).not.toEqual(ask(8, 0.3));
  });

  it('injects at about the given rate, nothing at 0 and always at 1', () => {
    const injected = ask(7, 0.3).filter(Boolean).length;
    expect(injected).toBeGreaterThan(30);
    expect(injected).toBeLessThan(90);
    expect(ask(7, 0)).not.toContain(true);
    expect(ask(7, 1)).not.toContain(false);
  });

  it.each(Object.entries(faults))('repeats by its seed, whatever is asked beside it: %s', (_kind, ask) => {
    const alone = seededChaos(7, 0.4);
    const among = seededChaos(7, 0.4);
    const others = Object.values(faults).filter((other) => other !== ask);
    const sequence = Array.from({ length: 60 }, () => ask(alone, 'a'));
    const disturbed = Array.from({ length: 60 }, (_, index) => {
      for (const other of others.slice(0, index % others.length)) other(among, 'a');
      return ask(among, 'a');
    });
    expect(disturbed).toEqual(sequence);
    expect(new Set(sequence).size).toBeGreaterThan(1);
    const another = seededChaos(8, 0.4);
    expect(Array.from({ length: 60 }, () => ask(another, 'a'))).not.toEqual(sequence);
  });

  it.each(['duplicate', 'reordering', 'cold start', 'function throttled', 'service throttled'] as const)(
    'decides for each subject on its own: %s',
    (kind) => {
      const chaos = seededChaos(7, 0.4);
      const ask = (subject: string) => Array.from({ length: 60 }, () => faults[kind](chaos, subject));
      expect(ask('a')).not.toEqual(ask('b'));
    },
  );

  it('refuses a push with both answers that AWS has for it', () => {
    const chaos = seededChaos(7, 1);
    const answers = Array.from({ length: 40 }, () => chaos.gateway?.refusePush());
    expect(new Set(answers)).toEqual(new Set(['gone', 'limit']));
  });

  it('delays by up to 200 ms', () => {
    const delays = Array.from({ length: 40 }, () => seededChaos(7, 1).queues?.delayMs?.('a') ?? 0);
    expect(Math.min(...delays)).toBeGreaterThan(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(200);
  });

  it('does not keep a well-behaved application from its end', async () => {
    await using platform = await startPlatform({
      assemblyDirectory: foreignAssembly,
      port: 0,
      chaos: seededChaos(3, 0.1),
    });
    const orders = Array.from({ length: 10 }, (_, index) => `o-${index}`);
    for (const order of orders) {
      const send = async (): Promise<number> =>
        (await fetch(`${platform.http}/orders`, { method: 'POST', body: JSON.stringify({ customer: 'ada', order }) }))
          .status;
      await expect.poll(send, { timeout: 25_000 }).toBe(202);
    }
    const stored = async (): Promise<unknown> => {
      const answer = await fetch(`${platform.http}/orders/ada`);
      return answer.ok ? answer.json() : undefined;
    };
    await expect.poll(stored, { timeout: 25_000 }).toEqual(orders);
  }, 60_000);
});
