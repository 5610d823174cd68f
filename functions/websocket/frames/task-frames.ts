import { clientFrames } from '#core/contract/client-frames.ts';
import { isTerminal } from '#core/contract/task.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { submitAdmitted } from '#core/tenants/admission.ts';
import { type FrameRoutes, frameRoute } from '../../runtime/frame.ts';

/**
 * What a client asks of tasks. The envelope's id makes a repeated submit the same submit. A client that is content with
 * the end (`ack: false`) saves a message, unless the end has already been, or is told to another connection.
 */
export const taskFrames: FrameRoutes<'task.submit' | 'task.cancel'> = {
  'task.submit': frameRoute(
    clientFrames['task.submit'],
    async (services, { envelope, connection, reply }, { task: submission, parentTask }) => {
      const { principal, connectionId } = connection;
      const task = await submitAdmitted(services, {
        principal,
        submission,
        idempotencyKey: envelope.id,
        connectionId,
        parentTask,
        traceparent: envelope.traceparent,
      });
      const { taskId, status, submitter } = task;
      const hearsOfEnd = submitter.connectionId === connectionId && !isTerminal(status);
      if (envelope.ack !== false || !hearsOfEnd) await reply('task.submitted', { taskId, status });
    },
  ),
  'task.cancel': frameRoute(
    clientFrames['task.cancel'],
    (services, { connection: { principal } }, { taskId, reason }) =>
      cancelTask(services, principal, taskId, reason ?? `Cancelled by ${principal.id}.`),
  ),
};
