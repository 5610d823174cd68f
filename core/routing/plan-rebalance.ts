import type { Slots } from '../agents/agent.ts';
import { loadOf } from '../agents/slots.ts';
import type { AgentId } from '../contract/ids.ts';

/** An agent carries too much above, and too little below, these shares of the fleet's average load. */
export const rebalanceRule = { overloaded: 1.5, underloaded: 0.5 } as const;

/** How many tasks an overloaded agent should give up: its load less the average, rounded down, never more than it has. */
export interface Excess {
  readonly slots: Slots;
  readonly excess: number;
}

/** Who should give up work, and who has room for it. Both empty while the fleet is in balance. */
export interface RebalancePlan {
  readonly from: readonly Excess[];
  readonly to: ReadonlySet<AgentId>;
}

/** Compares live agents of one tenant. Pure; only agents that take work at all are to be given. */
export const planRebalance = (fleet: readonly Slots[]): RebalancePlan => {
  const average = fleet.reduce((sum, slots) => sum + loadOf(slots), 0) / Math.max(1, fleet.length);
  const to = fleet.filter((slots) => slots.freeSlots > 0 && loadOf(slots) < average * rebalanceRule.underloaded);
  if (average === 0 || to.length === 0) return { from: [], to: new Set() };
  const from = fleet
    .filter((slots) => loadOf(slots) > average * rebalanceRule.overloaded)
    .map((slots) => ({ slots, excess: Math.floor(loadOf(slots) - average) }))
    .filter(({ excess }) => excess > 0);
  return { from, to: new Set(to.map(({ agentId }) => agentId)) };
};
