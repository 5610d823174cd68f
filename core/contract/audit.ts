import * as z from 'zod';

/** One operator's action as the API answers it. `on` names items, never their content. */
export const AuditRecord = z.looseObject({
  at: z.number(),
  principal: z.string(),
  role: z.string(),
  action: z.string(),
  on: z.record(z.string(), z.string()),
  reason: z.string().optional().describe('Why, as the operator gave it.'),
});
export type AuditRecord = z.infer<typeof AuditRecord>;
