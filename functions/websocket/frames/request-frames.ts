import { clientFrames } from '#core/contract/client-frames.ts';
import { raiseEscalation } from '#core/escalations/raise-escalation.ts';
import type { Asker } from '#core/requests/asker.ts';
import { requestCollaboration, requestResource } from '#core/requests/request-help.ts';
import type { Task } from '#core/tasks/task.ts';
import { type Frame, type FrameRoutes, frameRoute } from '../../runtime/frame.ts';

const askerOf = ({ connection, envelope }: Frame): Asker => ({
  principal: connection.principal,
  agentId: connection.agentId,
  connectionId: connection.connectionId,
  idempotencyKey: envelope.id,
  traceparent: envelope.traceparent,
});

const tell = ({ reply }: Frame, { taskId, status }: Task): Promise<void> => reply('task.submitted', { taskId, status });

/** What an agent asks of other agents and of people. The envelope's id makes a repeated request the same request. */
export const requestFrames: FrameRoutes<'collaboration.request' | 'resource.request' | 'escalation.raise'> = {
  'collaboration.request': frameRoute(clientFrames['collaboration.request'], async (services, frame, asked) =>
    tell(frame, await requestCollaboration(services, askerOf(frame), asked)),
  ),
  'resource.request': frameRoute(clientFrames['resource.request'], async (services, frame, asked) =>
    tell(frame, await requestResource(services, askerOf(frame), asked)),
  ),
  'escalation.raise': frameRoute(clientFrames['escalation.raise'], async (services, frame, asked) =>
    tell(frame, await raiseEscalation(services, askerOf(frame), asked)),
  ),
};
