import * as z from 'zod';
import { Requirements } from './task.ts';
import { TenantState } from './tenant.ts';

/** `get_registry_stats()`: the fleet in four figures, and how its work came out. */
export const RegistryStats = z.looseObject({
  total: z.int(),
  available: z.int().describe('Connected, with room.'),
  busy: z.int().describe('Connected, with all slots taken.'),
  offline: z.int().describe('Not connected, or silent.'),
  paused: z.int().describe('Connected, but taking nothing: paused, draining or inactive.'),
  slots: z.looseObject({ total: z.int(), free: z.int() }),
  tasks: z.looseObject({
    inFlight: z.int(),
    ended: z.int().describe('Attempts that agents ended.'),
    succeeded: z.int(),
    completionRate: z.number().optional().describe('Of the attempts begun, the share that has ended.'),
    successRate: z.number().optional().describe('Of the attempts that ended, the share that succeeded.'),
  }),
  byType: z.record(z.string(), z.looseObject({ ended: z.int(), succeeded: z.int(), successRate: z.number() })),
  isComplete: z.boolean().describe('`false`: there are more agents than were looked at.'),
});
export type RegistryStats = z.infer<typeof RegistryStats>;

/** How the system stands for a tenant. */
export const SystemStatus = z.looseObject({
  state: TenantState,
  agents: RegistryStats,
  queued: z.int().describe('Tasks that wait for an agent.'),
  openRuns: z.int().optional().describe('As the sweep counted last.'),
  countedAt: z.number().optional(),
  debugUntil: z.number().optional(),
});
export type SystemStatus = z.infer<typeof SystemStatus>;

/** What an emergency stop, or its end, came to. */
export const Stopped = z.looseObject({
  state: TenantState,
  agents: z.int().describe('Agents that were stopped, or may come back.'),
});
export type Stopped = z.infer<typeof Stopped>;

/** What is left after a shutdown began: call again until nothing is. */
export const Remainder = z.looseObject({
  state: TenantState,
  isDone: z.boolean(),
  agents: z.looseObject({ draining: z.int(), working: z.int() }),
  tasks: z.looseObject({ inFlight: z.int(), queued: z.int() }),
  openRuns: z.int(),
});
export type Remainder = z.infer<typeof Remainder>;

/** What opening the system for work came to. */
export const Initialized = z.looseObject({
  state: TenantState,
  resumedAgents: z.int(),
  checks: z.record(z.string(), z.enum(['ok', 'failing'])),
});
export type Initialized = z.infer<typeof Initialized>;

/** What went wrong, counted over the newest dead letters. */
export const ErrorStats = z.looseObject({
  total: z.int(),
  isComplete: z.boolean(),
  since: z.number().optional().describe('When the oldest that was counted ended.'),
  byCode: z.record(z.string(), z.int()),
  byType: z.record(z.string(), z.int()),
  byAgent: z.record(z.string(), z.int()),
});
export type ErrorStats = z.infer<typeof ErrorStats>;

/** Debug mode of a tenant. */
export const DebugMode = z.looseObject({ enabled: z.boolean(), until: z.number().optional() });
export type DebugMode = z.infer<typeof DebugMode>;

/** What waits, and for what. */
export const QueueStatus = z.looseObject({
  queued: z.int(),
  isExact: z.boolean(),
  inFlight: z.int(),
  kinds: z.array(
    z.looseObject({
      type: z.string().optional(),
      requirements: Requirements,
      queued: z.int(),
      firstTurnAt: z.number().optional(),
    }),
  ),
});
export type QueueStatus = z.infer<typeof QueueStatus>;

/** What clearing did. */
export const Cleared = z.looseObject({
  agents: z.int().describe('Agents whose claims were looked at.'),
  repaired: z.int().describe('Claims that were freed or tasks that were taken back.'),
  ended: z.int().describe('Queued tasks that were past their deadline.'),
  cancelled: z.int().describe('Queued tasks that no registered agent could ever have.'),
});
export type Cleared = z.infer<typeof Cleared>;
