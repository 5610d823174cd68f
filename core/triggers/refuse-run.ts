import { recordAction } from '../audit/record-action.ts';
import { hashUuid } from '../common/hash-id.ts';
import { eventTypes } from '../contract/event-types.ts';
import type { StartedBy } from '../contract/workflow.ts';
import { AppError } from '../errors/app-error.ts';
import type { Principal } from '../identity/principal.ts';
import { publishEvent } from '../relay/lifecycle-event.ts';
import type { Services } from '../services.ts';
import { SystemStoppedError } from '../tenants/errors.ts';
import { requireNotStopped } from '../tenants/require-not-stopped.ts';

/** A run that was asked for by something that waits for no answer. */
export interface AskedRun {
  readonly principal: Principal;
  readonly startedBy: StartedBy;
  readonly workflow: string;
  readonly version?: number | undefined;
  /** When it was asked for; the same in every delivery. */
  readonly atMs: number;
}

const tell = async (services: Services, asked: AskedRun, { code, message }: AppError): Promise<void> => {
  const { principal, startedBy, workflow, version, atMs } = asked;
  const { tenant } = principal;
  const id = hashUuid('run refused', tenant, principal.id, startedBy.eventId ?? '');
  services.log.warn('run refused', { tenant, by: principal.id, workflow, errorCode: code, errorMessage: message });
  const on = { workflow, event: startedBy.eventId ?? '', code, message: message.slice(0, 200) };
  await recordAction(services, principal, { action: 'run.refused', on }, { atMs, id });
  await publishEvent(services, {
    type: eventTypes.runRefused,
    id,
    tenant,
    source: principal.id,
    coordinatorId: principal.id,
    timestamp: atMs,
    facts: { workflow, ...(version === undefined ? {} : { version }), startedBy, error: { code, message } },
  });
};

/** A stop may last for days: what was asked for meanwhile is not done when it ends, but told as refused. */
const isFinal = (error: AppError): boolean => !error.retryable || error instanceof SystemStoppedError;

/**
 * Starts a run that nobody waits for, unless the tenant is stopped. One that can never start, or not now, is told in the
 * tenant's audit and on the bus, once for all deliveries, in place of an answer; the message is then done with.
 * @throws whatever may come out differently at another try.
 */
export const startOrRefuse = async (
  services: Services,
  asked: AskedRun,
  start: () => Promise<unknown>,
): Promise<void> => {
  try {
    await requireNotStopped(services, asked.principal.tenant);
    await start();
  } catch (error) {
    if (!(error instanceof AppError) || !isFinal(error)) throw error;
    await tell(services, asked, error);
  }
};
