import { setTimeout as wait } from 'node:timers/promises';

export interface UntilOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * What `look` finds once it finds something that is neither `undefined` nor `false`.
 * @throws Error naming `what` when that does not happen in time.
 */
export const until = async <Found>(
  what: string,
  look: () => Found | undefined | false | Promise<Found | undefined | false>,
  { timeoutMs = 40_000, everyMs = 50 }: UntilOptions = {},
): Promise<Found> => {
  const endsAt = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() >= endsAt) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await wait(everyMs);
  }
};
