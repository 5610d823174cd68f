import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { CounterRangeError } from '../contract/crdt/counters.ts';
import { applyOp, nextTime, type Part, type PartOp } from '../contract/crdt/part.ts';
import { seenOf } from '../contract/crdt/vector-clock.ts';
import type { StateOp } from '../contract/state.ts';
import { InvalidFieldError } from '../errors/errors.ts';
import { IdempotencyMismatchError } from '../tasks/errors.ts';
import { MissingChangeError, OthersReplicaError, StaleReplicaError } from './errors.ts';
import { afterChange, foldableAfterMs, type KnownPart, type PartRef } from './stored-part.ts';

/** An operation of a patch, and where in it it stands. */
export interface PlacedOp {
  readonly op: StateOp;
  readonly index: number;
}

/** Whose changes these are. */
export interface PatchAuthor {
  /** The agent, or the principal. */
  readonly by: string;
  readonly replica: string;
  /** Of a patch whose operations are not numbered: what it is recognised by when it comes again. */
  readonly patchId?: string | undefined;
}

/** A clock may be wrong by so much; a time beyond would win for longer than anybody waits. */
const skewMs = 24 * 3_600_000;

/** A replica's name begins with when it was given. */
export const replicaBirth = (replica: string): number => Number.parseInt(replica.slice(1, -8), 36);

const fieldOf = ({ index }: PlacedOp): string => `ops.${index}`;

/** A writer that names no time has seen what is there. @throws InvalidFieldError for a time that is too far ahead. */
const partOpOf = (part: Part, placed: PlacedOp, nowMs: number): PartOp => {
  const { op } = placed;
  if (op.op !== 'setMap') return op;
  if (op.at === undefined) return { ...op, at: nextTime(part.kind === 'map' ? part : undefined, op.key, nowMs) };
  const { at } = op;
  if (at > nowMs + skewMs)
    throw new InvalidFieldError(`${fieldOf(placed)}.at`, `${fieldOf(placed)}.at is more than a day ahead.`);
  return { ...op, at };
};

/** What a replica that is new here must be: young enough that it cannot have been folded. */
const requireYoung = (known: KnownPart, { replica, by, patchId }: PatchAuthor, nowMs: number): void => {
  const author = known.authors[replica];
  if (author !== undefined && author.by !== by) throw new OthersReplicaError(replica);
  if (author !== undefined || patchId !== undefined) return;
  if (replicaBirth(replica) <= nowMs - foldableAfterMs) throw new StaleReplicaError(replica);
};

const hashOf = (ops: readonly PlacedOp[]): string => sha256Hex(canonicalJson(ops.map(({ op }) => op))).slice(0, 16);

/** What is left to do of a patch, in order: what was counted before is left out. @throws MissingChangeError, IdempotencyMismatchError. */
const pendingOf = (known: KnownPart, author: PatchAuthor, ops: readonly PlacedOp[]): readonly PlacedOp[] => {
  if (author.patchId !== undefined) {
    const counted = known.counted.find(({ id }) => id === author.patchId);
    if (counted !== undefined && counted.hash !== hashOf(ops)) throw new IdempotencyMismatchError();
    return counted === undefined ? ops : [];
  }
  let last = seenOf(known.part.clock, author.replica);
  return ops.filter((placed) => {
    const { n = last + 1 } = placed.op;
    if (n <= last) return false;
    if (n !== last + 1) throw new MissingChangeError(fieldOf(placed), last + 1);
    last = n;
    return true;
  });
};

const apply = (part: Part, author: PatchAuthor, placed: PlacedOp, nowMs: number): Part => {
  try {
    return applyOp(part, author, partOpOf(part, placed, nowMs));
  } catch (error) {
    if (!(error instanceof CounterRangeError)) throw error;
    throw new InvalidFieldError(`${fieldOf(placed)}.by`, error.message, { cause: error });
  }
};

/**
 * A part after an author's operations; `undefined` when all of them were counted before.
 *
 * @throws OthersReplicaError for another one's replica; IdempotencyMismatchError, StaleReplicaError, MissingChangeError, InvalidFieldError,
 * PayloadTooLargeError.
 */
export const applyChanges = (
  known: KnownPart,
  author: PatchAuthor,
  ops: readonly PlacedOp[],
  { ref, nowMs }: { readonly ref: PartRef; readonly nowMs: number },
): KnownPart | undefined => {
  requireYoung(known, author, nowMs);
  const pending = pendingOf(known, author, ops);
  if (pending.length === 0) return undefined;
  const part = pending.reduce((current, placed) => apply(current, author, placed, nowMs), known.part);
  return afterChange(known, { ...author, hash: hashOf(ops), part }, ref, nowMs);
};
