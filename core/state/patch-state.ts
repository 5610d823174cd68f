import { sha256Hex } from '../common/hash-id.ts';
import { deltaBetween, deltaSince } from '../contract/crdt/delta.ts';
import { kindOfOp, partIdOf } from '../contract/crdt/part.ts';
import type { StateDelta, StatePatch } from '../contract/state.ts';
import { ConflictError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { applyChanges, type PatchAuthor, type PlacedOp } from './apply-changes.ts';
import { fitParts, type NamedDelta } from './fit-parts.ts';
import { listInScope } from './list-in-scope.ts';
import { requireScopeAccess } from './scope-access.ts';
import { type KnownPart, keyOf, type PartRef, readPart, writePart } from './stored-part.ts';
import { tellSubscribers } from './tell-subscribers.ts';

/** Whose patch, and what makes a repeat of it the same. */
export interface PatchRequest {
  readonly principal: Principal;
  /** The agent that speaks; without one the principal itself. */
  readonly agentId?: string | undefined;
  /** The socket that it came over. */
  readonly connectionId?: string | undefined;
  /** The envelope's id, or `Idempotency-Key`. */
  readonly patchId: string;
  readonly patch: StatePatch;
}

/** As whom the platform knows a speaker. */
export const authorOf = ({ principal, agentId }: Pick<PatchRequest, 'principal' | 'agentId'>): string =>
  agentId ?? principal.id;

/** Writers that meet on one name at one moment; more of them come again. */
const maxTries = 10;

interface PartChange {
  readonly ref: PartRef;
  readonly ops: readonly PlacedOp[];
}

/** A part before and after; the same where nothing was left to do. */
interface PartOutcome {
  readonly ref: PartRef;
  readonly before: KnownPart;
  readonly after: KnownPart;
}

/** The operations by part, in their order. */
const changesOf = (tenant: string, { scope, ops }: StatePatch): readonly PartChange[] => {
  const byPart = new Map<string, { ref: PartRef; ops: PlacedOp[] }>();
  for (const [index, op] of ops.entries()) {
    const kind = kindOfOp[op.op];
    const id = partIdOf(kind, op.name);
    const change = byPart.get(id) ?? { ref: { tenant, scope, kind, name: op.name }, ops: [] };
    change.ops.push({ op, index });
    byPart.set(id, change);
  }
  return [...byPart.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change);
};

/** The platform's own replica of whoever numbers nothing; a hash, which no name that it gives out can be. */
const patchAuthor = (request: PatchRequest): PatchAuthor => {
  const by = authorOf(request);
  const { replica } = request.patch;
  if (replica !== undefined) return { by, replica };
  const patchId = sha256Hex(JSON.stringify([request.principal.id, request.patchId])).slice(0, 20);
  return { by, replica: `p${sha256Hex(by).slice(0, 15)}`, patchId };
};

/**
 * Applies one author's operations to one part: to whatever others have made of it meanwhile.
 * @throws ConflictError when too many others write it at this moment.
 */
const changePart = async (
  services: Services,
  author: PatchAuthor,
  { ref, ops }: PartChange,
  read: KnownPart,
): Promise<PartOutcome> => {
  let before = read;
  for (let tries = 0; tries < maxTries; tries++) {
    const nowMs = services.clock.now();
    const after = applyChanges(before, author, ops, { ref, nowMs });
    if (after === undefined) return { ref, before, after: before };
    if (before.rev === 0) await listInScope(services, ref);
    const written = await services.table.put(writePart(ref, before, after));
    if (written.won) return { ref, before, after };
    before = readPart(written.item, ref, nowMs);
  }
  throw new ConflictError(`${ref.scope}/${ref.name}`);
};

const newsOf = (
  outcomes: readonly PartOutcome[],
  tell: (outcome: PartOutcome) => NamedDelta['delta'] | undefined,
): readonly NamedDelta[] =>
  outcomes.flatMap((outcome) => {
    const delta = tell(outcome);
    return delta === undefined ? [] : [{ name: outcome.ref.name, delta }];
  });

const readParts = async (services: Services, changes: readonly PartChange[]): Promise<(ref: PartRef) => KnownPart> => {
  const nowMs = services.clock.now();
  const items = await services.table.getMany(
    changes.map(({ ref }) => keyOf(ref)),
    { consistent: true },
  );
  const bySk = new Map(items.map((item) => [item['sk'], item]));
  return (ref) => readPart(bySk.get(keyOf(ref).sk), ref, nowMs);
};

/** What a patch has made of the parts that it names. */
const change = async (services: Services, request: PatchRequest): Promise<readonly PartOutcome[]> => {
  const { principal, patch } = request;
  await requireScopeAccess(services, principal, patch.scope, 'write');
  const changes = changesOf(principal.tenant, patch);
  const author = patchAuthor(request);
  const known = await readParts(services, changes);
  // Tried before anything is written: a patch of which a part is refused changes nothing.
  for (const { ref, ops } of changes) applyChanges(known(ref), author, ops, { ref, nowMs: services.clock.now() });
  const outcomes: PartOutcome[] = [];
  for (const part of changes) outcomes.push(await changePart(services, author, part, known(part.ref)));
  const changed = outcomes.filter(({ before, after }) => before !== after);
  if (changed.length > 0) {
    const news = fitParts(newsOf(changed, ({ before, after }) => deltaBetween(before.part, after.part)));
    const { tenant } = principal;
    await tellSubscribers(
      services,
      { tenant, scope: patch.scope, except: request.connectionId },
      { scope: patch.scope, ...news },
    );
  }
  return outcomes;
};

/**
 * Changes shared state and answers what its sender has not seen of it. Coming again it changes nothing more: operations
 * are known by their replica and number, or by the patch that they came in. Each name is one write; a crash between two
 * leaves the rest to the repeat.
 *
 * @throws ScopeDeniedError, NotGrantedError, StaleReplicaError, MissingChangeError, InvalidFieldError,
 * PayloadTooLargeError, ConflictError, ScopeFullError for one name too many.
 */
export const patchState = async (services: Services, request: PatchRequest): Promise<StateDelta> => {
  const outcomes = await change(services, request);
  const { scope, vector = {} } = request.patch;
  const news = newsOf(outcomes, ({ ref, after }) => deltaSince(after.part, vector[partIdOf(ref.kind, ref.name)]));
  return { scope, ...fitParts(news), author: authorOf(request) };
};

/** As {@link patchState}, and answers the parts as they are now. */
export const changeState = async (services: Services, request: PatchRequest) => {
  const outcomes = await change(services, request);
  return Object.fromEntries(outcomes.map(({ ref, after }) => [partIdOf(ref.kind, ref.name), after.part]));
};
