import { workflowOperations as operations } from '#core/contract/operations/workflows.ts';
import { dryRun } from '#core/dry-run/dry-run.ts';
import { newestVersion, putWorkflow, readWorkflow } from '#core/runs/workflow-store.ts';
import { listVersionViews, listWorkflowViews, workflowView } from '#core/runs/workflow-view.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { expressionsPort } from '../runtime/expressions-port.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';

const workflowRoutes: FamilyRoutes<'workflows'> = {
  'POST /v1/workflows': route(operations['POST /v1/workflows'], async (services, { query, body }, { principal }) =>
    query.dryRun === true
      ? { status: 200, changesNothing: true, body: await dryRun(services, principal.tenant, body) }
      : { body: workflowView(await putWorkflow(services, principal.tenant, body)) },
  ),
  'GET /v1/workflows/{name}/versions': route(
    operations['GET /v1/workflows/{name}/versions'],
    async (services, { params: { name }, query }, { principal }) => ({
      body: await listVersionViews(services, principal.tenant, name, query),
    }),
  ),
  'GET /v1/workflows': route(operations['GET /v1/workflows'], async (services, { query }, { principal }) => ({
    body: await listWorkflowViews(services, principal.tenant, query),
  })),
  'GET /v1/workflows/{name}': route(
    operations['GET /v1/workflows/{name}'],
    async (services, { params: { name } }, { principal: { tenant } }) => ({
      body: workflowView(await readWorkflow(services, tenant, name, await newestVersion(services, tenant, name))),
    }),
  ),
  'GET /v1/workflows/{name}/versions/{version}': route(
    operations['GET /v1/workflows/{name}/versions/{version}'],
    async (services, { params }, { principal }) => ({
      body: workflowView(await readWorkflow(services, principal.tenant, params.name, params.version)),
    }),
  ),
};

/** Routes of workflow definitions. */
export const createWorkflowsHandler = (services: Services) => httpHandler<'workflows'>(services, workflowRoutes);

export const handler = createWorkflowsHandler(buildServices({ table: tablePort, expressions: expressionsPort }));
