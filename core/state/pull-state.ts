import { deltaSince } from '../contract/crdt/delta.ts';
import { ownScopes, type StateDelta, type StatePull } from '../contract/state.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { addWatcher } from '../watch/watchers.ts';
import { ScopeDeniedError } from './errors.ts';
import { fitParts, type NamedDelta } from './fit-parts.ts';
import { authorOf } from './patch-state.ts';
import { readScopePage } from './read-scope.ts';
import { requireScopeAccess } from './scope-access.ts';
import { topicOf } from './tell-subscribers.ts';

/** Who asks, and for what. */
export interface PullRequest {
  readonly principal: Principal;
  readonly agentId?: string | undefined;
  readonly connectionId: string;
  readonly pull: StatePull;
}

/** Parts that are read at once: as many as one query gives at their largest. */
const pageSize = 40;

/** A fresh name: when, and something of its own. */
const newReplica = ({ clock, random }: Services): string => {
  const own = Buffer.from(random.bytes()).toString('hex').slice(-8);
  return `r${clock.now().toString(36).padStart(8, '0')}${own}`;
};

const newsOf = async (
  services: Services,
  { principal: { tenant }, pull: { scope, vector = {}, from } }: PullRequest,
): Promise<Pick<StateDelta, 'parts' | 'next'>> => {
  const page = await readScopePage(services, { tenant, scope }, { from, limit: pageSize });
  const news = Object.entries(page.parts).flatMap(([id, part]): NamedDelta[] => {
    const delta = deltaSince(part, vector[id]);
    return delta === undefined ? [] : [{ name: id.slice(id.indexOf(':') + 1), delta }];
  });
  const { parts, next = page.next } = fitParts(news);
  return { parts, ...(next === undefined ? {} : { next }) };
};

/**
 * Answers what of a scope is newer than what its sender has seen, and tells it what comes from now on. Subscribed before
 * anything is read, so nothing falls between the two. A scope without anything is empty, and may be subscribed to.
 * @throws ScopeDeniedError, also for the platform's own scopes, which are read over HTTP.
 */
export const pullState = async (services: Services, request: PullRequest): Promise<StateDelta> => {
  const { principal, connectionId, pull } = request;
  const { scope, subscribe = true, join = false } = pull;
  if (scope.startsWith(ownScopes)) throw new ScopeDeniedError(scope, 'read');
  await requireScopeAccess(services, principal, scope, 'read');
  if (subscribe) await addWatcher(services, principal, topicOf(scope), { connectionId });
  const news = await newsOf(services, request);
  return { scope, ...news, author: authorOf(request), ...(join ? { replica: newReplica(services) } : {}) };
};
