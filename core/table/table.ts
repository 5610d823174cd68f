import type { Key } from '../contract/keys.ts';

/** An item as the table holds it: plain JSON values. Attributes that this version does not know are kept. */
export type Item = Readonly<Record<string, unknown>>;

/** Where an attribute is: `['assigned', taskId, 'claim']`. Every part is aliased, so any name is safe. */
export type Path = readonly [string, ...string[]];

/** One condition on the item as it is when the write arrives. A comparison with an absent attribute is false. */
export type Condition =
  | { readonly is: 'present'; readonly path: Path }
  | { readonly is: 'absent'; readonly path: Path }
  | { readonly is: 'equal'; readonly path: Path; readonly value: string | number | boolean }
  | { readonly is: 'notEqual'; readonly path: Path; readonly value: string | number | boolean }
  | { readonly is: 'atLeast'; readonly path: Path; readonly value: number }
  | { readonly is: 'atMost'; readonly path: Path; readonly value: number }
  | { readonly is: 'oneOf'; readonly path: Path; readonly values: readonly string[] }
  | { readonly is: 'any'; readonly of: readonly Condition[] }
  | { readonly is: 'all'; readonly of: readonly Condition[] };

/**
 * The guard of a write: all must hold. Each clause has a name that says what it protects, so that a test can take one
 * away and show that it is needed.
 */
export type Clauses = Readonly<Record<string, Condition>>;

/** One change of an attribute; all changes of a write happen at once or not at all. */
export type Change =
  | { readonly path: Path; readonly to: unknown }
  /** Adds to a number that must exist; with `from`, an absent one counts as that. */
  | { readonly path: Path; readonly plus: number; readonly from?: number }
  /** Sets only when absent. */
  | { readonly path: Path; readonly default: unknown };

/** Replaces an item whole, if all clauses hold. */
export interface Put {
  readonly key: Key;
  /** The whole item but its key. */
  readonly item: Item;
  readonly clauses: Clauses;
}

/** Changes attributes of an item, if all clauses hold; makes the item when there is none and no clause asks for one. */
export interface Update {
  readonly key: Key;
  readonly set: readonly Change[];
  readonly remove?: readonly Path[];
  readonly clauses: Clauses;
}

/** Removes an item, if all clauses hold; that there was none counts as won. */
export interface Remove {
  readonly key: Key;
  readonly clauses: Clauses;
}

/** One of several writes without a guard: whoever sends it does not mind what was there. */
export type BatchedWrite = { readonly put: Omit<Put, 'clauses'> } | { readonly remove: Key };

/**
 * `item` is the item after a put or update, and before a remove. A lost write changed nothing and shows the item that
 * it lost to; `undefined` when there is none.
 */
export type Written =
  | { readonly won: true; readonly item: Item }
  | { readonly won: false; readonly item: Item | undefined };

/** Items of one partition in the order of their sort keys; at most one of `prefix`, `from` and `upTo`. */
export interface Query {
  /** A partition of the table, or of one of its indexes (eventually consistent, keys only). */
  readonly partition: string;
  readonly index?: 'backlog' | 'sweep' | 'list';
  /** Sort keys that begin with this … */
  readonly prefix?: string;
  /** … or from this one on (inclusive) … */
  readonly from?: string;
  /** … or up to this one (inclusive). At most one of the three. */
  readonly upTo?: string;
  readonly limit: number;
  readonly descending?: boolean;
  /** Strong consistency; of the table only. */
  readonly consistent?: boolean;
  /** Where an earlier page of the same query ended. */
  readonly cursor?: string;
}

/** One page of a query. A full page has a cursor even when nothing follows. */
export interface Page {
  readonly items: readonly Item[];
  /** Present when there is more. */
  readonly cursor?: string;
}

/**
 * The one table. Every item is written atomically and by itself. Items carry `pk` and `sk`.
 *
 * @throws UnavailableError when the store throttles or cannot be reached after bounded retries; whether a write took
 * place is then unknown, and repeating it must be harmless.
 */
export interface Table {
  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined>;
  /** In any order; absent items are left out. At most 100 keys. */
  getMany(keys: readonly Key[], options?: { readonly consistent?: boolean }): Promise<readonly Item[]>;
  put(put: Put): Promise<Written>;
  update(update: Update): Promise<Written>;
  remove(remove: Remove): Promise<Written>;
  /**
   * Up to 25 writes of different items in one call, each by itself and in any order: some may have taken place when it
   * throws.
   */
  writeMany(writes: readonly BatchedWrite[]): Promise<void>;
  query(query: Query): Promise<Page>;
}
