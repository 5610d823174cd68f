import { type ConflictStats, ConflictStatus, type ConflictView } from '../contract/conflict.ts';
import type { ConflictId, TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import { NotFoundError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import { Conflict, conflictView } from './conflict.ts';
import { type Decided, recordsOf, trustFrom } from './learn.ts';
import { settleConflict } from './settle.ts';

interface Page {
  readonly conflicts: readonly Conflict[];
  readonly nextCursor?: string | undefined;
}

/** A page of conflicts, newest first, each as far as it has come. */
const readPage = async (
  services: Services,
  tenant: TenantId,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<Page> => {
  const page = await readIndexPage(services.table, {
    partition: indexKeys.listOf(tenant, 'CONFLICTS'),
    index: 'list',
    limit,
    descending: true,
    cursor,
  });
  const conflicts = await Promise.all(page.items.map((item) => settleConflict(services, Conflict.parse(item))));
  return { conflicts, nextCursor: page.cursor };
};

/** What can be learned from a conflict. */
const decidedOf = ({ report: { type }, status, decision, reasons, weighed }: Conflict): Decided => ({
  type,
  status,
  decision,
  escalated: reasons.length > 0,
  weighed,
});

/** The newest conflicts of a tenant: what trust goes by. */
export const recentlyDecided = async (services: Services, tenant: TenantId): Promise<readonly Decided[]> =>
  (await readPage(services, tenant, { limit: limits.learnedConflicts })).conflicts.map(decidedOf);

/** One conflict. @throws NotFoundError, also for another tenant's. */
export const readConflict = async (
  services: Services,
  tenant: TenantId,
  conflictId: ConflictId,
): Promise<ConflictView> => {
  const item = await services.table.get(keys.conflict(tenant, conflictId), { consistent: true });
  if (item === undefined) throw new NotFoundError('conflict', conflictId);
  return conflictView(await settleConflict(services, Conflict.parse(item)));
};

/** Which conflicts. A filter thins a page out. */
export interface ConflictQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly status?: ConflictStatus | undefined;
  readonly type?: string | undefined;
}

/** A tenant's conflicts, newest first. */
export const listConflicts = async (
  services: Services,
  tenant: TenantId,
  { status, type, ...query }: ConflictQuery,
): Promise<{ items: ConflictView[]; nextCursor?: string }> => {
  const { conflicts, nextCursor } = await readPage(services, tenant, query);
  const items = conflicts
    .map(conflictView)
    .filter((view) => (status === undefined || view.status === status) && (type === undefined || view.type === type));
  return { items, ...(nextCursor === undefined ? {} : { nextCursor }) };
};

const count = (conflicts: readonly Decided[]) => {
  const having = (status: ConflictStatus): number => conflicts.filter((conflict) => conflict.status === status).length;
  return {
    total: conflicts.length,
    active: having('ESCALATED'),
    resolved: having('RESOLVED'),
    escalated: conflicts.filter(({ escalated }) => escalated).length,
  };
};

const readAll = async (
  services: Services,
  tenant: TenantId,
): Promise<{ readonly all: readonly Decided[]; readonly isComplete: boolean }> => {
  const all: Decided[] = [];
  let cursor: string | undefined;
  do {
    const page = await readPage(services, tenant, { limit: 100, cursor });
    all.push(...page.conflicts.map(decidedOf));
    cursor = page.nextCursor;
  } while (cursor !== undefined && all.length < limits.countedConflicts);
  return { all, isComplete: cursor === undefined };
};

/** Conflicts by how they came out, and what was learned from those that people decided. */
export const conflictStats = async (services: Services, tenant: TenantId): Promise<ConflictStats> => {
  const { all, isComplete } = await readAll(services, tenant);
  const types = [...new Set(all.map(({ type }) => type))].toSorted();
  const total = count(all);
  const learned = [...recordsOf(all)].map(([type, records]) => [
    type,
    Object.fromEntries([...records].map(([agentId, record]) => [agentId, { ...record, trust: trustFrom(record) }])),
  ]);
  return {
    ...total,
    unresolved: all.filter(({ status }) => status === 'UNRESOLVED').length,
    escalationRate: total.total === 0 ? 0 : total.escalated / total.total,
    byType: Object.fromEntries(types.map((type) => [type, count(all.filter((one) => one.type === type))])),
    learned: Object.fromEntries(learned),
    isComplete,
  };
};
