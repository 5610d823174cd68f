import * as z from 'zod';
import type { TenantId } from '../contract/ids.ts';
import { indexKeys } from '../contract/keys.ts';
import { Requirements } from '../contract/task.ts';
import type { Services } from '../services.ts';
import { readDirectory } from './backlog.ts';

const Signature = z.looseObject({ sk: z.string(), requirements: Requirements, type: z.string().optional() });
const Queued = z.looseObject({ backlogSort: z.string() });

/** Tasks that wait for the same. */
export interface QueuedKind {
  readonly requirements: Requirements;
  readonly type?: string | undefined;
  readonly queued: number;
  /** Epoch milliseconds at which the first one's turn began, its priority's head start taken off. */
  readonly firstTurnAt?: number;
}

export interface QueuedCount {
  readonly count: number;
  /** Whether all were counted. */
  readonly isExact: boolean;
  readonly kinds: readonly QueuedKind[];
}

/** Keys of the index are small: about 7,000 in the megabyte that one read gives at most. */
const pageSize = 1000;

const countKind = async (
  services: Services,
  partition: string,
  most: number,
): Promise<{ queued: number; first?: string }> => {
  let queued = 0;
  let first: string | undefined;
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition,
      index: 'backlog',
      limit: Math.min(pageSize, most - queued),
      ...(cursor === undefined ? {} : { cursor }),
    });
    first ??= page.items[0] === undefined ? undefined : Queued.parse(page.items[0]).backlogSort;
    queued += page.items.length;
    cursor = page.cursor;
  } while (cursor !== undefined && queued < most);
  return { queued, ...(first === undefined ? {} : { first }) };
};

/** How many tasks of a tenant wait for an agent, by what they wait for, counted up to `most`. Eventually consistent. */
export const countQueued = async (services: Services, tenant: TenantId, most: number): Promise<QueuedCount> => {
  const kinds: QueuedKind[] = [];
  let count = 0;
  for (const item of await readDirectory(services, tenant)) {
    if (count >= most) return { count, isExact: false, kinds };
    const { sk, requirements, type } = Signature.parse(item);
    const { queued, first } = await countKind(services, indexKeys.backlogOf(tenant, sk), most - count);
    count += queued;
    const firstTurnAt = first === undefined ? undefined : Number.parseInt(first, 10);
    if (queued > 0)
      kinds.push({
        requirements,
        ...(type === undefined ? {} : { type }),
        queued,
        ...(firstTurnAt === undefined ? {} : { firstTurnAt }),
      });
  }
  return { count, isExact: count < most, kinds };
};
