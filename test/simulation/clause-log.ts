import type { Key } from '#core/contract/keys.ts';
import type { Clauses, Condition, Item } from '#core/table/table.ts';
import { allHold } from '#test/support/evaluate.ts';

/** One named clause of one kind of write. `write` says which builder: operation, kind of item, and all its clauses. */
export interface ClauseName {
  readonly write: string;
  readonly clause: string;
}

/** What the harness saw of a clause. `decisive`: it alone refused a write. */
export interface ClauseUse {
  seen: number;
  decisive: number;
}

const kindOf = ({ pk, sk }: Key): string => {
  if (sk.startsWith('V#')) return 'VERSION';
  const [, kind = pk] = pk.split('#');
  if (kind === 'CAP' || kind === 'SIGNATURES' || kind === 'WATCH') return kind;
  return sk.replace(/#.*$/, '');
};

/** Names the builder of a write by what it asks for. */
export const writeName = (operation: string, key: Key, clauses: Clauses): string =>
  `${operation} ${kindOf(key)} {${Object.keys(clauses).toSorted().join(', ')}}`;

/** Collects every named clause that use cases send, and takes one away when told. */
export class ClauseLog {
  readonly uses = new Map<string, Map<string, ClauseUse>>();
  private readonly dropped: ClauseName | undefined;

  constructor(dropped?: ClauseName) {
    this.dropped = dropped;
  }

  /** The clauses that reach the table: all, or all but the dropped one. */
  pass(write: string, clauses: Clauses): Clauses {
    if (this.dropped === undefined || this.dropped.write !== write) return clauses;
    const { dropped } = this;
    return Object.fromEntries(Object.entries(clauses).filter(([name]) => name !== dropped.clause));
  }

  /** Notes what a write met: `before` is the item that it was judged by. */
  note(write: string, clauses: Clauses, before: Item | undefined): void {
    const names = Object.keys(clauses);
    const holds = ([name, condition]: [string, Condition]): boolean => allHold({ [name]: condition }, before);
    const uses = this.uses.get(write) ?? new Map<string, ClauseUse>();
    this.uses.set(write, uses);
    const failing = Object.entries(clauses)
      .filter((clause) => !holds(clause))
      .map(([name]) => name);
    for (const name of names) {
      const use = uses.get(name) ?? { seen: 0, decisive: 0 };
      uses.set(name, use);
      use.seen += 1;
      if (failing.length === 1 && failing[0] === name) use.decisive += 1;
    }
  }
}
