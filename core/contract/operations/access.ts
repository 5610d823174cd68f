import * as z from 'zod';
import { CreatedKey, KeyRequest, KeyView, TicketRequest, TicketView } from '../access.ts';
import { NoQuery, type Operations, pageOf, pageQuery } from '../operation.ts';
import { CreatedTenant, TenantChange, TenantRequest, TenantView } from '../tenant.ts';

const params = z.object({ keyId: z.string().regex(/^[A-Za-z0-9-]{1,64}$/) });

/** Routes of credentials. */
export const accessOperations = {
  'POST /v1/keys': {
    repeat: 'keyed',
    summary: 'Make an API key',
    description:
      'The only answer that shows its secret. A key may be limited to some of its role’s scopes, and agents under it to the capabilities named.',
    input: z.object({ query: NoQuery, body: KeyRequest }),
    reply: { status: 201, body: CreatedKey },
    refuses: ['IDEMPOTENCY_MISMATCH'],
    example: {
      body: { name: 'review agents', role: 'agent', capabilities: ['code_review'], expiresInSeconds: 7_776_000 },
    },
  },
  'GET /v1/keys': {
    summary: 'List API keys, newest first',
    input: z.object({ query: z.strictObject(pageQuery) }),
    reply: { status: 200, body: pageOf(KeyView) },
  },
  'DELETE /v1/keys/{keyId}': {
    summary: 'Revoke an API key',
    description: 'Its sockets are closed; within 30 seconds everything of it is refused.',
    input: z.object({ params, query: NoQuery }),
    reply: { status: 204 },
  },
  'POST /v1/tenants': {
    repeat: 'keyed',
    summary: 'Make a tenant, with its first administrator’s key',
    description: 'For administrators of the home tenant. The key’s secret is shown once.',
    input: z.object({ query: NoQuery, body: TenantRequest }),
    reply: { status: 201, body: CreatedTenant },
    refuses: ['ALREADY_EXISTS', 'IDEMPOTENCY_MISMATCH'],
    example: { body: { tenant: 'acme', name: 'Acme', quotas: { requestsPerMinute: 6000, agents: 50 } } },
  },
  'GET /v1/tenants': {
    summary: 'List tenants: all for administrators of the home tenant, else the own one',
    input: z.object({ query: z.strictObject(pageQuery) }),
    reply: { status: 200, body: pageOf(TenantView) },
  },
  'GET /v1/tenants/{tenant}': {
    summary: 'Get a tenant with its quotas and what it uses',
    input: z.object({ params: z.object({ tenant: z.string().max(64) }), query: NoQuery }),
    reply: { status: 200, body: TenantView },
    isVersioned: true,
  },
  'PATCH /v1/tenants/{tenant}': {
    summary: 'Change a tenant’s name and quotas',
    description: 'Every environment goes by them within 30 seconds.',
    input: z.object({ params: z.object({ tenant: z.string().max(64) }), query: NoQuery, body: TenantChange }),
    reply: { status: 200, body: TenantView },
    isVersioned: true,
    refuses: ['PRECONDITION_FAILED'],
    example: { body: { quotas: { queuedTasks: 5000 } } },
  },
  'POST /v1/tickets': {
    repeat: 'fresh',
    summary: 'Make a ticket for one connection within a minute',
    description:
      'For browsers, which cannot send a header with a WebSocket: offer `protocols` as its subprotocols. Every request makes a new ticket.',
    input: z.object({ query: NoQuery, body: TicketRequest.default({}) }),
    reply: { status: 201, body: TicketView },
    example: { body: { role: 'viewer' } },
  },
} as const satisfies Operations<'access'>;
