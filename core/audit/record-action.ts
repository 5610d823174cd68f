import { freshUuid } from '../common/new-id.ts';
import { AuditRecord } from '../contract/audit.ts';
import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import { forgottenAfter } from '../contract/retention.ts';
import type { Scope } from '../contract/roles.ts';
import type { Principal } from '../identity/principal.ts';
import type { Services } from '../services.ts';

/** What somebody did, to what. `action` is a route or a frame type, `on` names the items, never their content. */
export interface Action {
  readonly action: string;
  readonly on: Readonly<Record<string, string>>;
  /** Why, as they gave it. */
  readonly reason?: string | undefined;
}

/** Scopes whose use is kept as an item beside the log line: they change what others rely on. */
const operatorScopes: readonly Scope[] = [
  'agents:write',
  'tasks:operate',
  'tasks:cancel',
  'workflows:write',
  'system:write',
  'runs:cancel',
  'keys:manage',
  'tenants:manage',
];

/** Whether the use of a scope is an operator's action. */
export const isOperatorScope = (scope: Scope): boolean => operatorScopes.includes(scope);

const lineOf = (principal: Principal, { action, on, reason }: Action): Record<string, string> => ({
  tenant: principal.tenant,
  principal: principal.id,
  role: principal.role,
  action,
  ...on,
  ...(reason === undefined ? {} : { reason }),
});

/** Writes an audit line: who did what, to which item. */
export const logAction = (services: Services, principal: Principal, action: Action): void =>
  services.log.info('audit', lineOf(principal, action));

/** When it was, and under which id: of what may be told twice, both the same each time. */
export interface RecordName {
  readonly atMs?: number;
  readonly id?: string;
}

/**
 * Keeps an operator's action where it can be listed: append-only, by day, until it ends with the retention. Called after
 * the action took place.
 */
export const recordAction = async (
  services: Services,
  principal: Principal,
  action: Action,
  { atMs, id: recordId }: RecordName = {},
): Promise<void> => {
  logAction(services, principal, action);
  const nowMs = atMs ?? services.clock.now();
  const { tenant, id, role } = principal;
  await services.table.put({
    key: keys.audit(tenant, nowMs, recordId ?? freshUuid(services)),
    item: {
      at: nowMs,
      principal: id,
      role,
      action: action.action,
      on: action.on,
      ...(action.reason === undefined ? {} : { reason: action.reason }),
      expiresAtEpochSeconds: forgottenAfter(nowMs, services.retention.audit),
    },
    clauses: {},
  });
};

/** Operators' actions of one day (UTC), newest first. */
export const listActions = async (
  services: Services,
  tenant: TenantId,
  query: { readonly dayMs: number; readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ items: readonly AuditRecord[]; nextCursor?: string }> => {
  const page = await services.table.query({
    partition: keys.audit(tenant, query.dayMs, '').pk,
    limit: query.limit,
    descending: true,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  const items = page.items
    .map((item) => AuditRecord.parse(item))
    .map(({ at, principal, role, action, on, reason }) => ({
      at,
      principal,
      role,
      action,
      on,
      ...(reason === undefined ? {} : { reason }),
    }));
  return { items, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};
