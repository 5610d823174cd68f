import { listActions } from '#core/audit/record-action.ts';
import { openMetricsMediaType } from '#core/contract/open-metrics.ts';
import { systemOperations as operations } from '#core/contract/operations/system.ts';
import type { Services } from '#core/services.ts';
import { readDebugMode, setDebugMode } from '#core/system/debug-mode.ts';
import { emergencyStop, resumeAfterStop } from '#core/system/emergency-stop.ts';
import { errorStats } from '#core/system/error-stats.ts';
import { openMetricsText } from '#core/system/open-metrics.ts';
import { readMetrics } from '#core/system/read-metrics.ts';
import { initialize, shutdown } from '#core/system/shutdown.ts';
import { systemStatus } from '#core/system/system-status.ts';
import { readSettings, writeSettings } from '#core/tenants/settings.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { payloadsPort, queuesPort, socketsPort, tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';

const systemRoutes: FamilyRoutes<'system'> = {
  'GET /v1/system/health': route(operations['GET /v1/system/health'], async (services) => ({
    body: { status: 'ok', time: services.clock.now() },
  })),
  'GET /v1/system/status': route(operations['GET /v1/system/status'], async (services, _input, { principal }) => ({
    body: await systemStatus(services, principal.tenant),
  })),
  'GET /v1/system/errors': route(operations['GET /v1/system/errors'], async (services, _input, { principal }) => ({
    body: await errorStats(services, principal.tenant),
  })),
  'GET /v1/system/metrics': route(operations['GET /v1/system/metrics'], async (services, _input, { principal }) => ({
    text: { mediaType: openMetricsMediaType, body: openMetricsText(await readMetrics(services, principal.tenant)) },
  })),
  'POST /v1/system/initialize': route(
    operations['POST /v1/system/initialize'],
    async (services, _input, { principal }) => ({ body: await initialize(services, principal.tenant) }),
  ),
  'POST /v1/system/shutdown': route(
    operations['POST /v1/system/shutdown'],
    async (services, _input, { principal }) => ({ body: await shutdown(services, principal.tenant) }),
  ),
  'POST /v1/system/stop': route(operations['POST /v1/system/stop'], async (services, { body }, { principal }) => ({
    body: await emergencyStop(services, principal.tenant, body.reason),
  })),
  'POST /v1/system/resume': route(operations['POST /v1/system/resume'], async (services, _input, { principal }) => ({
    body: await resumeAfterStop(services, principal.tenant),
  })),
  'GET /v1/system/debug': route(operations['GET /v1/system/debug'], async (services, _input, { principal }) => ({
    body: await readDebugMode(services, principal.tenant),
  })),
  'PUT /v1/system/debug': route(operations['PUT /v1/system/debug'], async (services, { body }, { principal }) => ({
    body: await setDebugMode(services, principal.tenant, body),
  })),
  'GET /v1/settings': route(operations['GET /v1/settings'], async (services, _input, { principal }) => ({
    body: await readSettings(services, principal.tenant),
  })),
  'PUT /v1/settings': route(operations['PUT /v1/settings'], async (services, { body }, { principal }) => ({
    body: await writeSettings(services, principal.tenant, body),
  })),
  'GET /v1/audit': route(operations['GET /v1/audit'], async (services, { query: { day, ...page } }, { principal }) => ({
    body: await listActions(services, principal.tenant, {
      ...page,
      dayMs: day === undefined ? services.clock.now() : Date.parse(day),
    }),
  })),
};

/** Routes of the system itself, and of what holds for a whole tenant. */
export const createSystemHandler = (services: Services) => httpHandler<'system'>(services, systemRoutes);

export const handler = createSystemHandler(
  buildServices({ table: tablePort, queues: queuesPort, sockets: socketsPort, payloads: payloadsPort }),
);
