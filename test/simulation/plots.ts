import type { TenantSettings } from '#core/contract/settings.ts';
import { Layered, MatchCriteria, type Strategy, StrategyName, type TaskSubmissionInput } from '#core/contract/task.ts';
import type { RunRequestInput } from '#core/contract/workflow.ts';
import type { Agent } from './agent.ts';
import { honest, type Temper } from './agent-words.ts';
import type { Chance } from './chance.ts';
import { modes } from './modes/modes.ts';

const strategies: readonly Strategy[] = [
  ...StrategyName.options,
  MatchCriteria.parse({ name: 'capability_match' }),
  Layered.parse({ name: 'layered', layers: [{ upTo: 1, strategy: 'random' }] }),
];

/** Types of task that some agents take several of at once. */
export const batchTypes = ['summary', 'build'] as const;

export const capabilities = ['code', 'review'] as const;

/** How an agent works. */
export const temperOf = (chance: Chance): Temper =>
  chance.pick([
    honest,
    { workMs: [100, 30_000], failing: 0.1, rejecting: 0.05, handing: 0.1 },
    { workMs: [20_000, 90_000], failing: 0, rejecting: 0, handing: 0 },
    { workMs: [10, 500], failing: 0.4, rejecting: 0.1, handing: 0.05 },
  ]);

/** Some task. */
export const submissionOf = (chance: Chance, agents: readonly Agent[], nowMs: number): TaskSubmissionInput => {
  const pinned = chance.happens(0.08) ? chance.pick(agents).agentId : undefined;
  const wanted = chance.happens(0.15) ? [...capabilities] : [chance.pick(capabilities)];
  return {
    type: chance.pick(['summary', 'build', 'family']),
    input: chance.happens(0.02) ? 'x'.repeat(25_000) : { n: chance.between(1, 9) },
    requirements: pinned === undefined ? { capabilities: wanted } : { capabilities: [], agentId: pinned },
    slotCost: pinned === undefined ? chance.pick([1, 1, 1, 1, 2, 0]) : 1,
    priority: chance.pick(['normal', 'normal', 'high', 'low', 'critical']),
    timeoutSeconds: chance.pick([20, 90, 300, 7200, 7200, 7200]),
    publishEvent: chance.happens(0.3),
    ...(chance.happens(0.3) ? {} : { strategy: chance.pick(strategies) }),
    retry: { maxAttempts: chance.pick([1, 3, 6]), backoffMs: chance.pick([0, 500, 5000]) },
    ...(chance.happens(0.15) ? { ackTimeoutMs: 3000 } : {}),
    ...(chance.happens(0.05) ? { secrets: [{ name: 'token' }] } : {}),
    // Accepted late, an attempt has time until later than its timer was set for.
    ...(chance.happens(0.15) ? { attemptTimeoutSeconds: chance.pick([10, 45, 100]), ackTimeoutMs: 20_000 } : {}),
    ...(chance.happens(0.1) ? { runAt: nowMs + chance.between(1000, 200_000) } : {}),
  };
};

/** Some run of some mode, now and then of a kind that cannot work. */
export const runOf = (chance: Chance): RunRequestInput => {
  const plot = chance.pick(modes);
  return { workflow: chance.pick(plot.workflows).name, input: plot.inputOf(chance) };
};

/** What an operator makes the default of its tenant. */
export const settingsOf = (chance: Chance): TenantSettings =>
  chance.happens(0.2)
    ? {}
    : {
        defaultStrategy: chance.pick(strategies),
        conflicts: {
          threshold: 0.7,
          autoResolve: true,
          chains: [{ scope: 'voted', strategies: ['consensus_required'], workflow: 'which-write' }],
        },
      };

const both = capabilities.map((name) => ({ name, confidence: 1 }));

/** What an operator, or an agent itself, changes of an agent. */
export const updateOf = (chance: Chance) =>
  chance.pick([
    { state: 'paused' as const },
    { state: 'idle' as const },
    { status: 'draining' as const },
    { status: 'active' as const },
    { maxConcurrency: chance.between(1, 4) },
    { capabilities: both },
    { capabilities: both.slice(1), labels: { zone: 'a' } },
  ]);
