import * as z from 'zod';
import { AuditRecord } from '../audit.ts';
import { NoQuery, type Operations, pageOf, pageQuery } from '../operation.ts';
import { TenantSettings } from '../settings.ts';

const Nothing = z.object({ query: NoQuery });

/** Routes of the system itself, and of what holds for a whole tenant. */
export const systemOperations = {
  'GET /v1/audit': {
    summary: 'List operators’ actions of one day, newest first',
    input: z.object({
      query: z.strictObject({ ...pageQuery, day: z.iso.date().optional().describe('In UTC; today when left out.') }),
    }),
    reply: { status: 200, body: pageOf(AuditRecord) },
    example: { query: { day: '2026-11-20' } },
  },
  'GET /v1/settings': {
    summary: 'Get the tenant’s settings',
    input: Nothing,
    reply: { status: 200, body: TenantSettings },
  },
  'PUT /v1/settings': {
    summary: 'Replace the tenant’s settings',
    description: 'Every environment goes by them within 30 seconds.',
    input: Nothing.extend({ body: TenantSettings }),
    reply: { status: 200, body: TenantSettings },
    example: { body: { defaultStrategy: 'least_loaded' } },
  },
  'GET /v1/system/health': {
    summary: 'Tell that the API answers, and its time',
    input: Nothing,
    reply: { status: 200, body: z.looseObject({ status: z.literal('ok'), time: z.number() }) },
  },
} as const satisfies Operations<'system'>;
