import { Slots } from '../agents/agent.ts';
import { canonicalJson, sha256Hex } from '../common/hash-id.ts';
import { type CounterPart, partIdOf, type StateParts, valuesOf } from '../contract/crdt/part.ts';
import { AgentId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { PartId, type StateView, workloadScope } from '../contract/state.ts';
import { InvalidCursorError, NotFoundError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';
import { readScopePage, type ScopePage } from './read-scope.ts';
import { requireScopeAccess } from './scope-access.ts';

/** Parts of a scope at once: at their largest they are what a function may answer. */
const mostParts = 50;

/** What an agent was given and what it gave back, in slots: a counter of which it is the only replica. */
export const workloadPart = ({ agentId, taken = 0, given = 0 }: Slots): CounterPart => ({
  kind: 'counter',
  era: 0,
  clock: { [agentId]: taken + given },
  count: { plus: { [agentId]: taken }, minus: { [agentId]: given } },
});

/** What every agent carries, read from its slots: there it rides in the write that takes or frees a slot. */
const readWorkload = async (
  services: Services,
  tenant: string,
  { from, limit }: { readonly from?: string | undefined; readonly limit: number },
): Promise<ScopePage> => {
  const page = await services.table.query({
    partition: indexKeys.listOf(tenant, 'AGENTS'),
    index: 'list',
    limit,
    ...(from === undefined ? {} : { cursor: from }),
  });
  const ids = page.items.map((item) => AgentId.parse(item['listSort']));
  const items = await services.table.getMany(
    ids.map((id) => keys.slots(tenant, id)),
    { consistent: true },
  );
  const parts = items
    .map((item) => Slots.parse(item))
    .map((slots) => [partIdOf('counter', slots.agentId), workloadPart(slots)]);
  return { parts: Object.fromEntries(parts), next: page.cursor };
};

/** What is shared, and what names exactly this state of it. */
export interface ShownState {
  readonly view: StateView;
  readonly version: string;
}

/** The same for the same state: a table does not keep the order of what it holds. */
const versionOf = (parts: StateParts): string =>
  sha256Hex(canonicalJson(Object.entries(parts).map(([id, { era, clock }]) => [id, era, clock]))).slice(0, 16);

/** Parts as people read them. */
export const stateView = (scope: string, parts: StateParts): StateView => {
  const { counters, sets, maps } = valuesOf(parts);
  const lists = Object.entries(sets).map(([name, elements]) => [name, [...elements]]);
  return { scope, counters: { ...counters }, sets: Object.fromEntries(lists), maps: { ...maps } };
};

/**
 * A page of what is shared in a scope, by name within each kind.
 * @throws NotFoundError for a scope without anything, also another tenant's; ScopeDeniedError; InvalidCursorError.
 */
export const viewState = async (
  services: Services,
  principal: Principal,
  scope: string,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<ShownState> => {
  await requireScopeAccess(services, principal, scope, 'read');
  if (cursor !== undefined && scope !== workloadScope && !PartId.safeParse(cursor).success)
    throw new InvalidCursorError();
  const { tenant } = principal;
  const range = { from: cursor, limit: Math.min(limit, mostParts) };
  const page =
    scope === workloadScope
      ? await readWorkload(services, tenant, range)
      : await readScopePage(services, { tenant, scope }, range);
  const isEmpty = Object.keys(page.parts).length === 0 && cursor === undefined;
  if (isEmpty && scope !== workloadScope) throw new NotFoundError('state', scope);
  const view = { ...stateView(scope, page.parts), ...(page.next === undefined ? {} : { nextCursor: page.next }) };
  return { view, version: versionOf(page.parts) };
};
