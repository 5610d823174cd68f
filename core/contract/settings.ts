import * as z from 'zod';
import { Strategy } from './task.ts';

/** What holds for all of a tenant's work unless a workflow or task says otherwise. */
export const TenantSettings = z.strictObject({
  /** How an agent is chosen. @default least_loaded */
  defaultStrategy: Strategy.optional(),
});
export type TenantSettings = z.infer<typeof TenantSettings>;
