import * as z from 'zod';
import { AgentId, Name } from './ids.ts';
import { limits } from './limits.ts';
import { Role, Scope } from './roles.ts';

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** An API key as an administrator asks for it. */
export const KeyRequest = z.strictObject({
  name: z.string().min(1).max(128).describe('What people know it by; need not be unique.'),
  role: Role,
  scopes: z
    .array(Scope)
    .min(1)
    .max(Scope.options.length)
    .refine(distinct, 'names a scope twice')
    .optional()
    .describe('Only these of the role’s scopes; all of them when left out.'),
  capabilities: z
    .array(Name)
    .max(limits.capabilitiesPerAgent)
    .refine(distinct, 'names a capability twice')
    .optional()
    .describe('What agents under this key may say that they can do; anything when left out.'),
  expiresInSeconds: z.int().min(1).max(limits.keyLifeSeconds).optional().describe('It never ends when left out.'),
});
export type KeyRequest = z.infer<typeof KeyRequest>;

/** A key as the API answers it: nothing of its secret. Times are epoch milliseconds. */
export const KeyView = z.looseObject({
  keyId: z.string(),
  name: z.string(),
  role: Role,
  scopes: z.array(Scope).optional(),
  capabilities: z.array(Name).optional(),
  createdBy: z.string(),
  createdAt: z.number(),
  endsAt: z.number().optional(),
  revokedAt: z.number().optional(),
});
export type KeyView = z.infer<typeof KeyView>;

/** The answer to a new key: the only time that its secret is shown. */
export const CreatedKey = KeyView.extend({
  apiKey: z
    .string()
    .optional()
    .describe('`mst_<tenant>_<keyId>_<secret>`; absent when a repeat of the request finds the key that it made.'),
});
export type CreatedKey = z.infer<typeof CreatedKey>;

/** A ticket as a caller asks for it: never for more than the caller may do. */
export const TicketRequest = z.strictObject({
  role: Role.optional().describe('A lesser role than the caller’s.'),
  agentId: AgentId.optional().describe('The only agent for which the connection may speak.'),
});
export type TicketRequest = z.infer<typeof TicketRequest>;

/** Good for one connection within a minute: offer `protocols` as the subprotocols of the WebSocket. */
export const TicketView = z.looseObject({ ticket: z.string(), protocols: z.array(z.string()), endsAt: z.number() });
export type TicketView = z.infer<typeof TicketView>;
