import { canonicalJson } from '../common/hash-id.ts';
import type { ValueVersion, ValueWrite, WriteChain, WriteResolution, Written } from '../contract/value.ts';
import { ConflictError, InvalidFieldError, NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { requireScopeAccess } from '../state/scope-access.ts';
import { knownSettings } from '../tenants/settings.ts';
import { askOthers, settlePending } from './ask-others.ts';
import { settleWrite } from './settle-write.ts';
import { addVersion, newestVersion, readVersion, readVersions, type ValueRef } from './value-store.ts';

const usualChain: WriteChain['strategies'] = [
  'last_write_wins',
  'highest_priority_wins',
  'merge_compatible',
  'consensus_required',
  'manual',
];

const maxTries = 10;
const dayMs = 24 * 3_600_000;

const fits = (rule: WriteChain, scope: string): boolean =>
  rule.scope.endsWith('*') ? scope.startsWith(rule.scope.slice(0, -1)) : rule.scope === scope;

/** The first rule of a tenant that fits a scope. */
const chainOf = async (
  services: Services,
  { tenant }: Principal,
  scope: string,
): Promise<Omit<WriteChain, 'scope'>> => {
  const { conflicts } = await knownSettings(services, tenant);
  return conflicts?.chains?.find((rule) => fits(rule, scope)) ?? { strategies: usualChain };
};

/** Who writes what, and what the write is known by. */
export interface WriteRequest {
  readonly principal: Principal;
  readonly idempotencyKey: string;
  readonly write: ValueWrite;
}

interface Attempt extends WriteRequest {
  readonly ref: ValueRef;
  readonly chain: Omit<WriteChain, 'scope'>;
  readonly proposed: Written;
}

const isSame = (version: ValueVersion, proposed: Written): boolean =>
  version.by === proposed.by && canonicalJson(version.value) === canonicalJson(proposed.value);

/** Whether this very write is in a version already: a repeat after a crash. */
const holds = (version: ValueVersion, { write, proposed }: Attempt): boolean =>
  (version.version === write.baseVersion + 1 && version.resolution === undefined && isSame(version, proposed)) ||
  (version.resolution?.baseVersion === write.baseVersion &&
    version.resolution.proposed.by === proposed.by &&
    canonicalJson(version.resolution.proposed.value) === canonicalJson(proposed.value));

/** The version that comes of a write that knew of the newest one. */
const plainVersion = ({ write: { scope, name }, proposed }: Attempt, version: number, nowMs: number): ValueVersion => ({
  scope,
  name,
  version,
  ...proposed,
  writtenAt: nowMs,
});

/** The version that comes of a write that did not: by the chain, or by whoever is asked. */
const settledVersion = async (services: Services, attempt: Attempt, current: ValueVersion): Promise<ValueVersion> => {
  const { write, proposed, ref, chain } = attempt;
  const base = write.baseVersion === 0 ? {} : (await readVersion(services, ref, write.baseVersion))?.value;
  const verdict = settleWrite(chain.strategies, { current, proposed, base }, chain.workflow !== undefined);
  const version = current.version + 1;
  const nowMs = services.clock.now();
  const said = { strategy: verdict.strategy, proposed, baseVersion: write.baseVersion };
  const { resolution: _old, ...kept } = current;
  if (verdict.outcome === 'ask') {
    const asked = await askOthers(services, { ...attempt, current, strategy: verdict.strategy, version });
    const resolution: WriteResolution = { ...said, outcome: 'pending', ...asked };
    return { ...kept, version, writtenAt: nowMs, resolution };
  }
  const winner = verdict.outcome === 'current' ? kept : { ...kept, ...proposed };
  return {
    ...winner,
    value: verdict.value,
    version,
    writtenAt: nowMs,
    resolution: { ...said, outcome: verdict.outcome },
  };
};

/**
 * Writes a value whose writer says which version it has seen. Whoever has seen the newest is taken; of two who have not
 * seen each other the scope's chain of strategies decides, and the version that comes of it says how. The same write
 * again finds the version that it made while that is the newest.
 *
 * @throws ScopeDeniedError; InvalidFieldError for a version that is not there yet, or a time more than a day ahead; ConflictError when too many others write at this moment.
 */
export const writeValue = async (services: Services, request: WriteRequest): Promise<ValueVersion> => {
  const { principal, write } = request;
  const { scope, name, value, baseVersion, priority } = write;
  await requireScopeAccess(services, principal, scope, 'write');
  const at = write.at ?? services.clock.now();
  if (at > services.clock.now() + dayMs) throw new InvalidFieldError('at', 'at is more than a day ahead.');
  const attempt: Attempt = {
    ...request,
    ref: { tenant: principal.tenant, scope, name },
    chain: await chainOf(services, principal, scope),
    proposed: { value, by: principal.id, at, priority },
  };
  for (let tries = 0; tries < maxTries; tries++) {
    const current = await newestVersion(services, attempt.ref);
    const newest = current?.version ?? 0;
    if (baseVersion > newest)
      throw new InvalidFieldError('baseVersion', `baseVersion: the newest version is ${newest}.`, { limit: newest });
    if (current !== undefined && holds(current, attempt)) return current;
    const next =
      current === undefined || baseVersion === newest
        ? plainVersion(attempt, newest + 1, services.clock.now())
        : await settledVersion(services, attempt, current);
    if (await addVersion(services, attempt.ref, next)) return next;
  }
  throw new ConflictError(`${scope}/${name}`);
};

/** A value's newest version; one that waits for a decision takes it when it is there. `undefined` when there is none. */
export const readValue = async (
  services: Services,
  principal: Principal,
  ref: Omit<ValueRef, 'tenant'>,
): Promise<ValueVersion | undefined> => {
  await requireScopeAccess(services, principal, ref.scope, 'read');
  const at = { ...ref, tenant: principal.tenant };
  for (let tries = 0; tries < maxTries; tries++) {
    const current = await newestVersion(services, at);
    const next = current === undefined ? undefined : await settlePending(services, principal.tenant, current);
    if (next === undefined || (await addVersion(services, at, next))) return next ?? current;
  }
  throw new ConflictError(`${ref.scope}/${ref.name}`);
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
