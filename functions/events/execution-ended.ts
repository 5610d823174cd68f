import * as z from 'zod';
import { RunId, TenantId } from '#core/contract/ids.ts';
import { readJson } from '#core/contract/json.ts';
import { executionEnded } from '#core/runs/execution-ended.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { eventHandler } from '../runtime/event-handler.ts';
import { enginePorts } from '../runtime/ports.ts';

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const ExecutionEnded = z.looseObject({
  detail: z.looseObject({
    executionArn: z.string(),
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    /** The execution's input as text; left out by the service when the event would grow too large. */
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

const ExecutionInput = z.looseObject({ tenant: TenantId, runId: RunId });

/** Whose run it was cannot be told; the sweep finds the run by looking at its execution. */
class UnnamedRunError extends Error {
  override readonly name = 'UnnamedRunError';
}

const close = async (services: Services, { detail }: z.infer<typeof ExecutionEnded>): Promise<void> => {
  const input = ExecutionInput.safeParse(readJson(detail.input ?? ''));
  if (!input.success) throw new UnnamedRunError(`The input of ${detail.executionArn} names no run.`);
  const { status, error, cause } = detail;
  const { tenant, runId } = input.data;
  await executionEnded(services, { tenant, runId, status, error: error ?? undefined, cause: cause ?? undefined });
};

/** Closes the run of an execution that ended without its state machine's last word. */
export const createExecutionEndedHandler = (services: Services) => eventHandler(services, ExecutionEnded, close);

export const handler = createExecutionEndedHandler(buildServices(enginePorts));
