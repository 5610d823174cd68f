import * as z from 'zod';
import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { TriggerView } from '../contract/trigger.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { hasEnded } from './check-schedule.ts';

/** The trigger item. */
export const Trigger = TriggerView;
export type Trigger = z.infer<typeof Trigger>;

const pageSize = 100;

/** A page of a tenant's triggers, by name. */
export const listTriggers = async (
  services: Services,
  tenant: TenantId,
  query: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: readonly Trigger[]; nextCursor?: string }> => {
  const page = await services.table.query({
    partition: keys.trigger(tenant, '').pk,
    limit: query.limit,
    consistent: true,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  const nowMs = services.clock.now();
  const items = page.items.map((item) => triggerView(Trigger.parse(item), nowMs));
  return { items, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};

/** Every trigger of a tenant: at most `limits.triggersPerTenant`. */
export const allTriggers = async (services: Services, tenant: TenantId): Promise<readonly Trigger[]> => {
  const triggers: Trigger[] = [];
  let cursor: string | undefined;
  do {
    const page = await listTriggers(services, tenant, { limit: pageSize, cursor });
    triggers.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return triggers;
};

/** A trigger as people see it at a time. */
export const triggerView = (trigger: Trigger, nowMs: number): TriggerView => {
  const { name, workflow, version, eventPattern, schedule, inputTemplate, enabled, createdAt } = trigger;
  const ended = schedule !== undefined && hasEnded(schedule, nowMs) ? { ended: true } : {};
  return TriggerView.parse({
    name,
    workflow,
    version,
    eventPattern,
    schedule,
    inputTemplate,
    enabled,
    createdAt,
    ...ended,
  });
};

/** One trigger. @throws NotFoundError when there is none of this tenant's. */
export const readTrigger = async (services: Services, tenant: TenantId, name: string): Promise<Trigger> => {
  const item = await services.table.get(keys.trigger(tenant, name), { consistent: true });
  if (item === undefined) throw new NotFoundError('trigger', name);
  return Trigger.parse(item);
};
