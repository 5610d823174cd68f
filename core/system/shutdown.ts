import { eachEnrolled, forEveryAgent } from '../agents/fleet.ts';
import { updateAgent } from '../agents/update-agent.ts';
import { countQueued } from '../assignment/count-queued.ts';
import type { TenantId } from '../contract/ids.ts';
import { indexKeys, keys } from '../contract/keys.ts';
import type { Initialized, Remainder } from '../contract/system.ts';
import { isLive, Run } from '../runs/run.ts';
import type { Services } from '../services.ts';
import { absent, any, notEqual } from '../table/conditions.ts';
import { readIndexPage } from '../table/read-index-page.ts';
import { SystemStoppedError } from '../tenants/errors.ts';
import { setState } from './set-state.ts';

/** Whether and how a tenant takes work is not changed while an emergency stop holds. @throws SystemStoppedError. */
const setUnlessStopped = async (
  services: Services,
  tenant: TenantId,
  state: 'open' | 'shutting_down',
): Promise<void> => {
  const notStopped = any(absent('state'), notEqual('state', 'stopped'));
  const record = await setState(services, tenant, state, { clauses: { notStopped } });
  if (record.state === 'stopped') throw new SystemStoppedError();
};

/** Sets the status of agents that have another; one that is removed meanwhile needs none. Returns how many there were. */
const changeAgents = (
  services: Services,
  tenant: TenantId,
  from: 'active' | 'draining',
  to: 'active' | 'draining',
): Promise<number> =>
  forEveryAgent(
    services,
    tenant,
    ({ status }) => status === from,
    ({ agentId }) => updateAgent(services, { tenant, agentId }, { status: to }),
  );

/** Runs that one look counts. */
const mostRuns = 100;

const openRunsOf = async (services: Services, tenant: TenantId): Promise<number> => {
  const page = await readIndexPage(services.table, {
    partition: indexKeys.listOf(tenant, 'RUNS'),
    index: 'list',
    descending: true,
    limit: mostRuns,
  });
  return page.items.map((item) => Run.parse(item)).filter((run) => isLive(run) || run.status === 'CANCELLING').length;
};

const remainder = async (services: Services, tenant: TenantId): Promise<Remainder> => {
  const agents = { draining: 0, working: 0 };
  let inFlight = 0;
  await eachEnrolled(services, tenant, (slots) => {
    for (const { status, connection, assigned } of slots) {
      const held = Object.keys(assigned).length;
      inFlight += held;
      if (status === 'draining' && connection !== undefined) agents.draining += 1;
      if (held > 0) agents.working += 1;
    }
  });
  const { count: queued } = await countQueued(services, tenant, mostQueued);
  const openRuns = await openRunsOf(services, tenant);
  const isDone = inFlight === 0 && openRuns === 0;
  return { state: 'shutting_down', isDone, agents, tasks: { inFlight, queued }, openRuns };
};

const mostQueued = 10_000;

/**
 * Shuts a tenant down gracefully: new work is refused (by other environments within 30 s), agents finish what they have
 * and take nothing new. Answers what is left; called again it answers that again, and drains agents that came since.
 * Queued tasks stay, and end at their deadlines unless the system is opened again.
 *
 * @throws SystemStoppedError after an emergency stop, which only a resume lifts.
 */
export const shutdown = async (services: Services, tenant: TenantId): Promise<Remainder> => {
  await setUnlessStopped(services, tenant, 'shutting_down');
  await changeAgents(services, tenant, 'active', 'draining');
  return remainder(services, tenant);
};

/** Whether something can be reached; what it throws is told as `failing`, and not further. */
const check = async (attempt: () => Promise<unknown>): Promise<'ok' | 'failing'> => {
  try {
    await attempt();
    return 'ok';
  } catch {
    return 'failing';
  }
};

/**
 * Opens a tenant for work, new or after a shutdown: draining agents take work again. Answers whether what it needs can be
 * reached. Repeatable.
 *
 * @throws SystemStoppedError after an emergency stop, which only a resume lifts.
 */
export const initialize = async (services: Services, tenant: TenantId): Promise<Initialized> => {
  await setUnlessStopped(services, tenant, 'open');
  const resumedAgents = await changeAgents(services, tenant, 'draining', 'active');
  const checks = {
    table: await check(() => services.table.get(keys.tenant(tenant), { consistent: true })),
    index: await check(() =>
      services.table.query({ partition: indexKeys.listOf(tenant, 'AGENTS'), index: 'list', limit: 1 }),
    ),
  };
  return { state: 'open', resumedAgents, checks };
};
