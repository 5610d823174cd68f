import { triggerOperations as operations } from '#core/contract/operations/triggers.ts';
import type { Services } from '#core/services.ts';
import { putTrigger, removeTrigger } from '#core/triggers/put-trigger.ts';
import { listTriggers, readTrigger, triggerView } from '#core/triggers/trigger.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { schedulesPort, tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';

const triggerRoutes: FamilyRoutes<'triggers'> = {
  'POST /v1/triggers': route(operations['POST /v1/triggers'], async (services, { body }, { principal }) => ({
    body: await putTrigger(services, principal, body),
  })),
  'GET /v1/triggers': route(operations['GET /v1/triggers'], async (services, { query }, { principal }) => ({
    body: await listTriggers(services, principal.tenant, query),
  })),
  'GET /v1/triggers/{name}': route(
    operations['GET /v1/triggers/{name}'],
    async (services, { params: { name } }, { principal }) => ({
      body: triggerView(await readTrigger(services, principal.tenant, name), services.clock.now()),
    }),
  ),
  'DELETE /v1/triggers/{name}': route(
    operations['DELETE /v1/triggers/{name}'],
    async (services, { params: { name } }, { principal }) => {
      await removeTrigger(services, principal, name);
      return {};
    },
  ),
};

/** Routes of triggers. */
export const createTriggersHandler = (services: Services) => httpHandler<'triggers'>(services, triggerRoutes);

export const handler = createTriggersHandler(buildServices({ table: tablePort, schedules: schedulesPort }));
