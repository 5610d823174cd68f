import { AppError } from '../errors/app-error.ts';

/** Somebody else's replica, be it another agent of the same credential: no credential would change that. */
export class OthersReplicaError extends AppError {
  override readonly name = 'OthersReplicaError';
  constructor(replica: string) {
    super('FORBIDDEN', `The replica ${replica} is another writer’s. Join the scope to be given one of your own.`, {
      field: 'replica',
    });
  }
}

/**
 * A replica of which nothing is known here any more, or not yet: whether its numbers were counted before cannot be told.
 * It takes a new name by `state.pull` with `join`.
 */
export class StaleReplicaError extends AppError {
  override readonly name = 'StaleReplicaError';
  constructor(replica: string) {
    super('STALE_REPLICA', `The replica ${replica} was silent for too long. Join anew, and number changes from 1.`, {
      field: 'replica',
    });
  }
}

/** A change was numbered as if others had come before it, which have not. */
export class MissingChangeError extends AppError {
  override readonly name = 'MissingChangeError';
  constructor(field: string, expected: number) {
    super('CONFLICT', `${field}: change ${expected} of this replica has not come yet. Send it first.`, { field });
  }
}

/** A role that a rule of the tenant keeps from a scope, or a scope that nobody may write. */
export class ScopeDeniedError extends AppError {
  override readonly name = 'ScopeDeniedError';
  constructor(scope: string, what: 'read' | 'written') {
    super('FORBIDDEN', `The scope ${scope} may not be ${what} by this role.`, { field: 'scope' });
  }
}

/** One name too many in a scope. Never retryable: names stay. */
export class ScopeFullError extends AppError {
  override readonly name = 'ScopeFullError';
  constructor(scope: string, limit: number) {
    super('PAYLOAD_TOO_LARGE', `The scope ${scope} has ${limit} names already. Use another scope, or keys of a map.`, {
      field: 'scope',
      limit,
    });
  }
}
