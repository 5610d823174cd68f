import * as z from 'zod';
import { listAgentViews, readAgentView } from '#core/agents/agent-view.ts';
import { removeAgent } from '#core/agents/remove-agent.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { AgentStatus, AgentUpdate } from '#core/contract/agent.ts';
import { AgentId, Name } from '#core/contract/ids.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import type { HttpReply } from '../runtime/http-reply.ts';
import { payloadsPort, queuesPort, socketsPort, tablePort } from '../runtime/ports.ts';
import { type Caller, type FamilyRoutes, NoQuery, pageQuery, route } from '../runtime/route.ts';

const params = z.object({ agentId: AgentId });
const One = z.object({ params, query: NoQuery });
const Change = z.object({ params, query: NoQuery, body: AgentUpdate });
const List = z.object({
  query: z.strictObject({
    ...pageQuery,
    capability: Name.optional(),
    status: AgentStatus.optional(),
    available: z
      .enum(['true', 'false'])
      .transform((text) => text === 'true')
      .optional(),
  }),
});

const change = async (
  services: Services,
  agentId: AgentId,
  update: AgentUpdate,
  caller: Caller,
): Promise<HttpReply> => {
  const { tenant } = caller.principal;
  await updateAgent(services, { tenant, agentId }, update);
  return { status: 200, body: await readAgentView(services, tenant, agentId) };
};

const changeTo = (update: AgentUpdate) =>
  route(One, (services, input, caller) => change(services, input.params.agentId, update, caller));

const agentRoutes: FamilyRoutes<'agents'> = {
  'GET /v1/agents': route(List, async (services, { query }, { principal }) => ({
    status: 200,
    body: await listAgentViews(services, principal.tenant, query),
  })),
  'GET /v1/agents/{agentId}': route(One, async (services, { params: { agentId } }, { principal }) => ({
    status: 200,
    body: await readAgentView(services, principal.tenant, agentId),
  })),
  'PATCH /v1/agents/{agentId}': route(Change, (services, input, caller) =>
    change(services, input.params.agentId, input.body, caller),
  ),
  'DELETE /v1/agents/{agentId}': route(One, async (services, { params: { agentId } }, { principal }) => {
    await removeAgent(services, principal, agentId);
    return { status: 204 };
  }),
  'POST /v1/agents/{agentId}/pause': changeTo({ state: 'paused' }),
  'POST /v1/agents/{agentId}/resume': changeTo({ state: 'idle', status: 'active' }),
  'POST /v1/agents/{agentId}/drain': changeTo({ status: 'draining' }),
};

/** Routes of agents. */
export const createAgentsHandler = (services: Services) => httpHandler<'agents'>(services, agentRoutes);

export const handler = createAgentsHandler(
  buildServices({ table: tablePort, queues: queuesPort, sockets: socketsPort, payloads: payloadsPort }),
);
