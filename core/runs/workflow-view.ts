import type { TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import { WorkflowView } from '../contract/workflow.ts';
import type { Services } from '../services.ts';
import { newestVersion, readWorkflow, StoredWorkflow } from './workflow-store.ts';

/** A workflow version as people see it. */
export const workflowView = ({ name, version, definition, asked, choice, createdAt }: StoredWorkflow): WorkflowView =>
  WorkflowView.parse({ name, version, mode: definition.mode, definition: asked ?? definition, choice, createdAt });

/** A tenant's workflows by name, each in its newest version. */
export const listWorkflowViews = async (
  services: Services,
  tenant: TenantId,
  query: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: readonly WorkflowView[]; nextCursor?: string }> => {
  const page = await services.table.query({
    partition: indexKeys.listOf(tenant, 'WORKFLOWS'),
    index: 'list',
    limit: query.limit,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  const names = page.items.map((item) => String(item['listSort']));
  const items = await Promise.all(
    names.map(async (name) =>
      workflowView(await readWorkflow(services, tenant, name, await newestVersion(services, tenant, name))),
    ),
  );
  return { items, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};

/** The versions of a workflow, newest first. @throws NotFoundError when there is no such workflow. */
export const listVersionViews = async (
  services: Services,
  tenant: TenantId,
  name: string,
  query: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: readonly WorkflowView[]; nextCursor?: string }> => {
  await newestVersion(services, tenant, name);
  const page = await services.table.query({
    partition: keys.workflowNewest(tenant, name).pk,
    prefix: 'V#',
    descending: true,
    limit: query.limit,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  const items = page.items.map((item) => workflowView(StoredWorkflow.parse(item)));
  return { items, ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }) };
};
