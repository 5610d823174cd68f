import { readSlots } from '../agents/read-agent.ts';
import type { ConflictId, TenantId } from '../contract/ids.ts';
import { Json } from '../contract/json.ts';
import { keys } from '../contract/keys.ts';
import { MessageSending } from '../contract/messaging.ts';
import { AppError } from '../errors/app-error.ts';
import { sendMessages } from '../messaging/send-messages.ts';
import type { Services } from '../services.ts';
import { pushFrame } from '../watch/push-frame.ts';
import { Conflict, conflictView, decidedOf } from './conflict.ts';
import { settleConflict } from './settle.ts';

/**
 * Leaves the decision with an agent that is away. One that is gone needs none, and what its mailbox may not take is looked up.
 * The same conflict again is the same mail.
 */
const leaveMail = async (
  services: Services,
  { reporter: principal, ...conflict }: Conflict,
  to: string,
): Promise<void> => {
  const { conflictId, from } = conflict;
  const content = Json.parse(JSON.parse(JSON.stringify(decidedOf(conflictView({ ...conflict, reporter: principal })))));
  const messages = [{ id: conflictId, to, content, intent: 'notification', correlationId: from?.envelopeId }];
  try {
    const sending = MessageSending.parse({ messages });
    await sendMessages(services, { principal, from: 'muster', frameId: conflictId, sending });
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error;
    services.log.warn('decision not told', { conflictId, code: error.code });
  }
};

/** Tells who reported a conflict what people decided: over its live connection, else by mail where it is an agent. */
const tellReporter = async (services: Services, conflict: Conflict): Promise<void> => {
  const { tenant, from } = conflict;
  if (from === undefined) return;
  const { agentId, envelopeId: correlationId } = from;
  const slots = agentId === undefined ? undefined : await readSlots(services, tenant, agentId);
  const connectionId = agentId === undefined ? from.connectionId : slots?.connection;
  if (connectionId !== undefined) {
    const said = decidedOf(conflictView(conflict));
    const sent = await pushFrame(services, { connectionId, correlationId }, 'conflict.decided', said);
    if (sent === 'delivered') return;
  }
  if (agentId !== undefined) await leaveMail(services, conflict, agentId);
};

/** People have answered: the conflict takes their decision, and whoever reported it is told. One that is forgotten needs neither. */
export const settleReported = async (services: Services, tenant: TenantId, conflictId: ConflictId): Promise<void> => {
  const item = await services.table.get(keys.conflict(tenant, conflictId), { consistent: true });
  if (item === undefined) return;
  const conflict = await settleConflict(services, Conflict.parse(item));
  if (conflict.status !== 'ESCALATED') await tellReporter(services, conflict);
};
