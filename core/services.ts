import type { EnvironmentCache } from './common/environment-cache.ts';
import type { Retention } from './contract/retention.ts';
import type { Clock } from './ports/clock.ts';
import type { Events } from './ports/events.ts';
import type { Executions } from './ports/executions.ts';
import type { Expressions } from './ports/expressions.ts';
import type { Log } from './ports/log.ts';
import type { Payloads } from './ports/payloads.ts';
import type { Queues } from './ports/queues.ts';
import type { Randomness } from './ports/randomness.ts';
import type { Schedules } from './ports/schedules.ts';
import type { Secrets } from './ports/secrets.ts';
import type { Sockets } from './ports/sockets.ts';
import type { Tokens } from './ports/tokens.ts';
import type { Vault } from './ports/vault.ts';
import type { Table } from './table/table.ts';

/**
 * Everything outside the domain, built once per execution environment. A use case takes these and one request.
 * `cache` holds what an environment may remember for seconds; losing it costs reads, never correctness.
 */
export interface Services {
  readonly table: Table;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly sockets: Sockets;
  readonly queues: Queues;
  readonly executions: Executions;
  readonly expressions: Expressions;
  readonly events: Events;
  readonly payloads: Payloads;
  readonly secrets: Secrets;
  readonly tokens: Tokens;
  readonly vault: Vault;
  readonly schedules: Schedules;
  readonly log: Log;
  readonly cache: EnvironmentCache;
  readonly retention: Retention;
}
