import { isDeepStrictEqual } from 'node:util';
import { compilePattern } from '#event-pattern/compile-pattern.ts';
import { InvalidEventPatternError } from '#event-pattern/invalid-event-pattern-error.ts';
import type { TenantId } from '../contract/ids.ts';
import type { Json } from '../contract/json.ts';
import { jsonBytes } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { limits } from '../contract/limits.ts';
import type { TriggerDefinition } from '../contract/trigger.ts';
import { malformedIn, pathsIn, sayMalformed } from '../coordination/template.ts';
import { AppError } from '../errors/app-error.ts';
import { InvalidFieldError, PayloadTooLargeError } from '../errors/errors.ts';
import type { Principal } from '../identity/principal.ts';
import { newestVersion, readWorkflow } from '../runs/workflow-store.ts';
import type { Services } from '../services.ts';
import { checkSchedule } from './check-schedule.ts';
import { allTriggers, readTrigger, type Trigger, triggerView } from './trigger.ts';

/** More triggers than one event may be matched with. */
class TooManyTriggersError extends AppError {
  override readonly name = 'TooManyTriggersError';
  constructor() {
    super(
      'QUOTA_EXCEEDED',
      `A tenant has at most ${limits.triggersPerTenant} triggers. Remove one that is not needed.`,
      {
        limit: limits.triggersPerTenant,
      },
    );
  }
}

const checkPattern = (pattern: Readonly<Record<string, Json>>): void => {
  try {
    compilePattern(JSON.stringify(pattern));
  } catch (error) {
    if (error instanceof InvalidEventPatternError) throw new InvalidFieldError('eventPattern', error.message);
    throw error;
  }
};

const checkTemplate = (template: Json): void => {
  const malformed = malformedIn(template);
  if (malformed !== undefined) throw new InvalidFieldError('inputTemplate', sayMalformed(malformed));
  const wrong = pathsIn(template).find(([root]) => root !== 'event');
  if (wrong !== undefined)
    throw new InvalidFieldError('inputTemplate', `"{{ ${wrong.join('.')} }}" must begin with event.`);
};

/**
 * Writes a trigger and brings its schedule in step. Another schedule than before is made first, asleep: the scheduler may
 * still refuse it, and then nothing has changed. It wakes after the trigger is written, so that a time which comes at once
 * finds its trigger. Whatever a crash leaves is what the request asked for after it was sent again.
 */
const store = async (services: Services, tenant: TenantId, trigger: Trigger, former?: Trigger): Promise<void> => {
  const { name, schedule, enabled } = trigger;
  const isNew = schedule !== undefined && !isDeepStrictEqual(schedule, former?.schedule);
  if (isNew) await services.schedules.put({ tenant, trigger: name, schedule, enabled: false });
  await services.table.put({ key: keys.trigger(tenant, name), item: { ...trigger }, clauses: {} });
  if (schedule === undefined) await services.schedules.remove(tenant, name);
  else if (enabled || !isNew) await services.schedules.put({ tenant, trigger: name, schedule, enabled });
};

/**
 * Stores a trigger in place of one of the same name. It is pinned to a version of its workflow. Repeatable. A refused one
 * changes nothing: the former trigger stays, with its schedule.
 *
 * @throws NotFoundError for an unknown workflow or version, InvalidFieldError for a pattern, template or schedule that is
 * none (with the reason), PayloadTooLargeError, TooManyTriggersError.
 */
export const putTrigger = async (
  services: Services,
  { tenant }: Principal,
  definition: TriggerDefinition,
): Promise<Trigger> => {
  const bytes = jsonBytes(definition);
  if (bytes > limits.triggerBytes) throw new PayloadTooLargeError('trigger', bytes, limits.triggerBytes);
  if (definition.eventPattern !== undefined) checkPattern(definition.eventPattern);
  if (definition.schedule !== undefined) checkSchedule(definition.schedule);
  if (definition.inputTemplate !== undefined) checkTemplate(definition.inputTemplate);
  const version = definition.version ?? (await newestVersion(services, tenant, definition.workflow));
  await readWorkflow(services, tenant, definition.workflow, version);
  const known = await allTriggers(services, tenant);
  const former = known.find(({ name }) => name === definition.name);
  if (former === undefined && known.length >= limits.triggersPerTenant) throw new TooManyTriggersError();
  const trigger: Trigger = { ...definition, version, createdAt: services.clock.now() };
  await store(services, tenant, trigger, former);
  return triggerView(trigger, services.clock.now());
};

/** Removes a trigger and its schedule. Repeatable until it is gone. @throws NotFoundError when there is none. */
export const removeTrigger = async (services: Services, { tenant }: Principal, name: string): Promise<void> => {
  const trigger = await readTrigger(services, tenant, name);
  if (trigger.schedule !== undefined) await services.schedules.remove(tenant, name);
  await services.table.remove({ key: keys.trigger(tenant, name), clauses: {} });
};
