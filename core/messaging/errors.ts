import { limits } from '../contract/limits.ts';
import { AppError } from '../errors/app-error.ts';

/** As much mail waits for an agent as may; it is away, or does not acknowledge what it gets. */
export class MailboxFullError extends AppError {
  override readonly name = 'MailboxFullError';
  constructor(agent: string) {
    const limit = limits.mailPerMailbox;
    super('MAILBOX_FULL', `The mailbox of ${agent} is full: ${limit} frames wait in it. Try again later.`, {
      limit,
      retryAfterMs: 10_000,
    });
  }
}

/** A frame under a name that the same sender gave to other messages. */
export class FrameMismatchError extends AppError {
  override readonly name = 'FrameMismatchError';
  constructor() {
    super(
      'IDEMPOTENCY_MISMATCH',
      'This id was used for a frame of other messages. Send new messages under a new id; a repeat is the same frame.',
      { field: 'id' },
    );
  }
}

/** A group or topic whose list of roles does not have the caller's, or that a key for some capabilities does not reach. */
export class AudienceForbiddenError extends AppError {
  override readonly name = 'AudienceForbiddenError';
  constructor(field: string, what: string) {
    super('FORBIDDEN', `This credential may not ${what}.`, { field });
  }
}

/** More groups and topics than one agent may be in. */
export class TooManyMembershipsError extends AppError {
  override readonly name = 'TooManyMembershipsError';
  constructor() {
    const limit = limits.membershipsPerAgent;
    super('QUOTA_EXCEEDED', `An agent may be in ${limit} groups and topics, and is. Leave some.`, { limit });
  }
}
