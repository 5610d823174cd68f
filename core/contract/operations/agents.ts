import * as z from 'zod';
import { AgentStatus, AgentUpdate, AgentView } from '../agent.ts';
import { AgentId, Name } from '../ids.ts';
import { NoQuery, type Operations, pageOf, pageQuery, QueryFlag } from '../operation.ts';

const One = z.object({ params: z.object({ agentId: AgentId }), query: NoQuery });
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
  'GET /v1/agents/{agentId}': {
    summary: 'Get an agent with its load and its performance by type of task',
    input: One,
    reply,
    isVersioned: true,
  },
  'PATCH /v1/agents/{agentId}': {
    summary: 'Change what an agent can do, and whether and how much it takes',
    description: 'A lowered `maxConcurrency` binds new assignments only.',
    input: One.extend({ body: AgentUpdate }),
    reply,
    isVersioned: true,
    refuses: ['CONFLICT', 'PRECONDITION_FAILED'],
    example: { body: { maxConcurrency: 8, labels: { region: 'eu' } } },
  },
  'DELETE /v1/agents/{agentId}': {
    summary: 'Remove an agent',
    description: 'Its socket is closed; what it works on goes elsewhere, as when it dies.',
    input: One,
    reply: { status: 204 },
  },
  'POST /v1/agents/{agentId}/pause': { summary: 'Give an agent nothing new until it is resumed', input: One, reply },
  'POST /v1/agents/{agentId}/resume': { summary: 'Give an agent work again', input: One, reply },
  'POST /v1/agents/{agentId}/drain': {
    summary: 'Let an agent finish what it has and take nothing new',
    input: One,
    reply,
  },
} as const satisfies Operations<'agents'>;
