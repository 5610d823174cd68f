import type { Envelope } from '#core/contract/envelope.ts';
import { messagingFrames } from '#core/contract/messaging.ts';
import type { Message } from '#sdk/index.ts';
import { next } from './agent-fixture.ts';
import type { FakeConnection } from './fake-platform.ts';
import type { ManualTimers } from './manual-timers.ts';

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

const read = new Set<string>();

/** So many acknowledged references, or some more: they are gathered for a moment of the agent's own clock. */
export const readRefs = async (
  connection: FakeConnection,
  count: number,
  timers: ManualTimers,
): Promise<readonly string[]> => {
  const refs: string[] = [];
  while (refs.length < count) {
    while (connection.frames.every(({ id, type }) => type !== 'message.ack' || read.has(id))) {
      timers.advance(1);
      await next();
    }
    const frame = await connection.next('message.ack');
    read.add(frame.id);
    refs.push(...messagingFrames['message.ack'].parse(frame.payload).refs);
  }
  return refs;
};
