import * as z from 'zod';
import { AuditRecord } from '../audit.ts';
import { openMetricsMediaType } from '../open-metrics.ts';
import { NoQuery, type Operations, pageOf, pageQuery, StopRequest } from '../operation.ts';
import { TenantSettings } from '../settings.ts';
import { DebugMode, ErrorStats, Initialized, Remainder, Stopped, SystemStatus } from '../system.ts';

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
  'GET /v1/system/status': {
    summary: 'Tell how the system stands: whether it takes work, agents, what waits',
    input: Nothing,
    reply: { status: 200, body: SystemStatus },
  },
  'GET /v1/system/errors': {
    summary: 'Count what went wrong, by code, type of task and agent',
    input: Nothing,
    reply: { status: 200, body: ErrorStats },
  },
  'GET /v1/system/metrics': {
    summary: 'Tell the tenant’s metrics as OpenMetrics',
    description: 'For a scraper such as Prometheus, with an API key as its bearer token. See docs/operations.md.',
    input: Nothing,
    reply: { status: 200, body: z.string(), mediaType: openMetricsMediaType },
  },
  'POST /v1/system/initialize': {
    summary: 'Open the system for work, new or after a shutdown',
    description:
      'Agents that are draining take work again. Refused while an emergency stop holds: `POST /v1/system/resume` ends that.',
    input: Nothing,
    reply: { status: 200, body: Initialized },
    refuses: ['SYSTEM_STOPPED'],
  },
  'POST /v1/system/shutdown': {
    summary: 'Shut down gracefully: take nothing new, drain all agents, tell what is left',
    description:
      'Call it again until `isDone`. It concerns the caller’s tenant. Refused while an emergency stop holds.',
    input: Nothing,
    reply: { status: 200, body: Remainder },
    refuses: ['SYSTEM_STOPPED'],
  },
  'POST /v1/system/stop': {
    summary: 'Stop everything at once: take nothing, assign nothing, stop all agents',
    description:
      'Once it has answered nothing is assigned, no agent registers, and no task or run is taken. What was at work waits until the system is resumed, or its deadline. It concerns the caller’s tenant.',
    input: Nothing.extend({ body: StopRequest.prefault({}) }),
    reply: { status: 200, body: Stopped },
    example: { body: { reason: 'The agents run amok.' } },
  },
  'POST /v1/system/resume': {
    summary: 'End an emergency stop: work is taken again, and agents may come back',
    input: Nothing,
    reply: { status: 200, body: Stopped },
  },
  'GET /v1/system/debug': {
    summary: 'Tell whether debug mode is on',
    input: Nothing,
    reply: { status: 200, body: DebugMode },
  },
  'PUT /v1/system/debug': {
    summary: 'Turn debug mode on for a time, or off',
    description: 'While it is on, every request and frame of the tenant is logged with its answer’s code and its time.',
    input: Nothing.extend({
      body: z
        .strictObject({
          enabled: z.boolean().default(true),
          minutes: z.int().min(1).max(1440).default(60),
        })
        .prefault({}),
    }),
    reply: { status: 200, body: DebugMode },
    example: { body: { enabled: true, minutes: 30 } },
  },
  'GET /v1/system/health': {
    summary: 'Tell that the API answers, and its time',
    input: Nothing,
    reply: { status: 200, body: z.looseObject({ status: z.literal('ok'), time: z.number() }) },
  },
} as const satisfies Operations<'system'>;
