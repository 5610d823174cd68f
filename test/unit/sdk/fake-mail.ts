import type { Envelope } from '#core/contract/envelope.ts';
import { messagingFrames } from '#core/contract/messaging.ts';
import type { Message } from '#sdk/index.ts';
import type { FakeConnection } from './fake-platform.ts';

/** A mail as the platform delivers it. */
export const mail = (ref: string, messages: readonly (Partial<Message> & { id: string })[]) => ({
  ref,
  messages: messages.map((message) => ({
    mode: 'direct',
    from: 'agt_ada',
    content: message.id,
    sentAt: 1,
    expiresAt: 2e12,
    ...message,
  })),
});

/** Answers what an agent asks for after a connect. */
export const answerPull = async (
  connection: FakeConnection,
  waiting: readonly unknown[] = [],
  after?: string,
): Promise<Envelope> => {
  const pull = await connection.next('message.pull');
  connection.send('message.pulled', { mail: waiting, ...(after === undefined ? {} : { after }) }, pull.id);
  return pull;
};

/** What a `message.send` says. */
export const readSending = ({ payload }: Envelope) => messagingFrames['message.send'].parse(payload);

/** Takes every message of a `message.send`. */
export const answerSent = (connection: FakeConnection, frame: Envelope): void => {
  const results = readSending(frame).messages.map(({ id }) => ({ id, recipients: 1 }));
  connection.send('message.sent', { results }, frame.id);
};
