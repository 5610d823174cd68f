import * as z from 'zod';
import type { Key } from '#core/contract/keys.ts';
import type { Clauses, Condition, Item, Put, Remove, Update } from '#core/table/table.ts';
import { allHold } from '#test/support/evaluate.ts';

/** Named clauses of one kind of write. `write` says which builder: operation, kind of item, and all its clauses. */
export interface Guards {
  readonly write: string;
  readonly clauses: readonly string[];
}

/** What the harness saw of one kind of write. */
export interface WriteUse {
  readonly clauses: ReadonlySet<string>;
  seen: number;
  /** How often each set of clauses refused it, by their names joined with `+`. */
  readonly refusals: Map<string, number>;
}

/** How often a write was refused by nothing but these clauses: without them it would have gone through. */
export const decisionsOf = (use: WriteUse | undefined, clauses: readonly string[]): number =>
  [...(use?.refusals ?? [])]
    .filter(([failing]) => failing.split('+').every((name) => clauses.includes(name)))
    .reduce((sum, [, count]) => sum + count, 0);

/** Kinds whose sort keys say nothing of what they are. */
const byPartition: readonly string[] = [
  'VALUE',
  'CAP',
  'SIGNATURES',
  'WATCH',
  'LOG',
  'LOGGED',
  'MAIL',
  'SENT',
  'GROUP',
  'TOPIC',
];

const kindOf = ({ pk, sk }: Key): string => {
  const [, kind = pk] = pk.split('#');
  if (byPartition.includes(kind)) return kind;
  if (sk.startsWith('V#')) return 'VERSION';
  if (kind === 'STATE' && sk !== 'SCOPE') return kind;
  return sk.replace(/#.*$/, '');
};

const StatusChange = z.looseObject({ path: z.tuple([z.literal('status')]), to: z.string() });
const ends: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'SKIPPED'];

/** The state that a write brings its item to, if it does. */
const stateOf = (request: Put | Update | Remove): string => {
  if (!('set' in request) || request.key.sk === 'SLOTS') return '';
  const [change] = request.set.flatMap((one) => StatusChange.safeParse(one).data ?? []);
  if (change === undefined) return '';
  return ` to ${ends.includes(change.to) ? 'END' : change.to}`;
};

/** Names the builder of a write by what it asks for. */
export const writeName = (operation: 'put' | 'update' | 'remove', request: Put | Update | Remove): string =>
  `${operation} ${kindOf(request.key)}${stateOf(request)} {${Object.keys(request.clauses).toSorted().join(', ')}}`;

/** Collects every named clause that use cases send, and takes some away when told. */
export class ClauseLog {
  readonly uses = new Map<string, WriteUse>();
  private readonly dropped: Guards | undefined;

  constructor(dropped?: Guards) {
    this.dropped = dropped;
  }

  /** The clauses that reach the table: all, or all but the dropped ones. */
  pass(write: string, clauses: Clauses): Clauses {
    const { dropped } = this;
    if (dropped?.write !== write) return clauses;
    return Object.fromEntries(Object.entries(clauses).filter(([name]) => !dropped.clauses.includes(name)));
  }

  /** Notes what a write met: `before` is the item that it was judged by. */
  note(write: string, clauses: Clauses, before: Item | undefined): void {
    const holds = ([name, condition]: [string, Condition]): boolean => allHold({ [name]: condition }, before);
    const use = this.uses.get(write) ?? { clauses: new Set(Object.keys(clauses)), seen: 0, refusals: new Map() };
    this.uses.set(write, use);
    use.seen += 1;
    const failing = Object.entries(clauses)
      .filter((clause) => !holds(clause))
      .map(([name]) => name)
      .join('+');
    if (failing !== '') use.refusals.set(failing, (use.refusals.get(failing) ?? 0) + 1);
  }
}
