import * as z from 'zod';
import {
  Mail,
  type Message,
  MessageSending,
  type OutgoingMessageInput,
  type SentMessage,
} from '#core/contract/messaging.ts';
import type { Principal } from '#core/identity/principal.ts';
import { readWaiting } from '#core/messaging/mailbox.ts';
import { join, type Membership } from '#core/messaging/memberships.ts';
import { sendMessages } from '#core/messaging/send-messages.ts';
import type { Services } from '#core/services.ts';
import { createWorld, owner, type TestAgent } from '../world.ts';

export interface Sending {
  readonly principal?: Principal;
  readonly from?: string;
  readonly frameId?: string;
  /** `none`: the sender does not count. */
  readonly number?: number | 'none';
  readonly services?: Services;
}

/** A world in which agents write to each other. */
export const createMessagingWorld = () => {
  const world = createWorld();
  let frames = 0;

  const send = async (
    messages: readonly (Partial<OutgoingMessageInput> & { id: string })[],
    { principal = owner, from = principal.id, frameId, number, services = world.services }: Sending = {},
  ): Promise<readonly SentMessage[]> => {
    frames += 1;
    const sending = MessageSending.parse({
      number: number === 'none' ? undefined : (number ?? frames),
      messages: messages.map((message) => ({ content: message.id, ...message })),
    });
    return sendMessages(services, { principal, from, frameId: frameId ?? `f-${frames}`, sending });
  };

  /** Messages that were pushed to an agent, in their order. */
  const pushed = ({ connectionId }: TestAgent): readonly Message[] =>
    world.frames(connectionId, 'message').flatMap(({ payload }) => Mail.parse(payload).messages);

  /** The mail that waits for an agent, in the order in which it would get it. */
  const mailOf = async ({ tenant, agentId }: TestAgent): Promise<readonly Mail[]> => {
    const found: Mail[] = [];
    let after: string | undefined;
    do {
      const page = await readWaiting(world.services, { tenant, agentId, after });
      found.push(...page.mail);
      after = page.after;
    } while (after !== undefined);
    return found;
  };

  /** Its messages. */
  const waiting = async (agent: TestAgent): Promise<readonly Message[]> =>
    (await mailOf(agent)).flatMap(({ messages }) => messages);

  const enter = ({ tenant, agentId }: TestAgent, membership: Membership, principal = owner): Promise<void> =>
    join(world.services, principal, { tenant, agentId }, membership);

  /** The agent's socket closes; its record is forgotten later, as it may be. */
  const drop = (agent: TestAgent): void => void world.ports.sockets.gone.add(agent.connectionId);

  return { ...world, send, pushed, mailOf, waiting, enter, drop };
};

/** Ids, for comparing orders. */
export const idsOf = (messages: readonly Message[]): readonly string[] =>
  z.array(z.string()).parse(messages.map(({ id }) => id));
