import { evaluate } from '#adapters/expressions/evaluate.ts';
import { expressionsOn } from '#adapters/expressions/expressions.ts';
import { Retention } from '#core/contract/retention.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Events } from '#core/ports/events.ts';
import type { Executions } from '#core/ports/executions.ts';
import type { Expressions } from '#core/ports/expressions.ts';
import type { Log } from '#core/ports/log.ts';
import type { Payloads } from '#core/ports/payloads.ts';
import type { Queues } from '#core/ports/queues.ts';
import type { Randomness } from '#core/ports/randomness.ts';
import type { Schedules } from '#core/ports/schedules.ts';
import type { Secrets } from '#core/ports/secrets.ts';
import type { Sockets } from '#core/ports/sockets.ts';
import type { Tokens } from '#core/ports/tokens.ts';
import type { Vault } from '#core/ports/vault.ts';
import type { Table } from '#core/table/table.ts';
import { createInMemoryTable, type InMemoryTable } from './in-memory-table.ts';
import {
  createFixedSecrets,
  createFixedTokens,
  createInMemoryPayloads,
  createInMemoryVault,
  createRecordingEvents,
  createRecordingExecutions,
  createRecordingLog,
  createRecordingQueues,
  createRecordingSchedules,
  createRecordingSockets,
  createSeededRandomness,
  createVirtualClock,
  type FixedTokens,
  type InMemoryPayloads,
  type InMemoryVault,
  type RecordingEvents,
  type RecordingExecutions,
  type RecordingLog,
  type RecordingQueues,
  type RecordingSchedules,
  type RecordingSockets,
  type VirtualClock,
} from './recording-ports.ts';

/** What a use case reaches the world through. */
export interface Ports {
  readonly table: Table;
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
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly retention: Retention;
}

export interface TestPorts extends Ports {
  readonly table: InMemoryTable;
  readonly sockets: RecordingSockets;
  readonly queues: RecordingQueues;
  readonly executions: RecordingExecutions;
  readonly events: RecordingEvents;
  readonly payloads: InMemoryPayloads;
  readonly tokens: FixedTokens;
  readonly vault: InMemoryVault;
  readonly schedules: RecordingSchedules;
  readonly clock: VirtualClock;
  readonly log: RecordingLog;
}

const createTwins = (): TestPorts => ({
  table: createInMemoryTable(),
  sockets: createRecordingSockets(),
  queues: createRecordingQueues(),
  executions: createRecordingExecutions(),
  expressions: expressionsOn(evaluate),
  events: createRecordingEvents(),
  payloads: createInMemoryPayloads(),
  secrets: createFixedSecrets(),
  tokens: createFixedTokens(),
  vault: createInMemoryVault(),
  schedules: createRecordingSchedules(),
  clock: createVirtualClock(),
  randomness: createSeededRandomness(),
  log: createRecordingLog(),
  retention: Retention.parse({}),
});

/** Twins of every port, on one virtual clock; what is given replaces its twin. */
export function createTestPorts(): TestPorts;
export function createTestPorts<Overrides extends Partial<Ports>>(
  overrides: Overrides,
): Omit<TestPorts, keyof Overrides> & Overrides;
export function createTestPorts(overrides: Partial<Ports> = {}): Ports {
  return { ...createTwins(), ...overrides };
}
