import { historyOf } from '../agents/history.ts';
import { canonicalJson } from '../common/hash-id.ts';
import type { TenantId } from '../contract/ids.ts';
import { limits } from '../contract/limits.ts';
import { agentsNamed, type EligibleAgent, eligibleAgents } from '../modes/eligible-agents.ts';
import { meanOf } from '../routing/predict.ts';
import type { Services } from '../services.ts';
import type { ExpectedStep } from './expected-work.ts';

/** Who could do a step, and what is known of them. */
export interface Workers {
  readonly eligible: number;
  readonly live: number;
  /** Names that no live agent has, where agents are named. */
  readonly missing: readonly string[];
  /** How long one task takes them. */
  readonly expectedMs: number | undefined;
  readonly priceUsd: number | undefined;
}

const workersOf = (type: string | undefined, found: readonly EligibleAgent[]): Workers => {
  const live = found.filter(({ isLive }) => isLive);
  // Who is there will do it; while nobody is, whoever was there before says how long it takes.
  const asked = live.length > 0 ? live : found;
  const histories = asked.map(({ slots }) => (type === undefined ? undefined : historyOf(slots, type)));
  return {
    eligible: found.length,
    live: live.length,
    missing: [],
    expectedMs: meanOf(histories.map((history) => history?.durationMs)),
    priceUsd: meanOf(asked.map(({ agent }, index) => agent.costPerTask ?? histories[index]?.costUsd)),
  };
};

/**
 * Looks for the agents of steps, once for each thing that they want, and at most for so many as `limits.dryRunLookups`
 * says: `undefined` for what comes after. Only the tenant's own agents are read.
 */
export const workerLookup = (
  services: Services,
  tenant: TenantId,
): ((step: ExpectedStep) => Promise<Workers | undefined>) => {
  const fleet = { services, run: { tenant } };
  const known = new Map<string, Promise<readonly (EligibleAgent | undefined)[]>>();
  let left: number = limits.dryRunLookups;
  return async (step) => {
    const { agents, requirements, kind, type } = step;
    const key = canonicalJson(agents ?? { requirements, type: type ?? null });
    if (!known.has(key) && left <= 0) return undefined;
    if (!known.has(key)) left -= agents?.length ?? 1;
    const looked = known.get(key) ?? (agents === undefined ? eligibleAgents(fleet, step) : agentsNamed(fleet, agents));
    known.set(key, looked);
    const found = await looked;
    const missing = (agents ?? []).filter((_name, index) => found[index]?.isLive !== true);
    const workers = workersOf(
      type,
      found.filter((agent) => agent !== undefined),
    );
    // A bid costs nothing.
    return { ...workers, missing, ...(kind === 'bid' ? { priceUsd: undefined } : {}) };
  };
};
