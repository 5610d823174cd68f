import { AwsError } from '../contract.ts';
import type { GatewayContext } from './spec.ts';

/** How a call to a function ended, as far as the gateway tells cases apart. */
export type IntegrationOutcome =
  | { readonly kind: 'answered'; readonly payload: unknown }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'timedOut' };

async function callFunction(context: GatewayContext, functionArn: string, event: unknown): Promise<IntegrationOutcome> {
  try {
    const result = await context.invoke.invoke(functionArn, event);
    if (result.functionError !== undefined) return { kind: 'failed', reason: result.functionError };
    return { kind: 'answered', payload: result.payload };
  } catch (error) {
    if (error instanceof AwsError && error.code === 'TooManyRequestsException') return { kind: 'throttled' };
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Calls a function and gives up after `timeoutMs`. Never throws. The function itself is not stopped, as on AWS. */
export async function invokeIntegration(
  context: GatewayContext,
  target: { readonly functionArn: string; readonly timeoutMs: number },
  event: unknown,
): Promise<IntegrationOutcome> {
  const { promise: timedOut, resolve } = Promise.withResolvers<IntegrationOutcome>();
  const cancel = context.clock.after(target.timeoutMs, () => resolve({ kind: 'timedOut' }));
  try {
    return await Promise.race([callFunction(context, target.functionArn, event), timedOut]);
  } finally {
    cancel();
  }
}
