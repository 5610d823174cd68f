import { RosterEntry, Slots } from '#core/agents/agent.ts';
import { hashUuid } from '#core/common/hash-id.ts';
import type { Candidate } from '#core/routing/candidate.ts';
import { agentIdOf, tenant } from '../world.ts';

export const nowMs = Date.UTC(2026, 0, 1);

export interface CandidateInput {
  readonly capabilities?: readonly (readonly [string, number])[];
  readonly labels?: Record<string, string>;
  readonly priority?: number;
  readonly maxConcurrency?: number;
  /** Costs of what it carries. */
  readonly load?: readonly number[];
  readonly status?: 'active' | 'draining' | 'inactive';
  readonly paused?: boolean;
  readonly connection?: string | undefined;
  readonly seenAt?: number;
  readonly history?: Record<string, number>;
}

/** An agent as a strategy sees it; connected, idle and just heard unless told otherwise. */
export const candidateOf = (name: string, input: CandidateInput = {}): Candidate => {
  const { capabilities = [], labels = {}, priority = 50, maxConcurrency = 5, load = [], history, ...slots } = input;
  const agentId = agentIdOf(name);
  const assigned = Object.fromEntries(
    load.map((cost, index) => [
      `tsk_${hashUuid(name, String(index))}`,
      { attempt: 1, claim: `clm_${hashUuid(name, 'c', String(index))}`, cost, deadline: nowMs, at: nowMs, type: 't' },
    ]),
  );
  return {
    agent: RosterEntry.parse({
      agentId,
      name,
      type: 'agent',
      capabilities: capabilities.map(([capability, confidence]) => ({ name: capability, confidence })),
      labels,
      priority,
      weight: 1,
    }),
    slots: Slots.parse({
      tenant,
      agentId,
      name,
      status: 'active',
      connection: 'socket',
      epoch: 1,
      maxConcurrency,
      freeSlots: maxConcurrency - load.reduce((sum, cost) => sum + cost, 0),
      assigned,
      seenAt: nowMs,
      ...slots,
      ...history,
    }),
  };
};
