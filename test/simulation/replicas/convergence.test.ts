import { describe, expect, it } from 'vitest';
import { playSchedule, type Schedule } from './replicas.ts';

/** `npm run simulate -- --replicas N` plays more. */
const schedules = 100;

describe('replicas of shared state', () => {
  it('come to be alike, and right, whatever is lost, doubled or late and whoever dies', async () => {
    const fresh = Date.now() % 1_000_000;
    const seeds = [...Array.from({ length: schedules }, (_, index) => index + 1), fresh, fresh + 1, fresh + 2];
    const played: Schedule[] = [];
    for (const seed of seeds) played.push(await playSchedule(seed));
    const diverged = played.filter(({ divergences }) => divergences.length > 0);
    expect(diverged.slice(0, 3), 'npm run simulate -- --replicas 1 --from <seed>').toEqual([]);
    expect(played.every(({ faults, changes }) => faults > 0 && changes > 0)).toBe(true);
  }, 60_000);
});
