import { AgentId, type TenantId } from '../contract/ids.ts';
import { anyCapability, indexKeys, keys } from '../contract/keys.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { RosterEntry, Slots } from './agent.ts';

/** Agents of one page. */
const pageSize = 100;

/** One page of a tenant's agents: ids, and the slots of those that ever connected. */
interface FleetPage {
  readonly ids: readonly AgentId[];
  readonly slots: readonly Slots[];
}

/** A tenant's agents, page by page, up to `most`; `isComplete` tells afterwards whether there were more. */
export const eachFleetPage = async (
  services: Services,
  tenant: TenantId,
  most: number,
  visit: (page: FleetPage) => Promise<void> | void,
): Promise<{ readonly isComplete: boolean }> => {
  let cursor: string | undefined;
  let seen = 0;
  do {
    const page = await services.table.query({
      partition: indexKeys.listOf(tenant, 'AGENTS'),
      index: 'list',
      limit: Math.min(pageSize, most - seen),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const ids = page.items.map((item) => AgentId.parse(item['listSort']));
    const items =
      ids.length === 0
        ? []
        : await services.table.getMany(
            ids.map((id) => keys.slots(tenant, id)),
            { consistent: true },
          );
    await visit({ ids, slots: items.map((item) => Slots.parse(item)) });
    seen += ids.length;
    cursor = page.cursor;
  } while (cursor !== undefined && seen < most);
  return { isComplete: cursor === undefined };
};

/** Agents that are looked at together: what is done to each is done to these at the same time. */
const together = 25;

/**
 * The slots of every agent of a tenant, some at a time, as they are now: also of one that registered a moment ago, since an
 * agent is on the roster before it has slots. Only those that ever began to connect have any.
 */
export const eachEnrolled = async (
  services: Services,
  tenant: TenantId,
  visit: (slots: readonly Slots[]) => Promise<void> | void,
): Promise<void> => {
  const partition = keys.roster(tenant, anyCapability, '').pk;
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition,
      limit: together,
      consistent: true,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const wanted = page.items.map((item) => keys.slots(tenant, RosterEntry.parse(item).agentId));
    const items = wanted.length === 0 ? [] : await services.table.getMany(wanted, { consistent: true });
    await visit(items.map((item) => Slots.parse(item)));
    cursor = page.cursor;
  } while (cursor !== undefined);
};

/**
 * Does something to every agent that fits, 25 at the same time. One that is removed meanwhile needs nothing; one at which it
 * fails does not keep it from the others. Returns how many it was done to.
 * @throws what the first of those that failed threw, once all were tried.
 */
export const forEveryAgent = async (
  services: Services,
  tenant: TenantId,
  fits: (slots: Slots) => boolean,
  act: (slots: Slots) => Promise<void>,
): Promise<number> => {
  let count = 0;
  const failures: unknown[] = [];
  await eachEnrolled(services, tenant, async (all) => {
    const outcomes = await Promise.allSettled(all.filter(fits).map(act));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') count += 1;
      else if (!(outcome.reason instanceof NotFoundError)) failures.push(outcome.reason);
    }
  });
  if (failures.length > 0) throw failures[0];
  return count;
};
