import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { limits } from '../contract/limits.ts';
import type { ValueVersion, ValueWrite, Written } from '../contract/value.ts';
import { ConflictError, InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { requireScopeAccess } from '../state/scope-access.ts';
import { closeQuestion } from './ask-others.ts';
import { WritesWaitError } from './errors.ts';
import { addOrClose, type Contender, contestedVersion, settledValue } from './settle-value.ts';
import { readVersions, type ValueRef } from './value-store.ts';

const maxTries = 10;
const dayMs = 24 * 3_600_000;

/** Who writes what, and what the write is known by. */
export interface WriteRequest {
  readonly principal: Principal;
  readonly idempotencyKey: string;
  readonly write: ValueWrite;
}

const isSame = (one: Written, other: Written): boolean =>
  one.by === other.by && canonicalJson(one.value) === canonicalJson(other.value);

/** Whether this very write is in a version already, or waits there: a repeat after a crash. */
const holds = ({ version, resolution, waiting = [], ...now }: ValueVersion, { proposed, baseVersion }: Contender) => {
  const isPlain = resolution === undefined || resolution.outcome === 'superseded';
  if (isPlain) return version === baseVersion + 1 && isSame(now, proposed);
  const isAsked = resolution.baseVersion === baseVersion && isSame(resolution.proposed, proposed);
  return isAsked || waiting.some((one) => one.baseVersion === baseVersion && isSame(one, proposed));
};

/** The version that comes of a write that knew of the newest one; `undefined` when a question of that was answered just now. */
const seenVersion = async (
  services: Services,
  { ref: { scope, name }, principal, proposed }: Contender,
  current: ValueVersion | undefined,
): Promise<ValueVersion | undefined> => {
  const version = (current?.version ?? 0) + 1;
  const { resolution, waiting } = current ?? {};
  const next: ValueVersion = { scope, name, version, ...proposed, writtenAt: services.clock.now() };
  if (waiting !== undefined) next.waiting = waiting;
  if (resolution?.outcome !== 'pending') return next;
  const reason = `${principal.id} wrote ${scope}/${name} and knew of the question.`;
  if (!(await closeQuestion(services, principal, resolution, reason))) return undefined;
  return { ...next, resolution: { ...resolution, outcome: 'superseded', decidedBy: principal.id } };
};

/** While a question is open a write that did not know of it waits its turn. @throws WritesWaitError. */
const waitingVersion = (
  services: Services,
  { ref, proposed, baseVersion }: Contender,
  current: ValueVersion,
): ValueVersion => {
  const { waiting = [] } = current;
  if (waiting.length >= limits.waitingWrites) throw new WritesWaitError(`${ref.scope}/${ref.name}`);
  return {
    ...current,
    version: current.version + 1,
    writtenAt: services.clock.now(),
    waiting: [...waiting, { ...proposed, baseVersion }],
  };
};

const versionFor = async (
  services: Services,
  contender: Contender,
  current: ValueVersion | undefined,
): Promise<ValueVersion | undefined> => {
  if (current === undefined || contender.baseVersion === current.version)
    return seenVersion(services, contender, current);
  return current.resolution?.outcome === 'pending'
    ? waitingVersion(services, contender, current)
    : contestedVersion(services, contender, current);
};

/** The newest version that came of this very write, or has it waiting; `undefined` when it is new, or forgotten. */
const madeBefore = async (
  services: Services,
  { ref, proposed: { writeId }, baseVersion }: Contender,
): Promise<ValueVersion | undefined> => {
  let cursor: string | undefined;
  do {
    const page = await readVersions(services, ref, { cursor, limit: limits.keptVersions });
    const later = page.versions.filter(({ version }) => version > baseVersion);
    const made = later.find((one) =>
      [one, one.resolution?.proposed, ...(one.waiting ?? [])].some((written) => written?.writeId === writeId),
    );
    if (made !== undefined) return made;
    cursor = later.length < page.versions.length ? undefined : page.nextCursor;
  } while (cursor !== undefined);
  return undefined;
};

const contenderOf = ({ clock }: Services, { principal, idempotencyKey, write }: WriteRequest): Contender => {
  const { scope, name, value, baseVersion, priority } = write;
  const at = write.at ?? clock.now();
  if (at > clock.now() + dayMs) throw new InvalidFieldError('at', 'at is more than a day ahead.');
  const writeId = sha256Hex(canonicalJson([principal.id, idempotencyKey, write])).slice(0, 24);
  const proposed = { value, by: principal.id, at, priority, writeId };
  return { ref: { tenant: principal.tenant, scope, name }, principal, proposed, baseVersion };
};

/**
 * Writes a value whose writer says which version it has seen. Whoever has seen the newest is taken, and closes the question
 * that this one asks; of two who have not seen each other the scope's chain of strategies decides, and the version that
 * comes of it says how. While somebody is asked, others wait their turn (`waiting`). The same write again finds the version
 * that it made, also where others have written since: it does not win over what was written after it.
 *
 * @throws ScopeDeniedError; InvalidFieldError for a version that is not there yet, or a time more than a day ahead;
 * WritesWaitError when ten wait already; ConflictError when too many others write at this moment.
 */
export const writeValue = async (services: Services, request: WriteRequest): Promise<ValueVersion> => {
  const { principal, write } = request;
  await requireScopeAccess(services, principal, write.scope, 'write');
  const contender = contenderOf(services, request);
  const { ref, baseVersion } = contender;
  for (let tries = 0; tries < maxTries; tries++) {
    const current = await settledValue(services, ref);
    const newest = current?.version ?? 0;
    if (baseVersion > newest)
      throw new InvalidFieldError('baseVersion', `baseVersion: the newest version is ${newest}.`, { limit: newest });
    if (current !== undefined && holds(current, contender)) return current;
    const made = baseVersion < newest ? await madeBefore(services, contender) : undefined;
    if (made !== undefined) return made;
    const next = await versionFor(services, contender, current);
    if (next !== undefined && (await addOrClose(services, ref, principal, next))) return next;
  }
  throw new ConflictError(`${ref.scope}/${ref.name}`);
};

/** A value's newest version, with everything in it that is decided. `undefined` when there is none. */
export const readValue = async (
  services: Services,
  principal: Principal,
  ref: Omit<ValueRef, 'tenant'>,
): Promise<ValueVersion | undefined> => {
  await requireScopeAccess(services, principal, ref.scope, 'read');
  return settledValue(services, { ...ref, tenant: principal.tenant });
};

/** Versions of a value, newest first. @throws NotFoundError when there is none. */
export const listVersions = async (
  services: Services,
  principal: Principal,
  { scope, name }: Omit<ValueRef, 'tenant'>,
  query: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: ValueVersion[]; nextCursor?: string }> => {
  await requireScopeAccess(services, principal, scope, 'read');
  const { versions, ...rest } = await readVersions(services, { tenant: principal.tenant, scope, name }, query);
  if (versions.length === 0 && query.cursor === undefined) throw new NotFoundError('value', `${scope}/${name}`);
  return { items: versions, ...rest };
};
