import { type messagingFrames, messagingFrames as schemas } from '#core/contract/messaging.ts';
import { readWaiting, removeMail } from '#core/messaging/mailbox.ts';
import { join, leave } from '#core/messaging/memberships.ts';
import { withReadUrls } from '#core/messaging/push-mail.ts';
import { sendMessages } from '#core/messaging/send-messages.ts';
import { type FrameRoutes, frameRoute, speakerOf } from '../../runtime/frame.ts';

/** Messages between agents: what is said, what was heard, who wants to hear what. */
export const messagingFrameRoutes: FrameRoutes<keyof typeof messagingFrames> = {
  'message.send': frameRoute(schemas['message.send'], async (services, frame, { acks, ...sending }) => {
    const { envelope, connection, reply } = frame;
    const { principal, agentId } = connection;
    const from = agentId ?? principal.id;
    const speaker = acks === undefined ? undefined : speakerOf(frame);
    const results = await sendMessages(services, { principal, from, frameId: envelope.id, sending });
    if (speaker !== undefined && acks !== undefined) await removeMail(services, speaker, acks);
    await reply('message.sent', { results: [...results] });
  }),
  'message.ack': frameRoute(schemas['message.ack'], (services, frame, { refs }) =>
    removeMail(services, speakerOf(frame), refs),
  ),
  'message.pull': frameRoute(schemas['message.pull'], async (services, frame, { after }) => {
    const speaker = speakerOf(frame);
    const waiting = await readWaiting(services, { ...speaker, after });
    const mail = await Promise.all(waiting.mail.map((one) => withReadUrls(services, speaker.tenant, one)));
    await frame.reply('message.pulled', {
      mail,
      ...(waiting.after === undefined ? {} : { after: waiting.after }),
    });
  }),
  'topic.join': frameRoute(schemas['topic.join'], (services, frame, { pattern, where }) =>
    join(services, frame.connection.principal, speakerOf(frame), { kind: 'TOPIC', name: pattern, where }),
  ),
  'topic.leave': frameRoute(schemas['topic.leave'], (services, frame, { pattern }) =>
    leave(services, speakerOf(frame), { kind: 'TOPIC', name: pattern }),
  ),
  'group.join': frameRoute(schemas['group.join'], (services, frame, { name }) =>
    join(services, frame.connection.principal, speakerOf(frame), { kind: 'GROUP', name }),
  ),
  'group.leave': frameRoute(schemas['group.leave'], (services, frame, { name }) =>
    leave(services, speakerOf(frame), { kind: 'GROUP', name }),
  ),
};
