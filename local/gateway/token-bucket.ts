import type { Clock } from '../contract.ts';
import type { Throttling } from './spec.ts';

/** A token bucket: starts full, refills continuously. The returned function takes a token or answers false. */
export function createTokenBucket(throttling: Throttling, clock: Clock): () => boolean {
  let tokens = throttling.burstLimit;
  let refilledAt = clock.now();
  return () => {
    const now = clock.now();
    tokens = Math.min(throttling.burstLimit, tokens + ((now - refilledAt) / 1000) * throttling.rateLimit);
    refilledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
