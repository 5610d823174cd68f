import type { TenantId } from '../contract/ids.ts';
import { limits } from '../contract/limits.ts';
import type { RegistryStats } from '../contract/system.ts';
import type { Services } from '../services.ts';
import type { Slots } from './agent.ts';
import { agentState } from './agent-view.ts';
import { eachFleetPage } from './fleet.ts';
import { historyOf, historyTypes } from './history.ts';

type Kind = 'available' | 'busy' | 'offline' | 'paused';

const kindOf = (slots: Slots, nowMs: number): Kind => {
  const { state } = agentState(slots, nowMs);
  if (slots.connection === undefined || state === 'error') return 'offline';
  if (slots.status !== 'active' || state === 'paused') return 'paused';
  return slots.freeSlots > 0 ? 'available' : 'busy';
};

interface Totals {
  ended: number;
  succeeded: number;
}

const share = (part: number, whole: number): number => Number((part / whole).toFixed(4));

const addHistory = (byType: Map<string, Totals>, slots: Slots): void => {
  for (const type of historyTypes(slots)) {
    const { count, succeeded } = historyOf(slots, type);
    const totals = byType.get(type) ?? { ended: 0, succeeded: 0 };
    totals.ended += count;
    totals.succeeded += succeeded;
    byType.set(type, totals);
  }
};

/** The fleet in figures: who is available, busy, offline, and how tasks came out, from what agents' items say now. */
export const registryStats = async (services: Services, tenant: TenantId): Promise<RegistryStats> => {
  const nowMs = services.clock.now();
  const counts: Record<Kind, number> = { available: 0, busy: 0, offline: 0, paused: 0 };
  const byType = new Map<string, Totals>();
  const slotTotals = { total: 0, free: 0 };
  let total = 0;
  let inFlight = 0;
  const { isComplete } = await eachFleetPage(services, tenant, limits.countedAgents, ({ ids, slots: known }) => {
    total += ids.length;
    // Made, but never connected.
    counts.offline += ids.length - known.length;
    for (const slots of known) {
      const kind = kindOf(slots, nowMs);
      counts[kind] += 1;
      inFlight += Object.keys(slots.assigned).length;
      addHistory(byType, slots);
      if (kind === 'offline') continue;
      slotTotals.total += slots.maxConcurrency;
      slotTotals.free += Math.max(0, slots.freeSlots);
    }
  });
  const ended = [...byType.values()].reduce((sum, totals) => sum + totals.ended, 0);
  const succeeded = [...byType.values()].reduce((sum, totals) => sum + totals.succeeded, 0);
  return {
    total,
    ...counts,
    slots: slotTotals,
    tasks: {
      inFlight,
      ended,
      succeeded,
      ...(ended + inFlight === 0 ? {} : { completionRate: share(ended, ended + inFlight) }),
      ...(ended === 0 ? {} : { successRate: share(succeeded, ended) }),
    },
    byType: Object.fromEntries(
      [...byType].map(([type, totals]) => [type, { ...totals, successRate: share(totals.succeeded, totals.ended) }]),
    ),
    isComplete,
  };
};
