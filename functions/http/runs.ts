import * as z from 'zod';
import { RunId } from '#core/contract/ids.ts';
import { RunRequest, RunStatus } from '#core/contract/workflow.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { listRunViews, readRunView, runView } from '#core/runs/run-view.ts';
import { startRun } from '#core/runs/start-run.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { enginePorts } from '../runtime/ports.ts';
import { type FamilyRoutes, NoQuery, pageQuery, route } from '../runtime/route.ts';

const params = z.object({ runId: RunId });
const One = z.object({ params, query: NoQuery });
const Start = z.object({ query: NoQuery, body: RunRequest });
const List = z.object({ query: z.strictObject({ ...pageQuery, status: RunStatus.optional() }) });
const Cancel = z.object({
  params,
  query: NoQuery,
  body: z.strictObject({ reason: z.string().min(1).max(1024).optional() }).default({}),
});

const runRoutes: FamilyRoutes<'runs'> = {
  'POST /v1/runs': route(Start, async (services, { body }, caller) => ({
    status: 201,
    body: await runView(services, await startRun(services, { ...caller, request: body })),
  })),
  'GET /v1/runs': route(List, async (services, { query }, { principal }) => ({
    status: 200,
    body: await listRunViews(services, principal.tenant, query),
  })),
  'GET /v1/runs/{runId}': route(One, async (services, { params: { runId } }, { principal }) => ({
    status: 200,
    body: await readRunView(services, principal.tenant, runId),
  })),
  'POST /v1/runs/{runId}/cancel': route(Cancel, async (services, { params: { runId }, body }, { principal }) => {
    const run = await cancelRun(services, principal, runId, body.reason ?? `Cancelled by ${principal.id}.`);
    return { status: 200, body: await runView(services, run) };
  }),
};

/** Routes of runs. */
export const createRunsHandler = (services: Services) => httpHandler<'runs'>(services, runRoutes);

export const handler = createRunsHandler(buildServices(enginePorts));
