import * as z from 'zod';
import { indexKeys } from '../contract/keys.ts';
import type { Services } from '../services.ts';

const OpenSocket = z.looseObject({ listSort: z.string() });

/** Sockets of one page of the index. */
const pageSize = 100;

/** Closes every socket of a principal; what its agents work on goes elsewhere, as when they die. Returns how many. */
export const closeSockets = async (services: Services, tenant: string, principalId: string): Promise<number> => {
  let closed = 0;
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition: indexKeys.socketsOf(tenant, principalId),
      index: 'list',
      limit: pageSize,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const connectionIds = page.items.map((item) => OpenSocket.parse(item).listSort);
    await Promise.all(connectionIds.map((connectionId) => services.sockets.close(connectionId)));
    closed += connectionIds.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return closed;
};
