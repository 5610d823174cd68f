import type { AgentId, TenantId } from '../contract/ids.ts';
import { ConflictError } from '../errors/errors.ts';
import type { Services } from '../services.ts';
import { pushFrame } from '../watch/push-frame.ts';
import type { Slots } from './agent.ts';
import { NeverConnectedError } from './errors.ts';
import { readProfile, readSlots } from './read-agent.ts';
import { stopSlots } from './slots.ts';

/** Why an agent is stopped, and by whom: by itself, or with all of its tenant. */
export interface Stop {
  readonly reason: string;
  readonly by: 'agent' | 'tenant';
}

const maxTries = 5;

/** Has the tasks of an agent that was stopped taken back: what a reconnect would save is not to be saved. Repeatable. */
export const takeBackTasks = (services: Services, { tenant, agentId, epoch }: Slots): Promise<void> =>
  services.queues.sendTimer({ kind: 'reconnect-grace', tenant, agentId, epoch }, 0);

/**
 * Stops an agent at once: it is given nothing more, loses its connection, which is told why by `agent.stop`, and its tasks,
 * which go elsewhere without counting as tries; what it still sends is refused, and so is its registration, until an operator
 * resumes it. Repeatable. Of an agent that is stopped with its tenant the tasks are left, to be taken back once nobody is at
 * work who could be given them; the sweep does it when nobody else does.
 *
 * ```
 * stop       inactive, no connection (if the epoch is as read) ── agent.stop, close ── its tasks are taken back (timer)
 * register   attach ✔ epoch + 1   → stop reads again
 *            attach after the stop ✔ sees that it is stopped → detach, refused
 * ```
 * @throws NotFoundError when there is none of this tenant's, NeverConnectedError, ConflictError.
 */
export const stopAgent = async (services: Services, tenant: TenantId, agentId: AgentId, stop: Stop): Promise<void> => {
  await readProfile(services, tenant, agentId);
  for (let tries = 0; tries < maxTries; tries++) {
    const slots = await readSlots(services, tenant, agentId);
    if (slots === undefined) throw new NeverConnectedError(agentId);
    const written = await services.table.update(stopSlots(slots, stop, services.clock.now()));
    if (!written.won) continue;
    if (slots.connection !== undefined) {
      await pushFrame(services, slots.connection, 'agent.stop', { agentId, reason: stop.reason });
      await services.sockets.close(slots.connection);
    }
    if (stop.by === 'agent') await takeBackTasks(services, slots);
    return;
  }
  throw new ConflictError(`Agent ${agentId}`);
};
