import * as z from 'zod';
import type { CompiledPattern } from '#event-pattern/compile-pattern.ts';
import { flattenEvent } from '#event-pattern/flatten-event.ts';
import { matchEvent } from '#event-pattern/match-event.ts';
import { TenantId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { Traceparent } from '../contract/traceparent.ts';
import type { BusEvent, RuleMatched, ScheduleDue } from '../contract/trigger.ts';
import type { StartedBy } from '../contract/workflow.ts';
import { fillTemplate } from '../coordination/template.ts';
import { Principal } from '../identity/principal.ts';
import { startRun } from '../runs/start-run.ts';
import type { Services } from '../services.ts';
import { IdempotencyMismatchError } from '../tasks/errors.ts';
import { startOrRefuse } from './refuse-run.ts';
import { rememberedPattern } from './remembered-pattern.ts';
import { allTriggers, Trigger } from './trigger.ts';

/** How long an environment remembers a tenant's triggers. */
const triggersCacheMs = 10_000;
const defaultTenant = TenantId.parse('default');

/** Whose event it is: the tenant that its detail names, else the one that every deployment begins with. */
const tenantOf = ({ detail }: BusEvent): TenantId => {
  const named = TenantId.safeParse(detail['tenant']);
  return named.success ? named.data : defaultTenant;
};

/** The trace that an event says it belongs to, in its detail. */
const traceOfEvent = ({ detail }: BusEvent): Traceparent | undefined =>
  Traceparent.safeParse(detail['traceparent']).data;

interface Start {
  readonly tenant: TenantId;
  readonly startedBy: StartedBy;
  readonly event: BusEvent;
  readonly workflow: string;
  readonly version: number | undefined;
  readonly input: Json;
  readonly traceparent?: Traceparent | undefined;
}

/** Starts a run for an event, once for each trigger and event id. */
const start = async (services: Services, request: Start): Promise<void> => {
  const { tenant, startedBy, event, workflow, version, input, traceparent } = request;
  const { kind, name } = startedBy;
  // With the event's id it names the run.
  const id = kind === 'rule' ? `trigger:rule:${name}` : `trigger:${name}`;
  const principal = Principal.parse({ tenant, id, role: 'submitter' });
  const asked = { principal, startedBy, workflow, version, atMs: timeOf(services, event) };
  await startOrRefuse(services, asked, async () => {
    try {
      const run = await startRun(services, {
        principal,
        request: { workflow, version, input },
        idempotencyKey: `event:${event.id}`,
        startedBy,
        traceparent,
      });
      services.log.info('run started by a trigger', { tenant, runId: run.runId, workflow });
    } catch (error) {
      // The trigger was replaced between two deliveries of the event: the first one counts.
      if (!(error instanceof IdempotencyMismatchError)) throw error;
    }
  });
};

/** When an event happened, by its own word. */
export const timeOf = (services: Services, { time }: Pick<BusEvent, 'time'>): number => {
  const atMs = Date.parse(time ?? '');
  return Number.isFinite(atMs) ? atMs : services.clock.now();
};

const scopeOf = (event: BusEvent): Json => Json.parse({ event: { ...event, detailType: event['detail-type'] } });

const inputFor = (template: Json | undefined, event: BusEvent): Json =>
  template === undefined ? event.detail : fillTemplate(template, scopeOf(event));

const Remembered = z.array(Trigger);

/** A tenant's triggers for events, compiled; what changed within the last seconds may be missing. */
const compiledTriggers = async (
  services: Services,
  tenant: TenantId,
): Promise<readonly { readonly trigger: Trigger; readonly pattern: CompiledPattern }[]> => {
  const nowMs = services.clock.now();
  const cacheKey = `triggers:${tenant}`;
  const remembered = Remembered.safeParse(services.cache.get(cacheKey, nowMs));
  const triggers = remembered.success ? remembered.data : await allTriggers(services, tenant);
  if (!remembered.success) services.cache.set(cacheKey, triggers, nowMs + triggersCacheMs);
  return triggers.flatMap((trigger) =>
    trigger.eventPattern === undefined || !trigger.enabled
      ? []
      : [{ trigger, pattern: rememberedPattern(trigger.eventPattern) }],
  );
};

/**
 * Starts a run for each of the tenant's triggers that an event matches, exactly once for each trigger and event id. One that
 * cannot start does not keep the others from it.
 * @throws what the first of those threw.
 */
export const fireTriggers = async (services: Services, event: BusEvent): Promise<void> => {
  const tenant = tenantOf(event);
  const flat = flattenEvent(JSON.stringify(event));
  const matching = (await compiledTriggers(services, tenant)).filter(({ pattern }) => matchEvent(pattern, flat));
  const started = await Promise.allSettled(
    matching.map(({ trigger }) =>
      start(services, {
        tenant,
        startedBy: { kind: 'trigger', name: trigger.name, eventId: event.id },
        event,
        workflow: trigger.workflow,
        version: trigger.version,
        input: inputFor(trigger.inputTemplate, event),
        traceparent: traceOfEvent(event),
      }),
    ),
  );
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};

/** Starts the run that a rule of the stack asks for: it has matched, and names tenant and workflow itself. */
export const fireRule = async (services: Services, matched: RuleMatched): Promise<void> => {
  const { rule, tenant, workflow, version, inputTemplate, event } = matched;
  const input = inputFor(inputTemplate, event);
  const traceparent = traceOfEvent(event);
  const startedBy = { kind: 'rule', name: rule, eventId: event.id } as const;
  await start(services, { tenant, startedBy, event, workflow, version, input, traceparent });
};

/** Starts the run of a schedule's time, once. A trigger that is gone, disabled, or has no schedule any more starts none. */
export const fireSchedule = async (services: Services, due: ScheduleDue): Promise<void> => {
  const { tenant, trigger: name, id, time } = due;
  const item = await services.table.get(keys.trigger(tenant, name), { consistent: true });
  if (item === undefined) return;
  const trigger = Trigger.parse(item);
  if (trigger.schedule === undefined || !trigger.enabled) return;
  const event: BusEvent = { id, source: 'schedule', 'detail-type': 'ScheduleDue', time, detail: { time } };
  const input = inputFor(trigger.inputTemplate, event);
  const { workflow, version } = trigger;
  const startedBy = { kind: 'schedule', name, eventId: id } as const;
  await start(services, { tenant, startedBy, event, workflow, version, input });
};
