import type { ErrorCode } from '../contract/error-codes.ts';
import type { TenantId } from '../contract/ids.ts';
import { keys } from '../contract/keys.ts';
import type { DebugMode } from '../contract/system.ts';
import { UnavailableError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { plus, set } from '../table/conditions.ts';
import { forgetTenant, knownTenant, readTenantRecord, rememberedTenant } from '../tenants/tenant-record.ts';

/** Whether everything that a tenant asks is logged now, and until when. */
export const readDebugMode = async (services: Services, tenant: TenantId): Promise<DebugMode> => {
  const { debugUntil } = await readTenantRecord(services, tenant);
  const enabled = debugUntil !== undefined && debugUntil > services.clock.now();
  return enabled ? { enabled, until: debugUntil } : { enabled };
};

/** Turns it on for a time, or off. It ends by itself: nobody has to remember it. Every environment follows within 30 s. */
export const setDebugMode = async (
  services: Services,
  tenant: TenantId,
  { enabled, minutes }: { readonly enabled: boolean; readonly minutes: number },
): Promise<DebugMode> => {
  const until = services.clock.now() + (enabled ? minutes * 60_000 : 0);
  await services.table.update({
    key: keys.tenant(tenant),
    set: [set('debugUntil', until), plus('rev', 1, 0)],
    clauses: {},
  });
  forgetTenant(services, tenant);
  return enabled ? { enabled, until } : { enabled };
};

const rateLimited: ErrorCode = 'RATE_LIMITED';

/** What one request or frame came to: never what was in it. */
export interface Trace {
  readonly route: string;
  readonly status: string;
  readonly startedAt: number;
  readonly principal: string;
  readonly requestId?: string | undefined;
}

/** For a request that was refused by its rate nothing is read: to refuse must cost less than to ask. */
const debugUntilOf = async (services: Services, tenant: TenantId, status: string): Promise<number | undefined> => {
  if (status === rateLimited) return rememberedTenant(services, tenant)?.debugUntil;
  return (await knownTenant(services, tenant)).debugUntil;
};

const writeTrace = async (services: Services, tenant: TenantId, trace: Trace): Promise<void> => {
  const debugUntil = await debugUntilOf(services, tenant, trace.status);
  const nowMs = services.clock.now();
  if (debugUntil === undefined || debugUntil <= nowMs) return;
  const { startedAt, ...said } = trace;
  services.log.info('debug', { tenant, ...said, durationMs: nowMs - startedAt });
};

/**
 * Logs a request of a tenant whose debug mode is on. Never throws: what was asked has been done, and its answer must not be
 * lost for a line of the log.
 */
export const traceRequest = async (services: Services, tenant: TenantId, trace: Trace): Promise<void> => {
  try {
    await writeTrace(services, tenant, trace);
  } catch (error) {
    if (!(error instanceof UnavailableError))
      services.log.warn('request not traced', { tenant, route: trace.route, reason: String(error) });
  }
};
