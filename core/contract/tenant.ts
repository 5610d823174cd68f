import * as z from 'zod';
import { CreatedKey } from './access.ts';
import { TenantId } from './ids.ts';
import { limits } from './limits.ts';

const { quotas } = limits;

/** What a tenant may have and do. */
export const Quotas = z.strictObject({
  agents: z.int().min(1).max(100_000).default(quotas.agents).describe('Agents that are connected.'),
  queuedTasks: z.int().min(1).max(10_000_000).default(quotas.queuedTasks).describe('Tasks that wait for an agent.'),
  openRuns: z.int().min(1).max(1_000_000).default(quotas.openRuns).describe('Runs that have not ended.'),
  requestsPerMinute: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(quotas.requestsPerMinute)
    .describe('Requests and frames, but for what agents say of their work.'),
  payloadBytes: z
    .int()
    .min(1024)
    .max(limits.payloadBytes)
    .default(limits.payloadBytes)
    .describe('The largest payload.'),
  delegationDepth: z
    .int()
    .min(0)
    .max(100)
    .default(quotas.delegationDepth)
    .describe('How deep tasks may lie that agents submit under tasks.'),
  childrenPerTask: z
    .int()
    .min(0)
    .max(1000)
    .default(quotas.childrenPerTask)
    .describe('Tasks that agents may submit under one task.'),
});
export type Quotas = z.infer<typeof Quotas>;

/** A tenant as the installation's administrator makes it. */
export const TenantRequest = z.strictObject({
  tenant: TenantId,
  name: z.string().min(1).max(128).optional(),
  quotas: Quotas.prefault({}),
});
export type TenantRequest = z.infer<typeof TenantRequest>;

/** What may be changed of a tenant; a quota that is left out stays. */
export const TenantChange = z.strictObject({
  name: z.string().min(1).max(128).optional(),
  quotas: z
    .strictObject({
      agents: Quotas.shape.agents.unwrap().optional(),
      queuedTasks: Quotas.shape.queuedTasks.unwrap().optional(),
      openRuns: Quotas.shape.openRuns.unwrap().optional(),
      requestsPerMinute: Quotas.shape.requestsPerMinute.unwrap().optional(),
      payloadBytes: Quotas.shape.payloadBytes.unwrap().optional(),
      delegationDepth: Quotas.shape.delegationDepth.unwrap().optional(),
      childrenPerTask: Quotas.shape.childrenPerTask.unwrap().optional(),
    })
    .optional(),
});
export type TenantChange = z.infer<typeof TenantChange>;

/** Whether a tenant's work is taken. */
export const TenantState = z.enum(['open', 'shutting_down', 'stopped']);

/** What the sweep counted last. */
export const Usage = z.looseObject({
  agents: z.int(),
  queuedTasks: z.int(),
  openRuns: z.int(),
  at: z.number().describe('When it was counted.'),
});
export type Usage = z.infer<typeof Usage>;

/** A tenant as the API answers it. */
export const TenantView = z.looseObject({
  tenant: TenantId,
  name: z.string().optional(),
  state: TenantState,
  quotas: z.looseObject(Quotas.shape),
  usage: Usage.optional(),
  createdAt: z.number().optional(),
  version: z.string(),
});
export type TenantView = z.infer<typeof TenantView>;

/** The answer to a new tenant, with the key of its first administrator. */
export const CreatedTenant = TenantView.extend({ key: CreatedKey });
export type CreatedTenant = z.infer<typeof CreatedTenant>;
