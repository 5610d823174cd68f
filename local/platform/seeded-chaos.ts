import type { PlatformChaos } from './parts.ts';

/** Delays injected are at most this long. */
const longestDelayMs = 200;

/**
 * Every fault the platform can inject, each happening with probability `rate`. A seed decides, for each kind of fault and
 * each queue, function or operation on its own: the third message of a queue meets the same fault in every run, whatever
 * else goes on beside it.
 */
export function seededChaos(seed: number, rate = 0.05): PlatformChaos {
  const draw = createStreams(seed);
  const happens = (kind: string, subject = ''): boolean => draw(kind, subject) < rate;
  const delayMs = (kind: string, subject: string): number =>
    happens(kind, subject) ? 1 + Math.floor(draw(kind, subject) * longestDelayMs) : 0;
  return {
    functions: {
      forcesColdStart: (name) => happens('cold start', name),
      throttles: (name) => happens('function throttled', name),
      delayMs: (name) => delayMs('function delayed', name),
    },
    gateway: {
      dropDisconnect: () => happens('$disconnect lost'),
      refusePush: () => {
        if (!happens('push refused')) return undefined;
        return draw('push refused', '') < 0.5 ? 'gone' : 'limit';
      },
    },
    queues: {
      duplicates: (arn) => happens('duplicate', arn),
      reorders: (arn) => happens('reordering', arn),
      delayMs: (arn) => delayMs('message delayed', arn),
    },
    services: {
      throttles: (service, action) => happens('service throttled', `${service}:${action}`),
      delayMs: (service, action) => delayMs('service delayed', `${service}:${action}`),
    },
  };
}

/** Numbers in [0, 1): a sequence for each kind and subject, which depends on nothing but these and the seed. */
function createStreams(seed: number): (kind: string, subject: string) => number {
  const streams = new Map<string, () => number>();
  return (kind, subject) => {
    const key = `${seed}/${kind}/${subject}`;
    const known = streams.get(key) ?? createRandom(hash(key));
    streams.set(key, known);
    return known();
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  return state >>> 0;
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
