import * as z from 'zod';
import type { Profile, RosterEntry, Slots } from '../agents/agent.ts';
import { TaskId, type TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { limits, timings } from '../contract/limits.ts';
import { Requirements } from '../contract/task.ts';
import { hasDeclined, whyNotFit } from '../routing/candidate.ts';
import { requirementSignature } from '../routing/signature.ts';
import { decidingType } from '../routing/wanted.ts';
import type { Services } from '../services.ts';
import type { Item } from '../table/table.ts';
import type { Task } from '../tasks/task.ts';

const Signature = z.looseObject({ sk: z.string(), requirements: Requirements, type: z.string().optional() });
const BacklogKey = z.looseObject({ pk: z.string(), backlogSort: z.string() });

type AgentRef = Pick<Profile, 'tenant' | 'agentId'>;

/** A signature is kept this long after a task was last queued under it: several times longer than any task may wait. */
const signatureMs = 5 * limits.maxTaskTimeoutSeconds * 1000;

/** Makes what a queued task wants findable for whoever has room. Put once per environment and 30 s. */
export const announceSignature = async (services: Services, task: Task): Promise<void> => {
  const signature = requirementSignature(task);
  const nowMs = services.clock.now();
  const cacheKey = `signature:${task.tenant}#${signature}`;
  if (services.cache.get(cacheKey, nowMs) !== undefined) return;
  const expiresAtEpochSeconds = Math.ceil((nowMs + signatureMs) / 1000);
  await services.table.put({
    key: keys.signature(task.tenant, signature),
    item: { requirements: task.requirements, type: decidingType(task), expiresAtEpochSeconds },
    clauses: {},
  });
  services.cache.set(cacheKey, true, nowMs + timings.connectionCacheMs);
};

/** How many of a signature's oldest are looked at, at least. */
const lookAhead = 10;
/** Turns this close are as good as equal: one of them is taken at random, so that takers do not collide. Far below a head start. */
const sameTurnMs = 30_000;

const oldestOf = async (
  services: Services,
  tenant: TenantId,
  signature: string,
  limit: number,
): Promise<readonly { taskId: TaskId; turn: number }[]> => {
  const { items } = await services.table.query({
    partition: indexKeys.backlogOf(tenant, signature),
    index: 'backlog',
    limit: Math.max(lookAhead, limit),
  });
  return items.map((item) => {
    const { pk, backlogSort } = BacklogKey.parse(item);
    return { taskId: TaskId.parse(pk.slice(keys.task(tenant, '').pk.length)), turn: Number.parseInt(backlogSort, 10) };
  });
};

/** Every signature there is: one that is left out would keep its tasks waiting for ever. Usually one page. */
export const readDirectory = async (services: Services, tenant: TenantId): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await services.table.query({
      partition: keys.signature(tenant, '').pk,
      limit: limits.signaturesPerTenant,
      consistent: true,
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
};

const noneKey = ({ tenant, agentId }: AgentRef): string => `none-queued:${tenant}#${agentId}`;

/** Whether this environment's last look for an agent, not long ago, found nothing queued. A hint, never the truth. */
export const foundNone = (services: Services, agent: AgentRef, nowMs: number): boolean =>
  services.cache.get(noneKey(agent), nowMs) !== undefined;

/**
 * The queued tasks whose turn it is for an agent, soonest virtual start first, at most `limit`. Eventually consistent:
 * some may be gone already.
 */
export const nextQueued = async (
  services: Services,
  agent: RosterEntry & Pick<Profile, 'tenant'> & Pick<Slots, 'unhandled'>,
  limit: number,
): Promise<readonly TaskId[]> => {
  const directory = await readDirectory(services, agent.tenant);
  const matching = directory
    .map((item) => Signature.parse(item))
    .filter((wanted) => whyNotFit(wanted, agent) === undefined && !hasDeclined(wanted, agent));
  const queued = (await Promise.all(matching.map(({ sk }) => oldestOf(services, agent.tenant, sk, limit)))).flat();
  const start = Math.min(...queued.map(({ turn }) => turn));
  const shuffled = queued
    .map(({ taskId, turn }) => ({
      taskId,
      turn: Math.floor((turn - start) / sameTurnMs),
      tie: services.random.fraction(),
    }))
    .toSorted((a, b) => a.turn - b.turn || a.tie - b.tie);
  if (shuffled.length > 0) services.cache.forget(noneKey(agent));
  else services.cache.set(noneKey(agent), true, services.clock.now() + timings.connectionCacheMs);
  return shuffled.slice(0, limit).map(({ taskId }) => taskId);
};
