import type { ClientFrameType } from '#core/contract/client-frames.ts';
import { messagingFrames } from '#core/contract/messaging.ts';
import type { Connection } from '#core/identity/connection.ts';
import { readWaiting, removeMail } from '#core/messaging/mailbox.ts';
import { join, leave } from '#core/messaging/memberships.ts';
import { withReadUrls } from '#core/messaging/push-mail.ts';
import { sendMessages } from '#core/messaging/send-messages.ts';
import type { Services } from '#core/services.ts';
import type { Speaker } from '#core/tasks/complete-task.ts';
import { encodeFrame } from '#core/watch/push-frame.ts';

/** A frame of messages, of an agent. */
export interface SpokenFrame {
  readonly connection: Connection;
  readonly speaker: Speaker;
  readonly id: string;
  readonly payload: unknown;
}

type Handle = (services: Services, frame: SpokenFrame) => Promise<void>;

/** What functions/websocket/frames/messaging-frames.ts does. */
export const messageHandlers: Readonly<Partial<Record<ClientFrameType, Handle>>> = {
  'message.send': async (services, { connection, speaker, id, payload }) => {
    const { principal, connectionId } = connection;
    const sending = messagingFrames['message.send'].parse(payload);
    const results = await sendMessages(services, { principal, from: speaker.agentId, frameId: id, sending });
    const frame = encodeFrame(services, 'message.sent', { results: [...results] }, { correlationId: id });
    await services.sockets.post(connectionId, frame);
  },
  'message.ack': (services, { speaker, payload }) =>
    removeMail(services, speaker, messagingFrames['message.ack'].parse(payload).refs),
  'message.pull': async (services, { connection, speaker, id, payload }) => {
    const { after } = messagingFrames['message.pull'].parse(payload);
    const waiting = await readWaiting(services, { ...speaker, after });
    const mail = await Promise.all(waiting.mail.map((one) => withReadUrls(services, speaker.tenant, one)));
    const page = { mail, ...(waiting.after === undefined ? {} : { after: waiting.after }) };
    const frame = encodeFrame(services, 'message.pulled', page, { correlationId: id });
    await services.sockets.post(connection.connectionId, frame);
  },
  'topic.join': (services, { connection, speaker, payload }) => {
    const { pattern, where } = messagingFrames['topic.join'].parse(payload);
    return join(services, connection.principal, speaker, { kind: 'TOPIC', name: pattern, where });
  },
  'topic.leave': (services, { speaker, payload }) =>
    leave(services, speaker, { kind: 'TOPIC', name: messagingFrames['topic.leave'].parse(payload).pattern }),
  'group.join': (services, { connection, speaker, payload }) =>
    join(services, connection.principal, speaker, {
      kind: 'GROUP',
      name: messagingFrames['group.join'].parse(payload).name,
    }),
  'group.leave': (services, { speaker, payload }) =>
    leave(services, speaker, { kind: 'GROUP', name: messagingFrames['group.leave'].parse(payload).name }),
};
