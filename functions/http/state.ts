import { stateOperations as operations } from '#core/contract/operations/state.ts';
import type { Services } from '#core/services.ts';
import { changeState } from '#core/state/patch-state.ts';
import { stateView, viewState } from '#core/state/view-state.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { socketsPort, tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';

const stateRoutes: FamilyRoutes<'state'> = {
  'GET /v1/state/{scope}': route(
    operations['GET /v1/state/{scope}'],
    async (services, { params: { scope }, query }, { principal }) => {
      const { view, version } = await viewState(services, principal, scope, query);
      return { headers: { etag: `"${version}"` }, body: view };
    },
  ),
  'POST /v1/state': route(
    operations['POST /v1/state'],
    async (services, { body: patch }, { principal, idempotencyKey }) => ({
      body: stateView(patch.scope, await changeState(services, { principal, patchId: idempotencyKey, patch })),
    }),
  ),
};

/** Routes of shared state. */
export const createStateHandler = (services: Services) => httpHandler<'state'>(services, stateRoutes);

export const handler = createStateHandler(buildServices({ table: tablePort, sockets: socketsPort }));
