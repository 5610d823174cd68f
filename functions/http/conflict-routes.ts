import { conflictStats, listConflicts, readConflict } from '#core/conflicts/read-conflicts.ts';
import { reportConflict } from '#core/conflicts/report-conflict.ts';
import { conflictOperations as operations } from '#core/contract/operations/conflicts.ts';
import { route } from '../runtime/route.ts';

/** Routes of what agents disagree about. */
export const conflictRoutes = {
  'POST /v1/conflicts': route(
    operations['POST /v1/conflicts'],
    async (services, { body: report }, { principal, idempotencyKey }) => ({
      body: await reportConflict(services, { principal, idempotencyKey, report }),
    }),
  ),
  'GET /v1/conflicts': route(operations['GET /v1/conflicts'], async (services, { query }, { principal }) => ({
    body: await listConflicts(services, principal.tenant, query),
  })),
  'GET /v1/conflicts/stats': route(operations['GET /v1/conflicts/stats'], async (services, _input, { principal }) => ({
    body: await conflictStats(services, principal.tenant),
  })),
  'GET /v1/conflicts/{conflictId}': route(
    operations['GET /v1/conflicts/{conflictId}'],
    async (services, { params: { conflictId } }, { principal }) => ({
      body: await readConflict(services, principal.tenant, conflictId),
    }),
  ),
};
