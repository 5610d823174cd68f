import * as fc from 'fast-check';
import { RosterEntry, type SlotEntry, Slots } from '#core/agents/agent.ts';
import { type Outcome, outcomeChanges } from '#core/agents/history.ts';
import { claimSlot, releaseSlot } from '#core/agents/slots.ts';
import { hashUuid } from '#core/common/hash-id.ts';
import { AgentId, ClaimId, TaskId, TenantId } from '#core/contract/ids.ts';
import { keys } from '#core/contract/keys.ts';
import { Requirements } from '#core/contract/task.ts';
import type { Candidate } from '#core/routing/candidate.ts';
import type { RankRequest } from '#core/routing/strategy.ts';
import type { Update } from '#core/table/table.ts';
import { applyUpdate } from '#test/support/evaluate.ts';

export const nowMs = Date.UTC(2026, 0, 1);
const tenant = TenantId.parse('acme');

/** What an agent is like in truth; strategies see what was declared and measured of it. */
export interface AgentSpec {
  readonly name: string;
  readonly maxConcurrency?: number;
  readonly weight?: number;
  readonly priority?: number;
  readonly costPerTask?: number;
  readonly capabilities?: RosterEntry['capabilities'];
  readonly labels?: RosterEntry['labels'];
}

export const agentIdOf = (name: string): AgentId => AgentId.parse(`agt_${hashUuid('fleet', name)}`);
export const taskIdOf = (name: string): TaskId => TaskId.parse(`tsk_${hashUuid('fleet', name)}`);
export const claimIdOf = (name: string): ClaimId => ClaimId.parse(`clm_${hashUuid('fleet', name)}`);

/** A slots item after an update of it, its guard assumed to hold. */
export const after = (slots: Slots, update: Update): Slots => Slots.parse(applyUpdate(update, slots));

/** An idle, connected agent of which nothing was observed. */
export const createCandidate = (spec: AgentSpec): Candidate => {
  const { name, maxConcurrency = 5, weight = 1, priority = 50, capabilities = [], labels = {}, costPerTask } = spec;
  const agentId = agentIdOf(name);
  const price = costPerTask === undefined ? {} : { costPerTask };
  const own = { agentId, name, type: 'agent', capabilities, labels, priority, weight };
  const state = { status: 'active', connection: 'socket', epoch: 1, seenAt: nowMs, assigned: {} };
  return {
    agent: RosterEntry.parse({ ...own, ...price }),
    slots: Slots.parse({
      ...keys.slots(tenant, agentId),
      tenant,
      agentId,
      name,
      ...state,
      maxConcurrency,
      freeSlots: maxConcurrency,
    }),
  };
};

/** The slots after an outcome was observed, through the changes that ride in a release. */
export const observe = (slots: Slots, outcome: Outcome): Slots =>
  after(slots, { key: keys.slots(slots.tenant, slots.agentId), ...outcomeChanges(outcome, slots), clauses: {} });

const entryOf = (task: string, type: string, at: number): SlotEntry => ({
  attempt: 1,
  claim: claimIdOf(task),
  cost: 1,
  deadline: at + 900_000,
  at,
  type,
});

/** The slots after a task was claimed. */
export const take = (slots: Slots, task: string, { type, at }: { readonly type: string; readonly at: number }): Slots =>
  after(slots, claimSlot(slots, taskIdOf(task), entryOf(task, type, at)));

/** The slots after a task was released with its outcome. */
export const finish = (slots: Slots, task: string, outcome: Outcome): Slots => {
  const held = { tenant, agentId: slots.agentId, taskId: taskIdOf(task), claim: claimIdOf(task), cost: 1 };
  const observed = { outcome, before: slots, nowMs };
  return after(slots, releaseSlot(held, observed));
};

/** Numbers in [0, 1) that are the same for the same seed. @see https://github.com/bryc/code mulberry32 */
export const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export const requestOf = (candidates: readonly Candidate[], more: Partial<RankRequest> = {}): RankRequest => ({
  task: { type: 'parse', requirements: Requirements.parse({}), slotCost: 1 },
  candidates,
  nowMs,
  random: seeded(1),
  turn: 0,
  ...more,
});

const outcome = fc.record({
  type: fc.constantFrom('parse', 'write'),
  succeeded: fc.boolean(),
  workMs: fc.integer({ min: 1, max: 100_000 }),
  costUsd: fc.double({ min: 0.001, max: 5, noNaN: true }),
});

const agent = fc.record(
  {
    maxConcurrency: fc.integer({ min: 1, max: 6 }),
    live: fc.integer({ min: 0, max: 5 }),
    weight: fc.integer({ min: 1, max: 9 }),
    priority: fc.integer({ min: 0, max: 100 }),
    costPerTask: fc.double({ min: 0, max: 5, noNaN: true }),
    outcomes: fc.array(outcome, { maxLength: 14 }),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    others: fc.integer({ min: 0, max: 3 }),
  },
  { requiredKeys: ['maxConcurrency', 'live', 'weight', 'priority', 'outcomes', 'confidence', 'others'] },
);

/** One to six agents with room, of any load, price, confidence and history. */
export const fleet: fc.Arbitrary<readonly Candidate[]> = fc.array(agent, { minLength: 1, maxLength: 6 }).map((agents) =>
  agents.map(({ live, outcomes, confidence, others, ...spec }, index) => {
    const capabilities = [
      { name: 'read', confidence },
      ...Array.from({ length: others }, (_, other) => ({ name: `other${other}`, confidence: 1 })),
    ];
    const idle = createCandidate({ name: `a${index}`, capabilities, ...spec });
    const loaded = Array.from({ length: Math.min(live, spec.maxConcurrency - 1) }).reduce<Slots>(
      (slots, _, task) =>
        take(slots, `${index}:${task}`, { type: task % 2 === 0 ? 'parse' : 'write', at: nowMs - 7000 * task }),
      idle.slots,
    );
    return { agent: idle.agent, slots: outcomes.reduce(observe, loaded) };
  }),
);
