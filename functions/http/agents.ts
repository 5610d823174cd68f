import type * as z from 'zod';
import { agentStatus, listAgentViews, readAgentView } from '#core/agents/agent-view.ts';
import { createAgent } from '#core/agents/create-agent.ts';
import { NeedsManagedAgentsError } from '#core/agents/errors.ts';
import { findAgent, resolveAgent } from '#core/agents/find-agent.ts';
import { registryStats } from '#core/agents/registry-stats.ts';
import { removeAgent } from '#core/agents/remove-agent.ts';
import { stopAgent } from '#core/agents/stop-agent.ts';
import { updateAgent, updateAgentVersion } from '#core/agents/update-agent.ts';
import type { AgentUpdate, AgentView } from '#core/contract/agent.ts';
import type { AgentId, Name } from '#core/contract/ids.ts';
import type { Operation } from '#core/contract/operation.ts';
import { agentOperations as operations } from '#core/contract/operations/agents.ts';
import { listMail } from '#core/messaging/mailbox.ts';
import type { Services } from '#core/services.ts';
import { buildServices } from '../runtime/build-services.ts';
import { httpHandler } from '../runtime/http-handler.ts';
import type { HttpReply } from '../runtime/http-reply.ts';
import { payloadsPort, queuesPort, socketsPort, tablePort } from '../runtime/ports.ts';
import { type Caller, type FamilyRoutes, type HttpRoute, route } from '../runtime/route.ts';

const shown = (agent: AgentView): HttpReply => ({ headers: { etag: `"${agent.version}"` }, body: agent });

type OfAgent = z.ZodObject<{ params: z.ZodObject<{ agentId: typeof Name }>; query: z.ZodObject; body?: z.ZodType }>;

/** A route of one agent, which is called by its id or its name. */
const agentRoute = <Input extends OfAgent>(
  operation: Pick<Operation, 'reply' | 'repeat'> & { readonly input: Input },
  handle: (services: Services, agentId: AgentId, input: z.output<Input>, caller: Caller) => Promise<HttpReply>,
): HttpRoute =>
  route(operation, async (services, input, caller) => {
    const agentId = await resolveAgent(services, caller.principal.tenant, input.params.agentId);
    return handle(services, agentId, input, caller);
  });

const change = async (
  services: Services,
  agentId: AgentId,
  update: AgentUpdate,
  caller: Caller,
): Promise<HttpReply> => {
  const { tenant } = caller.principal;
  if (caller.ifMatch === undefined) await updateAgent(services, { tenant, agentId }, update);
  else await updateAgentVersion(services, { tenant, agentId }, update, caller.ifMatch);
  return shown(await readAgentView(services, tenant, agentId));
};

const changeTo = (key: `POST /v1/agents/{agentId}/${'pause' | 'resume' | 'drain'}`, update: AgentUpdate) =>
  agentRoute(operations[key], (services, agentId, _input, caller) => change(services, agentId, update, caller));

const agentRoutes: FamilyRoutes<'agents'> = {
  'GET /v1/agents': route(operations['GET /v1/agents'], async (services, { query }, { principal }) => ({
    body: await listAgentViews(services, principal.tenant, query),
  })),
  'POST /v1/agents': route(operations['POST /v1/agents'], async (services, { body }, { principal }) => ({
    body: await createAgent(services, principal, body),
  })),
  'GET /v1/agents/stats': route(operations['GET /v1/agents/stats'], async (services, _input, { principal }) => ({
    body: await registryStats(services, principal.tenant),
  })),
  'POST /v1/agents/spawn': route(operations['POST /v1/agents/spawn'], async () => {
    throw new NeedsManagedAgentsError('Starting an agent');
  }),
  'POST /v1/agents/scale': route(operations['POST /v1/agents/scale'], async () => {
    throw new NeedsManagedAgentsError('Scaling');
  }),
  'POST /v1/agents/{agentId}/restart': agentRoute(
    operations['POST /v1/agents/{agentId}/restart'],
    async (services, agentId, _input, { principal }) => {
      await readAgentView(services, principal.tenant, agentId);
      throw new NeedsManagedAgentsError('Restarting an agent');
    },
  ),
  'GET /v1/agents/{agentId}/status': agentRoute(
    operations['GET /v1/agents/{agentId}/status'],
    async (services, agentId, _input, { principal }) => ({
      body: agentStatus(await readAgentView(services, principal.tenant, agentId)),
    }),
  ),
  'GET /v1/agents/{agentId}': agentRoute(
    operations['GET /v1/agents/{agentId}'],
    async (services, agentId, _input, { principal }) => shown(await readAgentView(services, principal.tenant, agentId)),
  ),
  'GET /v1/agents/{agentId}/mail': route(
    operations['GET /v1/agents/{agentId}/mail'],
    async (services, { params, query: { cursor, limit } }, { principal: { tenant } }) => {
      const agentId = await findAgent(services, tenant, params.agentId);
      return { body: await listMail(services, { tenant, agentId, after: cursor }, limit) };
    },
  ),
  'PATCH /v1/agents/{agentId}': agentRoute(
    operations['PATCH /v1/agents/{agentId}'],
    (services, agentId, { body }, caller) => change(services, agentId, body, caller),
  ),
  'DELETE /v1/agents/{agentId}': agentRoute(
    operations['DELETE /v1/agents/{agentId}'],
    async (services, agentId, _input, { principal }) => {
      await removeAgent(services, principal, agentId);
      return {};
    },
  ),
  'POST /v1/agents/{agentId}/pause': changeTo('POST /v1/agents/{agentId}/pause', { state: 'paused' }),
  'POST /v1/agents/{agentId}/resume': changeTo('POST /v1/agents/{agentId}/resume', {
    state: 'idle',
    status: 'active',
  }),
  'POST /v1/agents/{agentId}/stop': agentRoute(
    operations['POST /v1/agents/{agentId}/stop'],
    async (services, agentId, { body: { reason } }, { principal: { tenant } }) => {
      await stopAgent(services, tenant, agentId, { reason, by: 'agent' });
      return shown(await readAgentView(services, tenant, agentId));
    },
  ),
  'POST /v1/agents/{agentId}/drain': changeTo('POST /v1/agents/{agentId}/drain', { status: 'draining' }),
};

/** Routes of agents. */
export const createAgentsHandler = (services: Services) => httpHandler<'agents'>(services, agentRoutes);

export const handler = createAgentsHandler(
  buildServices({ table: tablePort, queues: queuesPort, sockets: socketsPort, payloads: payloadsPort }),
);
