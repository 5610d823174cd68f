import { runOperations as operations } from '#core/contract/operations/runs.ts';
import type { RunRequest } from '#core/contract/workflow.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { pauseRun, resumeRun } from '#core/runs/pause-run.ts';
import { readRunTimeline } from '#core/runs/run-timeline.ts';
import { listRunViews, readRunView, runView } from '#core/runs/run-view.ts';
import { startRun } from '#core/runs/start-run.ts';
import type { Services } from '#core/services.ts';
import { admit, noteAdded } from '#core/tenants/admission.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import type { HttpReply } from '../runtime/http-reply.ts';
import { enginePorts } from '../runtime/ports.ts';
import { type Caller, type FamilyRoutes, route } from '../runtime/route.ts';
import { valueRoutes } from './value-routes.ts';

/** Within the tenant's quota, and while it takes work. */
const start = async (services: Services, request: RunRequest, caller: Caller): Promise<HttpReply> => {
  const { tenant } = caller.principal;
  await admit(services, tenant, 'openRuns');
  const { principal, idempotencyKey, traceparent } = caller;
  const run = await startRun(services, { principal, idempotencyKey, request, traceparent });
  await noteAdded(services, tenant, 'openRuns');
  return { body: await runView(services, run) };
};

const runRoutes: FamilyRoutes<'runs'> = {
  ...valueRoutes,
  'POST /v1/runs': route(operations['POST /v1/runs'], (services, { body }, caller) => start(services, body, caller)),
  'POST /v1/workflows/{name}/runs': route(
    operations['POST /v1/workflows/{name}/runs'],
    (services, { params: { name }, body }, caller) => start(services, { ...body, workflow: name }, caller),
  ),
  'GET /v1/runs': route(operations['GET /v1/runs'], async (services, { query }, { principal }) => ({
    body: await listRunViews(services, principal.tenant, query),
  })),
  'GET /v1/runs/{runId}': route(
    operations['GET /v1/runs/{runId}'],
    async (services, { params: { runId } }, { principal }) => ({
      body: await readRunView(services, principal.tenant, runId),
    }),
  ),
  'GET /v1/runs/{runId}/timeline': route(
    operations['GET /v1/runs/{runId}/timeline'],
    async (services, { params: { runId } }, { principal }) => ({
      body: await readRunTimeline(services, principal.tenant, runId),
    }),
  ),
  'POST /v1/runs/{runId}/pause': route(
    operations['POST /v1/runs/{runId}/pause'],
    async (services, { params: { runId } }, { principal }) => ({
      body: await runView(services, await pauseRun(services, principal, runId)),
    }),
  ),
  'POST /v1/runs/{runId}/resume': route(
    operations['POST /v1/runs/{runId}/resume'],
    async (services, { params: { runId } }, { principal }) => ({
      body: await runView(services, await resumeRun(services, principal, runId)),
    }),
  ),
  'POST /v1/runs/{runId}/stop': route(
    operations['POST /v1/runs/{runId}/stop'],
    async (services, { params: { runId }, body: { reason } }, { principal }) => ({
      body: await runView(services, await cancelRun(services, principal, runId, reason)),
    }),
  ),
  'POST /v1/runs/{runId}/cancel': route(
    operations['POST /v1/runs/{runId}/cancel'],
    async (services, { params: { runId }, body }, { principal }) => {
      const run = await cancelRun(services, principal, runId, body.reason ?? `Cancelled by ${principal.id}.`);
      return { body: await runView(services, run) };
    },
  ),
};

/** Routes of runs. */
export const createRunsHandler = (services: Services) => httpHandler<'runs'>(services, runRoutes);

export const handler = createRunsHandler(buildServices(enginePorts));
