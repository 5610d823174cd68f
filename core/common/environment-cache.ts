interface Entry {
  readonly value: unknown;
  readonly untilMs: number;
}

/** Remembers values for a time within one execution environment. Bounded: the oldest go first. */
export interface EnvironmentCache {
  get(key: string, nowMs: number): unknown;
  set(key: string, value: unknown, untilMs: number): void;
  forget(key: string): void;
  /** Counts up for each key from wherever this environment began; for rotations that need no shared state. */
  turn(key: string): number;
}

/** @param firstTurn where `turn` begins: random, so that environments do not march in step. */
export const createEnvironmentCache = (firstTurn: number, maxEntries = 5000): EnvironmentCache => {
  const entries = new Map<string, Entry>();
  const turns = new Map<string, number>();
  return {
    get(key, nowMs) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.untilMs > nowMs) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value, untilMs) {
      entries.delete(key);
      entries.set(key, { value, untilMs });
      const oldest = entries.size > maxEntries ? entries.keys().next().value : undefined;
      if (oldest !== undefined) entries.delete(oldest);
    },
    forget: (key) => void entries.delete(key),
    turn(key) {
      const turn = turns.get(key) ?? firstTurn;
      turns.delete(key);
      turns.set(key, turn + 1);
      const oldest = turns.size > maxEntries ? turns.keys().next().value : undefined;
      if (oldest !== undefined) turns.delete(oldest);
      return turn;
    },
  };
};
