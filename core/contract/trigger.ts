import * as z from 'zod';
import { Name, TenantId } from './ids.ts';
import { Json } from './json.ts';

/**
 * When a schedule fires: `rate(5 minutes)`, `cron(0 8 ? * MON-FRI *)` or `at(2026-12-01T08:00:00)`, as EventBridge
 * Scheduler reads them, in a time zone of the IANA database (UTC when left out).
 */
export const TriggerSchedule = z.strictObject({
  expression: z
    .string()
    .max(256)
    .regex(/^(rate|cron|at)\(.+\)$/, 'must be rate(…), cron(…) or at(…)'),
  timeZone: z.string().min(1).max(50).default('UTC'),
});
export type TriggerSchedule = z.infer<typeof TriggerSchedule>;

/** A trigger as `POST /v1/triggers` takes it: events that match its pattern, or a schedule, start a workflow. */
export const TriggerDefinition = z
  .strictObject({
    name: Name,
    workflow: Name,
    /** @default the newest version now; the trigger stays with it */
    version: z.int().positive().optional(),
    /** An event pattern of EventBridge. */
    eventPattern: z.record(z.string(), Json).optional(),
    schedule: TriggerSchedule.optional(),
    /** Template of the run's input; paths begin with `event`. @default the event's detail, or nothing */
    inputTemplate: Json.optional(),
    enabled: z.boolean().default(true),
  })
  .refine(({ eventPattern, schedule }) => (eventPattern === undefined) !== (schedule === undefined), {
    message: 'needs exactly one of eventPattern and schedule',
    path: ['eventPattern'],
  });
export type TriggerDefinition = z.infer<typeof TriggerDefinition>;
/** A trigger as its author writes it. */
export type TriggerDefinitionInput = z.input<typeof TriggerDefinition>;

/** A trigger as the API answers it. Times are epoch milliseconds. */
export const TriggerView = z.looseObject({
  name: z.string(),
  workflow: z.string(),
  version: z.int(),
  eventPattern: z.record(z.string(), Json).optional(),
  schedule: TriggerSchedule.optional(),
  inputTemplate: Json.optional(),
  enabled: z.boolean(),
  /** Its only time, an `at(…)`, has come: it starts no run any more. Absent otherwise. */
  ended: z.boolean().optional(),
  createdAt: z.number(),
});
export type TriggerView = z.infer<typeof TriggerView>;

/** On the triggers queue: an event of the bus as EventBridge hands it on. */
export const BusEvent = z.looseObject({
  id: z.string().min(1).max(256),
  source: z.string(),
  'detail-type': z.string(),
  time: z.string().optional(),
  detail: z.record(z.string(), Json),
});
export type BusEvent = z.infer<typeof BusEvent>;

/** On the triggers queue: a rule of the stack has matched an event, for a workflow that it names itself. */
export const RuleMatched = z.looseObject({
  kind: z.literal('rule'),
  rule: Name,
  tenant: TenantId,
  workflow: Name,
  version: z.int().positive().optional(),
  inputTemplate: Json.optional(),
  event: BusEvent,
});
export type RuleMatched = z.infer<typeof RuleMatched>;

/** On the triggers queue: the time of a schedule has come. `id` is the same for every delivery of one time. */
export const ScheduleDue = z.looseObject({
  kind: z.literal('schedule'),
  tenant: TenantId,
  trigger: Name,
  id: z.string().min(1).max(256),
  time: z.string(),
});
export type ScheduleDue = z.infer<typeof ScheduleDue>;
