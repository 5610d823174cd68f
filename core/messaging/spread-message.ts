import { limits } from '../contract/limits.ts';
import type { SpreadMessage } from '../contract/messages.ts';
import type { Services } from '../services.ts';
import { readAudience } from './audience.ts';
import { MailboxFullError } from './errors.ts';
import { type NewMail, noteRefused, storeMail, takeRoom } from './mailbox.ts';
import { pushMail } from './push-mail.ts';
import { parts } from './send-messages.ts';

/** Recipients that one job serves: some seconds of writes and pushes. A larger part is divided again. */
const recipientsPerJob = 4 * limits.inlineRecipients;

const hasRoom = async (services: Services, { tenant }: SpreadMessage, mail: NewMail): Promise<boolean> => {
  try {
    await takeRoom(services, tenant, mail.agentId);
    return true;
  } catch (error) {
    if (!(error instanceof MailboxFullError)) throw error;
    await noteRefused(services, tenant, mail);
    return false;
  }
};

/**
 * Serves one part of a large audience. May be delivered twice and die anywhere: the same mail is the same item, and who
 * has joined meanwhile may get it as well. A full mailbox is noted beside its mail.
 */
export const spreadMessage = async (services: Services, job: SpreadMessage): Promise<void> => {
  const { tenant, ref, message, audience, part } = job;
  const question = { tenant, audience, from: message.from, content: message.content, part };
  const { agentIds, isAll } = await readAudience(services, question, recipientsPerJob);
  if (!isAll)
    return services.queues.sendTasks(
      tenant,
      parts.map((digit) => ({ ...job, part: `${part}${digit}` })),
    );
  for (let at = 0; at < agentIds.length; at += limits.inlineRecipients) {
    const wanted = agentIds
      .slice(at, at + limits.inlineRecipients)
      .map((agentId): NewMail => ({ agentId, from: message.from, ref, messages: [message] }));
    const room = await Promise.all(wanted.map((mail) => hasRoom(services, job, mail)));
    const mail = wanted.filter((_, index) => room[index] === true);
    await storeMail(services, tenant, mail);
    // What comes to its turn too late is not delivered, and seen in the mailboxes.
    if (message.expiresAt > services.clock.now()) await pushMail(services, tenant, mail);
  }
};
