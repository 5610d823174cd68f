import type { AgentId, TenantId } from '../contract/ids.ts';
import type { Mail, Message } from '../contract/messaging.ts';
import { withReadUrl } from '../payloads/fit-payload.ts';
import type { Services } from '../services.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { addressesOf, lookAgain } from './addresses.ts';
import type { NewMail } from './mailbox.ts';

/** Mail as its reader can open it: what is behind a claim check gets an address. */
export const withReadUrls = async (services: Services, tenant: TenantId, { ref, messages }: Mail): Promise<Mail> => ({
  ref,
  messages: await Promise.all(
    messages.map(async (message) => ({ ...message, content: await withReadUrl(services, tenant, message.content) })),
  ),
});

/** What stands in the frame's own header where the mail is one message. */
const headerOf = (agentId: AgentId, from: string, [message, ...others]: readonly Message[]) => ({
  from,
  to: agentId,
  ...(others.length > 0 || message === undefined
    ? {}
    : { correlationId: message.correlationId, conversationId: message.conversationId }),
});

/**
 * Pushes mail that is stored to whoever is connected. What cannot be pushed stays where it is, and comes with the agent's
 * next pull. A connection that is there but was not reached is closed, so that its agent comes back and pulls: otherwise
 * a later message would overtake this one.
 *
 * @throws UnavailableError when such a connection cannot be closed either; the sender then sends the same again.
 */
export const pushMail = async (services: Services, tenant: TenantId, mail: readonly NewMail[]): Promise<void> => {
  const addresses = await addressesOf(
    services,
    tenant,
    mail.map(({ agentId }) => agentId),
  );
  const pushTo = async (address: string, { agentId, from, ...one }: NewMail): Promise<'delivered' | 'gone'> => {
    const to = { connectionId: address, ...headerOf(agentId, from, one.messages) };
    const outcome = await pushFrame(services, to, 'message', await withReadUrls(services, tenant, one));
    if (outcome !== 'unreached') return outcome;
    await services.sockets.close(address);
    return 'gone';
  };
  await Promise.all(
    mail.map(async (one) => {
      const address = addresses.get(one.agentId);
      if (address === undefined || (await pushTo(address, one)) === 'delivered') return;
      const now = await lookAgain(services, tenant, one.agentId);
      if (now !== undefined && now !== address) await pushTo(now, one);
    }),
  );
};
