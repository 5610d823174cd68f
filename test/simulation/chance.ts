import { createSeededRandomness } from '#test/support/recording-ports.ts';

/** Seeded chance in the forms a scenario needs. */
export interface Chance {
  fraction(): number;
  bytes(): Uint8Array;
  /** True with this probability. */
  happens(probability: number): boolean;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
}

/** The same seed and stream give the same sequence; streams of one seed are independent. */
export const createChance = (seed: number, stream: number): Chance => {
  const source = createSeededRandomness((Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0);
  const fraction = (): number => source.fraction();
  return {
    fraction,
    bytes: () => source.bytes(),
    happens: (probability) => fraction() < probability,
    between: (low, high) => low + Math.floor(fraction() * (high - low + 1)),
    pick: (from) => {
      const picked = from[Math.floor(fraction() * from.length)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
  };
};
