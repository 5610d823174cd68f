import * as z from 'zod';
import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { Role } from '../contract/roles.ts';
import type { StateDelta } from '../contract/state.ts';
import type { Services } from '../services.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { scopeAccess } from './scope-access.ts';

const Subscriber = z.looseObject({ sk: z.string(), role: Role.optional() });

/** What subscribers of a scope watch. */
export const topicOf = (scope: string): string => `state:${scope}`;

/** Whom a change concerns. */
export interface Change {
  readonly tenant: TenantId;
  readonly scope: string;
  /** Who made it, and hears of it by the answer. */
  readonly except?: string | undefined;
}

/** Those who may read the scope still: rules change while connections stay open. */
const subscribersOf = async (services: Services, { tenant, scope, except }: Change): Promise<readonly string[]> => {
  const mayRead = await scopeAccess(services, tenant, scope, 'read');
  const { pk: partition } = keys.watcher(tenant, topicOf(scope), '');
  const subscribers: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await services.table.query({ partition, limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    const known = page.items.map((item) => Subscriber.parse(item));
    subscribers.push(...known.filter(({ role }) => mayRead(role)).map(({ sk }) => sk));
    cursor = page.cursor;
  } while (cursor !== undefined && subscribers.length < limits.stateSubscribers);
  return subscribers.filter((connectionId) => connectionId !== except);
};

const tell = async (services: Services, { tenant, scope }: Change, to: string, news: StateDelta): Promise<void> => {
  const pushed = await pushFrame(services, to, 'state.delta', news);
  if (pushed === 'gone') await services.table.remove({ key: keys.watcher(tenant, topicOf(scope), to), clauses: {} });
};

/** Tells those who have pulled a scope what has changed, once; one that does not hear it finds it when it next asks. */
export const tellSubscribers = async (services: Services, change: Change, news: StateDelta): Promise<void> => {
  const subscribers = await subscribersOf(services, change);
  await Promise.all(subscribers.map((to) => tell(services, change, to, news)));
};
