import * as z from 'zod';
import { RunRequestedDetail, runRequestedType } from '#core/contract/event-types.ts';
import { Principal } from '#core/identity/principal.ts';
import { startRun } from '#core/runs/start-run.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { executionsPort, payloadsPort, tablePort } from '../runtime/ports.ts';
import { queueHandler } from '../runtime/queue-handler.ts';

/** A whole event, as the bus hands it to a queue. */
const RunRequested = z.looseObject({
  id: z.string().min(1),
  'detail-type': z.literal(runRequestedType),
  detail: RunRequestedDetail,
});

/** The event's id makes a second delivery the same request. */
const start = async (services: Services, { id, detail }: z.infer<typeof RunRequested>): Promise<void> => {
  const { tenant, ...request } = detail;
  const principal = Principal.parse({ tenant, id: `trigger:${runRequestedType}`, role: 'submitter' });
  const run = await startRun(services, { principal, request, idempotencyKey: `event:${id}` });
  services.log.info('run started by an event', { tenant, runId: run.runId, workflow: run.workflow });
};

/** Starts the run that an event on the bus asks for. */
export const createTriggerHandler = (services: Services) => queueHandler(services, RunRequested, start);

export const handler = createTriggerHandler(
  buildServices({
    table: tablePort,
    executions: executionsPort,
    payloads: payloadsPort,
  }),
);
