import { RosterEntry } from '../agents/agent.ts';
import { isWanted } from '../contract/content-filter.ts';
import type { AgentId, TenantId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import { anyCapability, keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { matchesTopic, shelvesOf } from '../contract/topics.ts';
import type { Services } from '../services.ts';
import { findRecipient } from './addresses.ts';
import type { Audience } from './choose-mode.ts';
import { isAmong } from './filters.ts';
import { StoredMember } from './memberships.ts';

/** What of an audience is looked at: one partition of the table, or a part of it by its members' places. */
interface Shelf {
  readonly partition: string;
  /** The agent of one of its items, when the message is for it. */
  readonly pick: (item: unknown) => AgentId | undefined;
}

type ManyAudience = Exclude<Audience, { kind: 'agent' }>;

const pickMember = (item: unknown): AgentId => StoredMember.parse(item).agentId;

const shelvesFor = (tenant: TenantId, audience: ManyAudience, content: Json): readonly Shelf[] => {
  switch (audience.kind) {
    case 'group':
      return [{ partition: keys.audience(tenant, 'GROUP', audience.group, '').pk, pick: pickMember }];
    case 'topic':
      return shelvesOf(audience.topic).map((word) => ({
        partition: keys.audience(tenant, 'TOPIC', word, '').pk,
        pick: (item) => {
          const { agentId, pattern = '', where = {} } = StoredMember.parse(item);
          const isFor = matchesTopic(pattern, audience.topic) && isWanted(where, content);
          return isFor ? agentId : undefined;
        },
      }));
    case 'all':
      return [
        {
          partition: keys.roster(tenant, audience.filter.capability ?? anyCapability, '').pk,
          pick: (item) => {
            const entry = RosterEntry.parse(item);
            return isAmong(audience.filter, entry) ? entry.agentId : undefined;
          },
        },
      ];
  }
};

/** Agents of an audience. `isAll`: there are no others. */
export interface Recipients {
  readonly agentIds: readonly AgentId[];
  readonly isAll: boolean;
}

const readShelf = async (
  services: Services,
  { partition, pick }: Shelf,
  prefix: string | undefined,
  most: number,
): Promise<Recipients> => {
  const agentIds: AgentId[] = [];
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition,
      limit: limits.inlineRecipients + 1,
      consistent: true,
      ...(prefix === undefined ? {} : { prefix }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    agentIds.push(...page.items.map(pick).filter((agentId) => agentId !== undefined));
    cursor = page.cursor;
    if (agentIds.length > most) return { agentIds, isAll: false };
  } while (cursor !== undefined);
  return { agentIds, isAll: true };
};

/** Who a message is for, and what of the audience is asked about. */
export interface Question {
  readonly tenant: TenantId;
  readonly audience: Audience;
  /** The sender, which does not get its own message. */
  readonly from: string;
  readonly content: Json;
  /** Only members whose places begin with this. */
  readonly part?: string | undefined;
}

/**
 * The agents that a message is for, each once and never its sender; at most about `most` when there are more.
 * Strongly consistent: whoever has joined, and been told so, is among them.
 * @throws NotFoundError when it is for one agent and this tenant has none of that id or name.
 */
export const readAudience = async (services: Services, question: Question, most: number): Promise<Recipients> => {
  const { tenant, audience, from, content, part } = question;
  if (audience.kind === 'agent') return { agentIds: [await findRecipient(services, tenant, audience.to)], isAll: true };
  const found = new Set<AgentId>();
  let isAll = true;
  for (const shelf of shelvesFor(tenant, audience, content)) {
    const read = await readShelf(services, shelf, part, most);
    isAll &&= read.isAll;
    for (const agentId of read.agentIds) if (agentId !== from) found.add(agentId);
  }
  return { agentIds: [...found], isAll: isAll && found.size <= most };
};
