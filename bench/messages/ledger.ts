import type { Message } from '#sdk/index.ts';

/** What one sender has said to one recipient, and what of it had its effect there. */
interface Pair {
  readonly acknowledged: number[];
  readonly received: number[];
}

/** What a run came to. */
export interface Verdict {
  readonly acknowledged: number;
  readonly received: number;
  /** Acknowledged, and without effect. */
  readonly lost: number;
  /** Effects beyond the first of a message. */
  readonly repeated: number;
  /** Messages that had their effect before an earlier one of the same sender. */
  readonly outOfOrder: number;
}

/** Keeps what was promised beside what happened. */
export class Ledger {
  readonly #pairs = new Map<string, Pair>();

  acknowledged(from: number, to: number, number: number): void {
    this.#pair(from, to).acknowledged.push(number);
  }

  received(to: number, { content }: Message): void {
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return;
    this.#pair(Number(content['from']), to).received.push(Number(content['number']));
  }

  /** Acknowledged messages that had no effect yet. */
  missing(): number {
    let missing = 0;
    for (const { acknowledged, received } of this.#pairs.values()) {
      const known = new Set(received);
      missing += acknowledged.filter((number) => !known.has(number)).length;
    }
    return missing;
  }

  verdict(): Verdict {
    const pairs = [...this.#pairs.values()];
    const sum = (count: (pair: Pair) => number): number => pairs.reduce((total, pair) => total + count(pair), 0);
    return {
      acknowledged: sum(({ acknowledged }) => acknowledged.length),
      received: sum(({ received }) => received.length),
      lost: this.missing(),
      repeated: sum(({ received }) => received.length - new Set(received).size),
      outOfOrder: sum(({ received }) => received.filter((number, at) => number < (received[at - 1] ?? 0)).length),
    };
  }

  #pair(from: number, to: number): Pair {
    const name = `${from}>${to}`;
    const pair = this.#pairs.get(name) ?? { acknowledged: [], received: [] };
    this.#pairs.set(name, pair);
    return pair;
  }
}
