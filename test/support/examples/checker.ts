/**
 * Knows what is right of an example's output without the agents' code: generates an input for a seed, and verifies by a
 * computation of its own.
 */
export interface Checker {
  /** As a user would hand it in with `--input`. */
  input(seed: number): unknown;
  /** Fails an expectation when the report is not right for the input. */
  check(seed: number, report: unknown): Promise<void>;
}

/** Seeds from the first to the last, both included, as `1-10`. */
export const seedsOf = (range: string): readonly number[] => {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined || last === undefined) throw new Error(`"${range}" is no range of seeds such as 1-10.`);
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
};

/** Ten inputs for each example. */
export const checkedSeeds = seedsOf('1-10');

/** A repeatable stream of chance. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) >>> 0;
  }

  /** From 0 up to but without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    for (const item of items.slice(this.whole(0, items.length - 1))) return item;
    throw new Error('There is nothing to pick from.');
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    const left = [...items];
    const mixed: Item[] = [];
    while (left.length > 0) mixed.push(...left.splice(this.whole(0, left.length - 1), 1));
    return mixed;
  }

  times<Item>(count: number, make: (index: number) => Item): Item[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }
}
