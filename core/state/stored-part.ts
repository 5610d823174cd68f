import * as z from 'zod';
import { foldReplicas, newPart, type Part, type PartKind, partIdOf } from '../contract/crdt/part.ts';
import { jsonBytes } from '../contract/json.ts';
import { type Key, keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { StateDeltaPart } from '../contract/state.ts';
import { PayloadTooLargeError } from '../errors/errors.ts';
import { absent, equal } from '../table/conditions.ts';
import type { Put } from '../table/table.ts';

/** Who is behind a replica, and when it last changed something. */
const Author = z.looseObject({ by: z.string(), at: z.number() });

/** What is shared under one name, and what is known of those who write it. */
export const StoredPart = z.looseObject({
  name: z.string(),
  rev: z.int(),
  part: StateDeltaPart,
  authors: z.record(z.string(), Author),
  /** Patches without numbers that were counted, newest last. */
  counted: z.array(z.looseObject({ id: z.string(), at: z.number(), hash: z.string() })),
});
export type StoredPart = z.infer<typeof StoredPart>;

/** Where a part is. */
export interface PartRef {
  readonly tenant: string;
  readonly scope: string;
  readonly kind: PartKind;
  readonly name: string;
}

/** A part as it is, whether it is stored or not: `rev` 0 is not. */
export interface KnownPart {
  readonly rev: number;
  readonly part: Part;
  readonly authors: StoredPart['authors'];
  readonly counted: StoredPart['counted'];
}

const hourMs = 3_600_000;

/** A replica that was silent for this long may be folded: nothing of it is under way any more. */
export const foldableAfterMs = 24 * hourMs;

/** Replicas that a part keeps apart without need. */
const keptApart = 64;

/** Patches without numbers are recognised when they come again within so many others of a day. */
const keptCounted = 40;

export const keyOf = ({ tenant, scope, kind, name }: PartRef): Key =>
  keys.statePart(tenant, scope, partIdOf(kind, name));

/** Nothing yet. Its era is when it began, so that it is later than one of the same name that was forgotten. */
const nothing = ({ kind }: PartRef, nowMs: number): KnownPart => ({
  rev: 0,
  part: newPart(kind, nowMs),
  authors: {},
  counted: [],
});

/** What an item says of a part. */
export const readPart = (item: unknown, ref: PartRef, nowMs: number): KnownPart => {
  const stored = StoredPart.safeParse(item);
  return stored.success ? stored.data : nothing(ref, nowMs);
};

/** Gives the base what replicas wrote that have been silent for a day, once there are many. */
const folded = (known: KnownPart, nowMs: number): KnownPart => {
  const replicas = Object.entries(known.authors);
  if (replicas.length <= keptApart) return known;
  const silent = replicas.filter(([, { at }]) => at <= nowMs - foldableAfterMs).map(([replica]) => replica);
  if (silent.length === 0) return known;
  const authors = Object.fromEntries(replicas.filter(([replica]) => !silent.includes(replica)));
  const era = Math.max(nowMs, known.part.era + 1);
  return { ...known, authors, part: foldReplicas(known.part, silent, era) };
};

/** A part after the changes of one writer. */
export interface Changed {
  readonly replica: string;
  readonly by: string;
  /** What a patch without numbers is recognised by, and what it asked of this part. */
  readonly patchId?: string | undefined;
  readonly hash: string;
  readonly part: Part;
}

/**
 * What is kept after a change.
 * @throws PayloadTooLargeError when a part outgrows its frame; one that shrinks never does.
 */
export const afterChange = (
  before: KnownPart,
  { replica, by, patchId, hash, part }: Changed,
  ref: PartRef,
  nowMs: number,
): KnownPart => {
  const recent = before.counted.filter(({ at }) => at > nowMs - foldableAfterMs);
  const counted = patchId === undefined ? recent : [...recent, { id: patchId, at: nowMs, hash }].slice(-keptCounted);
  const authors = { ...before.authors, [replica]: { by, at: nowMs } };
  const after = folded({ rev: before.rev + 1, part, authors, counted }, nowMs);
  const bytes = jsonBytes(after.part);
  if (bytes > limits.statePartBytes && bytes > jsonBytes(before.part))
    throw new PayloadTooLargeError('ops', bytes, limits.statePartBytes, `${ref.scope}/${ref.name}`);
  return after;
};

/**
 * Replaces a part as it was read.
 *
 * ```
 * writer A   reads rev 4 ─┬─ puts rev 5                     ✔
 * writer B   reads rev 4 ─┴─────────── puts rev 5           ✘ sameRev → applies its change to what A made of it
 * ```
 */
export const writePart = (ref: PartRef, before: KnownPart, after: KnownPart): Put => {
  const { rev, part, authors, counted } = after;
  return {
    key: keyOf(ref),
    item: { name: ref.name, rev, part: { name: ref.name, ...part }, authors, counted },
    clauses: { sameRev: before.rev === 0 ? absent('rev') : equal('rev', before.rev) },
  };
};
