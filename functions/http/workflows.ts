import * as z from 'zod';
import { Name } from '#core/contract/ids.ts';
import { WorkflowDefinition } from '#core/contract/workflow.ts';
import { newestVersion, putWorkflow, readWorkflow } from '#core/runs/workflow-store.ts';
import { listWorkflowViews, workflowView } from '#core/runs/workflow-view.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, NoQuery, pageQuery, route } from '../runtime/route.ts';

const One = z.object({ params: z.object({ name: Name }), query: NoQuery });
const Version = z.object({
  params: z.object({ name: Name, version: z.coerce.number().int().positive().max(999_999) }),
  query: NoQuery,
});
const Put = z.object({ query: NoQuery, body: WorkflowDefinition });
const List = z.object({ query: z.strictObject(pageQuery) });

const workflowRoutes: FamilyRoutes<'workflows'> = {
  'POST /v1/workflows': route(Put, async (services, { body }, { principal }) => ({
    status: 201,
    body: workflowView(await putWorkflow(services, principal.tenant, body)),
  })),
  'GET /v1/workflows': route(List, async (services, { query }, { principal }) => ({
    status: 200,
    body: await listWorkflowViews(services, principal.tenant, query),
  })),
  'GET /v1/workflows/{name}': route(One, async (services, { params: { name } }, { principal: { tenant } }) => ({
    status: 200,
    body: workflowView(await readWorkflow(services, tenant, name, await newestVersion(services, tenant, name))),
  })),
  'GET /v1/workflows/{name}/versions/{version}': route(Version, async (services, { params }, { principal }) => ({
    status: 200,
    body: workflowView(await readWorkflow(services, principal.tenant, params.name, params.version)),
  })),
};

/** Routes of workflow definitions. */
export const createWorkflowsHandler = (services: Services) => httpHandler<'workflows'>(services, workflowRoutes);

export const handler = createWorkflowsHandler(buildServices({ table: tablePort }));
