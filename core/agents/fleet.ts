import { AgentId, type TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import type { Services } from '../services.ts';
import { Slots } from './agent.ts';

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
