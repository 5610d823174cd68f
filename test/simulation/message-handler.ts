import { NotRegisteredError } from '#core/agents/errors.ts';
import { heartbeat, released } from '#core/agents/heartbeat.ts';
import { registerAgent } from '#core/agents/register-agent.ts';
import { updateAgent } from '#core/agents/update-agent.ts';
import { type ClientFrameType, clientFrames } from '#core/contract/client-frames.ts';
import { limits, timings } from '#core/contract/limits.ts';
import { frameScopes, type Scope } from '#core/contract/roles.ts';
import { AppError } from '#core/errors/app-error.ts';
import { raiseEscalation } from '#core/escalations/raise-escalation.ts';
import { handOffTask } from '#core/handoff/hand-off-task.ts';
import { UnauthenticatedError } from '#core/identity/authenticate.ts';
import { type Connection, loadConnection } from '#core/identity/connection.ts';
import { requireLive } from '#core/identity/require-live.ts';
import { prepareUpload } from '#core/payloads/prepare-upload.ts';
import type { Asker } from '#core/requests/asker.ts';
import { requestCollaboration, requestResource } from '#core/requests/request-help.ts';
import { releaseSecret } from '#core/secrets/release-secret.ts';
import type { Services } from '#core/services.ts';
import { cancelTask } from '#core/tasks/cancel-task.ts';
import { completeTask, type Speaker } from '#core/tasks/complete-task.ts';
import { failTask, rejectTask } from '#core/tasks/fail-task.ts';
import { acceptTask, progressTask } from '#core/tasks/note-progress.ts';
import { submitTask } from '#core/tasks/submit-task.ts';
import { waitForChildren } from '#core/tasks/wait-for-children.ts';
import { takeToken } from '#core/tenants/take-token.ts';
import { encodeFrame } from '#core/watch/push-frame.ts';
import { unwatch, watch } from '#core/watch/watch-topic.ts';
import { messageHandlers } from './messages/message-frames.ts';

/** A frame as a client sends it. */
export interface ClientEnvelope {
  readonly type: ClientFrameType;
  readonly id: string;
  readonly seq: number;
  readonly payload: unknown;
}

type Handler = (services: Services, connection: Connection, envelope: ClientEnvelope) => Promise<void>;

const speakerOf = (connection: Connection): Speaker => {
  if (connection.agentId === undefined) throw new NotRegisteredError();
  return { tenant: connection.principal.tenant, agentId: connection.agentId };
};

const post = async (services: Services, connectionId: string, frame: string): Promise<void> => {
  await services.sockets.post(connectionId, frame);
};

const askerOf = ({ principal, agentId, connectionId }: Connection, { id: idempotencyKey }: ClientEnvelope): Asker => ({
  principal,
  agentId,
  connectionId,
  idempotencyKey,
});

