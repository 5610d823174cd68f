import type { PlatformChaos } from './parts.ts';

/** Delays injected are at most this long. */
const longestDelayMs = 200;

/**
 * Every fault the platform can inject, each happening with probability `rate`, decided by a generator that a seed starts:
 * the same seed asks for the same faults in the same order of asking.
 */
export function seededChaos(seed: number, rate = 0.05): PlatformChaos {
  const random = createRandom(seed);
  const happens = (): boolean => random() < rate;
  const delayMs = (): number => (happens() ? Math.floor(random() * longestDelayMs) : 0);
  return {
    functions: { forcesColdStart: happens, throttles: happens, delayMs },
    gateway: {
      dropDisconnect: happens,
      refusePush: () => (happens() ? (random() < 0.5 ? 'gone' : 'limit') : undefined),
    },
    queues: { duplicates: happens, reorders: happens, delayMs },
    services: { throttles: happens, delayMs },
  };
}

/** mulberry32: small, and good enough to decide about faults. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
