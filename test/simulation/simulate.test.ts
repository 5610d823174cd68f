import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

/** Wall clock for each batch: a slow machine runs fewer seeds rather than failing. */
const budgetMs = 12_000;

const runUntil = async (seeds: readonly number[], deadline: number): Promise<number> => {
  let done = 0;
  for (const seed of seeds) {
    if (performance.now() > deadline) break;
    const { violations } = await simulate({ seed });
    expect(violations, `npm run simulate -- --seed ${seed} --trace`).toEqual([]);
    done += 1;
  }
  return done;
};

describe('simulate', () => {
  it(
    'holds every invariant in a fixed batch of seeds (faults 1-10, 12-20, 24, 26)',
    async () => {
      const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
      expect(await runUntil(seeds, performance.now() + budgetMs)).toBeGreaterThan(0);
    },
    5 * budgetMs,
  );

  it(
    'holds every invariant in seeds nobody has tried',
    async () => {
      const first = Date.now() % 1_000_000_000;
      const seeds = Array.from({ length: 6 }, (_, index) => first + index);
      // Printed, so that a failure elsewhere can be run again.
      process.stdout.write(`fresh seeds ${first} to ${first + seeds.length - 1}\n`);
      expect(await runUntil(seeds, performance.now() + budgetMs / 2)).toBeGreaterThan(0);
    },
    5 * budgetMs,
  );

  it('replays a seed step for step', async () => {
    const [first, second] = [await simulate({ seed: 7, trace: true }), await simulate({ seed: 7, trace: true })];
    expect(second.lines).toEqual(first.lines);
    expect(first.lines.length).toBeGreaterThan(100);
  }, 120_000);

  it('notices when a guard is missing', async () => {
    const write = 'update SLOTS {hasRoom, notHeldYet, sameBreaker, sameConnection, takesWork}';
    const drop = { write, clauses: ['hasRoom'] };
    let found = 0;
    for (let seed = 1; seed <= 10 && found === 0; seed++) {
      const { clauses, violations } = await simulate({ seed, drop });
      expect(clauses.has(write), 'it is called so').toBe(true);
      found += violations.length;
    }
    expect(found).toBeGreaterThan(0);
  }, 120_000);
});
