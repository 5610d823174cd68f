import { AwsError } from '../contract.ts';

/** How long and how often a failing delivery is tried. */
export interface RetryLimits {
  readonly maximumAttempts: number;
  readonly maximumAgeMs: number;
}

/** AWS tries for 24 hours and up to 185 times unless told otherwise. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html */
const defaultLimits = { attempts: 185, ageSeconds: 86_400 };

/** Doubles from one second; the ceiling spreads 185 tries over the default day. */
const firstDelayMs = 1000;
const maximumDelayMs = 480_000;

export function retryLimits(policy: {
  readonly MaximumRetryAttempts?: number | undefined;
  readonly MaximumEventAgeInSeconds?: number | undefined;
}): RetryLimits {
  return {
    maximumAttempts: policy.MaximumRetryAttempts ?? defaultLimits.attempts,
    maximumAgeMs: (policy.MaximumEventAgeInSeconds ?? defaultLimits.ageSeconds) * 1000,
  };
}

/** The wait before retry number `retry` (1 is the first). */
export function retryDelayMs(retry: number): number {
  return Math.min(maximumDelayMs, firstDelayMs * 2 ** (retry - 1));
}

const deniedCodes = /AccessDenied|NotAuthorized|Unauthorized|InvalidSecurity|KmsAccessDenied/;
const missingCodes = /NotFound|NonExistent|DoesNotExist|NoSuch/;
const throttledCodes = /Throttl|TooManyRequests|RequestLimit|SlowDown|ProvisionedThroughput|LimitExceeded/;

/** A failure as EventBridge sees it: its dead-letter error code, and whether trying again may help. */
export interface DeliveryFailure {
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly isRetryable: boolean;
}

/**
 * EventBridge does not retry what cannot succeed: missing permissions, a target that does not exist, a bad request.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export function classifyFailure(error: unknown): DeliveryFailure {
  const errorMessage = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AwsError)) return { errorCode: 'INTERNAL_ERROR', errorMessage, isRetryable: true };
  if (deniedCodes.test(error.code)) return { errorCode: 'NO_PERMISSIONS', errorMessage, isRetryable: false };
  if (missingCodes.test(error.code)) return { errorCode: 'NO_RESOURCE', errorMessage, isRetryable: false };
  if (throttledCodes.test(error.code)) return { errorCode: 'THROTTLING', errorMessage, isRetryable: true };
  if (error.statusCode >= 500) return { errorCode: 'INTERNAL_ERROR', errorMessage, isRetryable: true };
  return { errorCode: 'SDK_CLIENT_ERROR', errorMessage, isRetryable: false };
}

/** Which limit a further try would cross, in the words of the dead-letter attribute. */
export function exhaustedCondition(
  limits: RetryLimits,
  failure: { readonly retries: number; readonly ageAtNextTryMs: number },
): 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | undefined {
  if (failure.retries >= limits.maximumAttempts) return 'MaximumRetryAttempts';
  return failure.ageAtNextTryMs > limits.maximumAgeMs ? 'MaximumEventAgeInSeconds' : undefined;
}

/** SQS message attributes of type String, leaving out what is undefined. */
export function stringAttributes(values: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]));
}
