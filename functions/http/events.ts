import { setTimeout as wait } from 'node:timers/promises';
import type { EventPage } from '#core/contract/event-log.ts';
import { eventOperations as operations } from '#core/contract/operations/events.ts';
import { followLog, type Subject } from '#core/event-log/follow-log.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import { tablePort } from '../runtime/ports.ts';
import { type FamilyRoutes, route } from '../runtime/route.ts';

type Pause = (ms: number) => Promise<void>;

interface Asked {
  readonly principal: Principal;
  readonly query: { readonly cursor: number; readonly limit: number; readonly waitSeconds: number };
}

const follow = (
  services: Services,
  pause: Pause,
  subject: Subject,
  { principal, query }: Asked,
): Promise<EventPage> => {
  const { cursor, limit, waitSeconds } = query;
  const untilMs = services.clock.now() + waitSeconds * 1000;
  return followLog(services, principal, subject, { query: { cursor, limit, untilMs }, pause });
};

const eventRoutes = (pause: Pause): FamilyRoutes<'events'> => ({
  'GET /v1/tasks/{taskId}/events': route(
    operations['GET /v1/tasks/{taskId}/events'],
    async (services, { params: { taskId }, query }, { principal }) => ({
      body: await follow(services, pause, { taskId }, { principal, query }),
    }),
  ),
  'GET /v1/runs/{runId}/events': route(
    operations['GET /v1/runs/{runId}/events'],
    async (services, { params: { runId }, query }, { principal }) => ({
      body: await follow(services, pause, { runId }, { principal, query }),
    }),
  ),
});

/** Long polls. `pause` is how a request waits for more. */
export const createEventsHandler = (services: Services, pause: Pause = (ms) => wait(ms)) =>
  httpHandler<'events'>(services, eventRoutes(pause));

export const handler = createEventsHandler(buildServices({ table: tablePort }));
