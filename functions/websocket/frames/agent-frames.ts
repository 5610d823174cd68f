import { heartbeat } from '#core/agents/heartbeat.ts';
import { readSlots } from '#core/agents/read-agent.ts';
import { agentIdOf, registerAgent } from '#core/agents/register-agent.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { clientFrames } from '#core/contract/client-frames.ts';
import { limits, timings } from '#core/contract/limits.ts';
import { requireCapabilities } from '#core/identity/principal.ts';
import { admitAgent } from '#core/tenants/admission.ts';
import { type FrameRoutes, frameRoute, speakerOf } from '../../runtime/frame.ts';

const { frameBytes, inlinePayloadBytes, payloadBytes } = limits;

/** What an agent says of itself. */
export const agentFrames: FrameRoutes<'agent.register' | 'agent.update' | 'agent.heartbeat'> = {
  'agent.register': frameRoute(
    clientFrames['agent.register'],
    async (services, { envelope, connection, reply }, registration) => {
      const { tenant } = connection.principal;
      const agentId = agentIdOf(connection.principal, registration);
      await admitAgent(
        services,
        tenant,
        async () => (await readSlots(services, tenant, agentId))?.connection !== undefined,
      );
      await registerAgent(
        services,
        {
          principal: connection.principal,
          connectionId: connection.connectionId,
          seq: envelope.seq,
          registration,
        },
        ({ agentId, epoch }) =>
          reply('agent.registered', {
            agentId,
            epoch,
            heartbeatMs: timings.heartbeatMs,
            limits: { frameBytes, inlinePayloadBytes, payloadBytes },
          }),
      );
    },
  ),
  'agent.update': frameRoute(clientFrames['agent.update'], async (services, frame, update) => {
    const { principal, connectionId } = frame.connection;
    requireCapabilities(principal, update.capabilities);
    await updateAgent(services, speakerOf(frame), update, { connection: connectionId, seq: frame.envelope.seq });
  }),
  'agent.heartbeat': frameRoute(clientFrames['agent.heartbeat'], (services, frame, said) =>
    heartbeat(services, speakerOf(frame), frame.connection.connectionId, said),
  ),
};
