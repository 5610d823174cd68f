import * as z from 'zod';
import { RunRequestedDetail, runRequestedType } from '#core/contract/run-requested.ts';
import { BusEvent, RuleMatched, ScheduleDue } from '#core/contract/trigger.ts';
import { Principal } from '#core/identity/principal.ts';
import { startRun } from '#core/runs/start-run.ts';
import type { Services } from '#core/services.ts';
import { fireRule, fireSchedule, fireTriggers, timeOf } from '#core/triggers/fire-triggers.ts';
import { startOrRefuse } from '#core/triggers/refuse-run.ts';
import { buildServices } from '../runtime/build-services.ts';
import { eventsPort, executionsPort, payloadsPort, tablePort } from '../runtime/ports.ts';
import { parseMessage, queueHandler } from '../runtime/queue-handler.ts';

/** A whole event that asks for a run by name. */
const RunRequested = BusEvent.extend({ detail: RunRequestedDetail });

/** Tells the messages of the queue apart: those that say what they are, and events of the bus. */
const Message = z.looseObject({ kind: z.string().optional(), 'detail-type': z.string().optional() });

/** The event's id makes a second delivery the same request. */
const startRequested = async (services: Services, event: z.infer<typeof RunRequested>): Promise<void> => {
  const { id, detail } = event;
  const { tenant, traceparent, ...request } = detail;
  const principal = Principal.parse({ tenant, id: `trigger:${runRequestedType}`, role: 'submitter' });
  const startedBy = { kind: 'event', name: runRequestedType, eventId: id } as const;
  const { workflow, version } = request;
  await startOrRefuse(
    services,
    { principal, startedBy, workflow, version, atMs: timeOf(services, event) },
    async () => {
      const idempotencyKey = `event:${id}`;
      const run = await startRun(services, { principal, request, idempotencyKey, startedBy, traceparent });
      services.log.info('run started by an event', { tenant, runId: run.runId, workflow: run.workflow });
    },
  );
};

const start = async (services: Services, message: z.infer<typeof Message>): Promise<void> => {
  if (message.kind === 'rule') return fireRule(services, parseMessage(RuleMatched, message));
  if (message.kind === 'schedule') return fireSchedule(services, parseMessage(ScheduleDue, message));
  if (message['detail-type'] === runRequestedType) return startRequested(services, parseMessage(RunRequested, message));
  return fireTriggers(services, parseMessage(BusEvent, message));
};

/** Starts the runs that events on the bus, rules of the stack, and schedules ask for. */
export const createTriggerHandler = (services: Services) => queueHandler(services, Message, start);

export const handler = createTriggerHandler(
  buildServices({
    table: tablePort,
    events: eventsPort,
    executions: executionsPort,
    payloads: payloadsPort,
  }),
);
