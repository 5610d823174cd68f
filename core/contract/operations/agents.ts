import * as z from 'zod';
import { AgentDraft, AgentStatus, AgentStatusView, AgentUpdate, AgentView } from '../agent.ts';
import { Name } from '../ids.ts';
import { Json } from '../json.ts';
import { MailView } from '../messaging.ts';
import { NoQuery, type Operations, pageOf, pageQuery, QueryFlag, StopRequest } from '../operation.ts';
import { RegistryStats } from '../system.ts';

const params = z.object({ agentId: Name.describe('An agent, by its id or its name.') });
const One = z.object({ params, query: NoQuery });
const reply = { status: 200, body: AgentView } as const;

/** Routes of agents. */
export const agentOperations = {
  'GET /v1/agents': {
    summary: 'List agents',
    description: 'Least loaded first within a page, then by priority. Filters apply to each page.',
    input: z.object({
      query: z.strictObject({
        ...pageQuery,
        capability: Name.optional().describe('Only agents that have it.'),
        status: AgentStatus.optional(),
        available: QueryFlag.optional().describe('`true`: only agents that could take a task now.'),
      }),
    }),
    reply: { status: 200, body: pageOf(AgentView) },
    example: { query: { capability: 'code_review', available: 'true' } },
  },
  'POST /v1/agents': {
    summary: 'Make an agent ahead of its first connection',
    description:
      'It is `created` until a process registers under its name, which then owns it. The same request again is the agent that exists.',
    input: z.object({ query: NoQuery, body: AgentDraft }),
    reply: { status: 201, body: AgentView },
    refuses: ['ALREADY_EXISTS', 'AGENT_ID_TAKEN'],
    example: { body: { name: 'reviewer-2', type: 'reviewer', capabilities: ['code_review'] } },
  },
  'GET /v1/agents/stats': {
    summary: 'Count agents and how their tasks came out',
    input: z.object({ query: NoQuery }),
    reply: { status: 200, body: RegistryStats },
  },
  'POST /v1/agents/spawn': {
    summary: 'Start an agent',
    input: z.object({
      query: NoQuery,
      body: z.strictObject({
        type: Name,
        name: Name.optional(),
        config: z.record(z.string().max(128), Json).optional(),
      }),
    }),
    reply: { status: 201, body: AgentView },
    refuses: ['NEEDS_MANAGED_AGENTS'],
    isMissing: true,
    example: { body: { type: 'reviewer', name: 'reviewer-3', config: {} } },
  },
  'POST /v1/agents/scale': {
    summary: 'Change how many agents there are',
    input: z.object({
      query: NoQuery,
      body: z.strictObject({ count: z.int().min(0).max(1000), type: Name.optional() }),
    }),
    reply: { status: 200, body: RegistryStats },
    refuses: ['NEEDS_MANAGED_AGENTS'],
    isMissing: true,
    example: { body: { count: 5 } },
  },
  'POST /v1/agents/{agentId}/restart': {
    summary: 'Start an agent’s process anew',
    input: One,
    reply,
    refuses: ['NEEDS_MANAGED_AGENTS'],
    isMissing: true,
  },
  'GET /v1/agents/{agentId}/status': {
    summary: 'Get what an agent does now',
    input: One,
    reply: { status: 200, body: AgentStatusView },
  },
  'GET /v1/agents/{agentId}': {
    summary: 'Get an agent with its load and its performance by type of task',
    input: One,
    reply,
    isVersioned: true,
  },
  'GET /v1/agents/{agentId}/mail': {
    summary: 'List what waits in an agent’s mailbox, and what it never took',
    description:
      'Without the content. `expired`: nobody took it in time. `refused`: the mailbox was full when the message was spread. Both stay for a day.',
    input: z.object({ params, query: z.strictObject(pageQuery) }),
    reply: { status: 200, body: pageOf(MailView) },
    example: { query: { limit: '10' } },
  },
  'PATCH /v1/agents/{agentId}': {
    summary: 'Change what an agent can do, and whether and how much it takes',
    description: 'A lowered `maxConcurrency` binds new assignments only.',
    input: One.extend({ body: AgentUpdate }),
    reply,
    isVersioned: true,
    refuses: ['CONFLICT', 'PRECONDITION_FAILED', 'NOT_REGISTERED'],
    example: { body: { maxConcurrency: 8, labels: { region: 'eu' } } },
  },
  'DELETE /v1/agents/{agentId}': {
    summary: 'Remove an agent',
    description: 'Its socket is closed; what it works on goes elsewhere, as when it dies.',
    input: One,
    reply: { status: 204 },
  },
  'POST /v1/agents/{agentId}/pause': {
    summary: 'Give an agent nothing new until it is resumed',
    input: One,
    reply,
    refuses: ['NOT_REGISTERED', 'CONFLICT'],
  },
  'POST /v1/agents/{agentId}/resume': {
    summary: 'Give an agent work again',
    input: One,
    reply,
    refuses: ['NOT_REGISTERED', 'CONFLICT'],
  },
  'POST /v1/agents/{agentId}/drain': {
    summary: 'Let an agent finish what it has and take nothing new',
    input: One,
    reply,
    refuses: ['NOT_REGISTERED', 'CONFLICT'],
  },
  'POST /v1/agents/{agentId}/stop': {
    summary: 'Stop an agent at once',
    description:
      'Its socket is told why and closed, its tasks go elsewhere without counting as tries, and it cannot register until it is resumed.',
    input: One.extend({ body: StopRequest.prefault({}) }),
    reply,
    refuses: ['NOT_REGISTERED', 'CONFLICT'],
    example: { body: { reason: 'It deletes what it should review.' } },
  },
} as const satisfies Operations<'agents'>;