const handlers: Readonly<Partial<Record<ClientFrameType, Handler>>> = {
  'agent.register': (services, { connectionId, principal }, { payload, seq }) => {
    const registration = clientFrames['agent.register'].parse(payload);
    return registerAgent(services, { principal, connectionId, seq, registration }, (slots) =>
      post(
        services,
        connectionId,
        encodeFrame(services, 'agent.registered', {
          agentId: slots.agentId,
          epoch: slots.epoch,
          heartbeatMs: timings.heartbeatMs,
          limits: {
            frameBytes: limits.frameBytes,
            inlinePayloadBytes: limits.inlinePayloadBytes,
            payloadBytes: limits.payloadBytes,
          },
        }),
      ),
    );
  },
  'agent.update': async (services, connection, { payload, seq }) => {
    const update = clientFrames['agent.update'].parse(payload);
    await updateAgent(services, speakerOf(connection), update, { connection: connection.connectionId, seq });
  },
  'agent.heartbeat': (services, connection, { payload }) =>
    heartbeat(services, speakerOf(connection), connection.connectionId, clientFrames['agent.heartbeat'].parse(payload)),
  'task.accept': (services, connection, { payload }) =>
    acceptTask(services, speakerOf(connection), clientFrames['task.accept'].parse(payload)),
  'task.reject': (services, connection, { payload }) =>
    rejectTask(services, speakerOf(connection), clientFrames['task.reject'].parse(payload)),
  'task.progress': (services, connection, { payload }) =>
    progressTask(services, speakerOf(connection), clientFrames['task.progress'].parse(payload)),
  'task.result': (services, connection, { payload }) =>
    completeTask(services, speakerOf(connection), clientFrames['task.result'].parse(payload)),
  'task.fail': (services, connection, { payload }) =>
    failTask(services, speakerOf(connection), clientFrames['task.fail'].parse(payload)),
  'task.handoff': (services, connection, { payload }) =>
    handOffTask(services, speakerOf(connection), clientFrames['task.handoff'].parse(payload)),
  'task.wait': (services, connection, { payload }) =>
    waitForChildren(services, speakerOf(connection), clientFrames['task.wait'].parse(payload)),
  'task.released': (services, connection, { payload }) =>
    released(services, speakerOf(connection), clientFrames['task.released'].parse(payload)),
  'task.submit': async (services, { principal, connectionId }, { payload, id }) => {
    const { task: submission, parentTask } = clientFrames['task.submit'].parse(payload);
    const task = await submitTask(services, { principal, submission, idempotencyKey: id, connectionId, parentTask });
    const frame = { taskId: task.taskId, status: task.status };
    await post(services, connectionId, encodeFrame(services, 'task.submitted', frame, { correlationId: id }));
  },
  'task.cancel': async (services, { principal }, { payload }) => {
    const { taskId, reason } = clientFrames['task.cancel'].parse(payload);
    await cancelTask(services, principal, taskId, reason ?? 'cancelled');
  },
  'collaboration.request': async (services, connection, envelope) => {
    const asked = clientFrames['collaboration.request'].parse(envelope.payload);
    await requestCollaboration(services, askerOf(connection, envelope), asked);
  },
  'resource.request': async (services, connection, envelope) => {
    const asked = clientFrames['resource.request'].parse(envelope.payload);
    await requestResource(services, askerOf(connection, envelope), asked);
  },
  'escalation.raise': async (services, connection, envelope) => {
    const asked = clientFrames['escalation.raise'].parse(envelope.payload);
    await raiseEscalation(services, askerOf(connection, envelope), asked);
  },
  'secret.get': async (services, connection, { payload, id }) => {
    const asked = clientFrames['secret.get'].parse(payload);
    const value = await releaseSecret(services, speakerOf(connection), asked);
    const frame = { taskId: asked.taskId, name: asked.name, value };
    await post(services, connection.connectionId, encodeFrame(services, 'secret.value', frame, { correlationId: id }));
  },
  watch: (services, { principal, connectionId }, { payload }) =>
    watch(services, principal, clientFrames.watch.parse(payload), connectionId),
  unwatch: (services, { principal, connectionId }, { payload }) =>
    unwatch(services, principal, clientFrames.unwatch.parse(payload), connectionId),
  'payload.prepare': async (services, { principal, connectionId }, { payload, id }) => {
    const ready = await prepareUpload(services, principal.tenant, clientFrames['payload.prepare'].parse(payload));
    await post(services, connectionId, encodeFrame(services, 'payload.ready', ready, { correlationId: id }));
  },
};

const handlerOf = (type: ClientFrameType): Handler => {
  const ofMessages = messageHandlers[type];
  if (ofMessages !== undefined)
    return (services, connection, { id, payload }) =>
      ofMessages(services, { connection, speaker: speakerOf(connection), id, payload });
  const handler = handlers[type];
  if (handler === undefined) throw new AppError('UNKNOWN_TYPE', `The simulation has no ${type}.`);
  return handler;
};

const agentScopes: readonly Scope[] = ['agents:connect', 'tasks:work'];

/** One frame of a socket: authorised from the connection's record, answered by `ack` or `error`. */
export const handleMessage = async (
  services: Services,
  connectionId: string,
  envelope: ClientEnvelope,
): Promise<void> => {
  try {
    const connection = await loadConnection(services, connectionId);
    const { principal } = connection;
    await requireLive(services, principal);
    // What an agent says of its work is never held up.
    if (!agentScopes.includes(frameScopes[envelope.type])) await takeToken(services, principal.tenant);
    await handlerOf(envelope.type)(services, connection, envelope);
    await post(services, connectionId, encodeFrame(services, 'ack', { id: envelope.id }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, retryable } = error;
    await post(services, connectionId, encodeFrame(services, 'error', { id: envelope.id, code, message, retryable }));
    if (error instanceof UnauthenticatedError) await services.sockets.close(connectionId);
  }
};
