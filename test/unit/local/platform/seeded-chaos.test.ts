import { describe, expect, it } from 'vitest';
import { seededChaos } from '#local/platform/seeded-chaos.ts';
import { startPlatform } from '#local/platform/start-platform.ts';

const foreignAssembly = new URL('../../../fixtures/foreign-app/assembly', import.meta.url).pathname;

function ask(seed: number, rate: number): boolean[] {
  const chaos = seededChaos(seed, rate);
  return Array.from({ length: 200 }, () => chaos.queues?.duplicates?.('queue') ?? false);
}

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
