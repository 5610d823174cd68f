import { AppError } from '../errors/app-error.ts';

/** The name is taken by a tenant that another request made. */
export class TenantExistsError extends AppError {
  override readonly name = 'TenantExistsError';
  constructor(tenant: string) {
    super('ALREADY_EXISTS', `There is a tenant ${tenant} already.`, { field: 'tenant' });
  }
}

/** More requests in this minute than the tenant's quota; others are not affected. */
export class RateLimitedError extends AppError {
  override readonly name = 'RateLimitedError';
  constructor(limit: number, retryAfterMs: number) {
    super('RATE_LIMITED', `This tenant may send ${limit} requests a minute. Try again in the next one.`, {
      limit,
      retryAfterMs,
    });
  }
}

/** More of something than the tenant's quota, by the last count. */
export class QuotaExceededError extends AppError {
  override readonly name = 'QuotaExceededError';
  constructor(what: string, limit: number, retryAfterMs: number) {
    super('QUOTA_EXCEEDED', `This tenant may have ${limit} ${what}, and has. Try again when there are fewer.`, {
      limit,
      retryAfterMs,
    });
  }
}

/** A payload larger than the tenant's quota. Unlike the other quotas nothing makes room for it: it is not retryable. */
export class PayloadQuotaError extends AppError {
  override readonly name = 'PayloadQuotaError';
  constructor(field: string, bytes: number, limit: number) {
    super('PAYLOAD_TOO_LARGE', `${field} has ${bytes} bytes; this tenant's quota is ${limit}.`, { field, limit });
  }
}

/** The tenant was stopped at once: nothing is taken, and nothing is at work. */
export class SystemStoppedError extends AppError {
  override readonly name = 'SystemStoppedError';
  constructor() {
    super(
      'SYSTEM_STOPPED',
      'The system was stopped and takes nothing. POST /v1/system/resume (muster system resume) lets it go on, and nothing else does.',
      {
        retryAfterMs: 60_000,
      },
    );
  }
}

/** The tenant is being shut down: what runs goes on, nothing new is taken. */
export class ShuttingDownError extends AppError {
  override readonly name = 'ShuttingDownError';
  constructor() {
    super(
      'SHUTTING_DOWN',
      'The system is shutting down and takes no new work. POST /v1/system/initialize opens it again.',
      {
        retryAfterMs: 60_000,
      },
    );
  }
}
