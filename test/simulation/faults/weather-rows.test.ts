import { describe, expect, it } from 'vitest';
import { calm, type Weather } from '../faults.ts';
import { simulate } from '../simulate.ts';

/** One kind of fault, and nothing else, in one seed; answers how often it struck. */
const strike = async (weather: Partial<Weather>, kind: RegExp): Promise<number> => {
  const { violations, faults } = await simulate({ seed: 12, weather: { ...calm, ...weather } });
  expect(violations).toEqual([]);
  return [...faults].filter(([name]) => kind.test(name)).reduce((sum, [, count]) => sum + count, 0);
};

describe('faults that strike anywhere, one kind at a time', () => {
  it('row 1: every second message and frame is delivered twice', async () => {
    expect(await strike({ duplicate: 0.5 }, /^(duplicate|replayed|redelivered)/)).toBeGreaterThan(100);
  }, 120_000);

  it('row 2: messages and calls overtake each other by seconds', async () => {
    expect(await strike({ stall: 0.2 }, /^(late|slow)/)).toBeGreaterThan(100);
  }, 120_000);

  it('row 3: handlers die before and after port calls', async () => {
    expect(await strike({ kill: 0.01 }, /^handler killed/)).toBeGreaterThan(50);
  }, 120_000);

  it('row 5: agents lose their line, with and without anybody telling', async () => {
    expect(await strike({ agentTroubleMs: 15_000, lost: 0.05 }, /^agent: (drop|crash|silent crash)/)).toBeGreaterThan(
      5,
    );
  }, 120_000);

  it('row 9: one port call in fifty is throttled, before or after its effect', async () => {
    expect(await strike({ unavailable: 0.02 }, /^unavailable/)).toBeGreaterThan(50);
  }, 120_000);

  it('row 13: clocks of the functions are wrong by up to five minutes either way', async () => {
    expect(await strike({ skewMs: 300_000 }, /^wrong clock/)).toBeGreaterThanOrEqual(4);
  }, 120_000);

  it('row 17: every third read that may be stale is, by up to forty writes', async () => {
    expect(await strike({ stale: 0.3 }, /^stale/)).toBeGreaterThan(100);
  }, 120_000);
});
