import { expect } from 'vitest';
import * as z from 'zod';
import { type Checker, Dice } from './checker.ts';

interface Case {
  readonly proposal: {
    readonly service: string;
    readonly version: string;
    readonly environment: string;
    readonly riskScore: number;
    readonly evidence: {
      readonly vulnerabilities: { id: string; cvss: number; isReachable: boolean }[];
      readonly requests: Record<'baseline' | 'candidate', { count: number; errors: number }>;
      readonly latencyMs: Record<'baseline' | 'candidate', number[]>;
      readonly monthlyUsd: Record<'baseline' | 'candidate' | 'budget', number>;
      readonly availability: { target: number; windowMinutes: number; downMinutes: number };
    };
  };
  /** Who must be against it, by how the case was made. */
  readonly against: readonly string[];
}

const voters = ['security', 'performance', 'cost', 'reliability'] as const;
const cvssLimit: Record<string, number> = { development: 10, staging: 8.9, production: 6.9 };
const latencyGrowth: Record<string, number> = { development: 1, staging: 0.25, production: 0.1 };
const costGrowth: Record<string, number> = { development: 1, staging: 0.5, production: 0.2 };

type Evidence = Case['proposal']['evidence'];

/** A bad one breaks the budget or grows too fast. */
const costs = (dice: Dice, environment: string, isBad: boolean): Evidence['monthlyUsd'] => {
  const baseline = dice.whole(500, 5000);
  const isOverBudget = dice.chance(0.5);
  const candidate = baseline * (1 + (costGrowth[environment] ?? 0) * (isBad && !isOverBudget ? 1.5 : 0.5));
  return { baseline, candidate, budget: candidate * (isBad && isOverBudget ? 0.9 : 1.3) };
};

/** A bad one has twice the errors, or spends an error budget that is used up. */
const reliability = (dice: Dice, environment: string, isBad: boolean): Pick<Evidence, 'requests' | 'availability'> => {
  const count = dice.whole(4000, 9000);
  const breaksErrors = dice.chance(0.5) || environment !== 'production';
  return {
    requests: {
      baseline: { count, errors: Math.round(count * 0.01) },
      candidate: { count, errors: Math.round(count * (isBad && breaksErrors ? 0.02 : 0.0101)) },
    },
    availability: { target: 0.999, windowMinutes: 43_200, downMinutes: isBad && !breaksErrors ? 60 : 20 },
  };
};

/** A case in which each voter's answer is known beforehand, because the figures are made to be clearly on one side. */
const make = (seed: number): Case => {
  const dice = new Dice(seed);
  const environment = dice.pick(['staging', 'production', 'production']);
  const against = voters.filter(() => dice.chance(0.4));
  const isBad = (voter: (typeof voters)[number]): boolean => against.includes(voter);
  const cvss = cvssLimit[environment] ?? 0;
  const baseP99 = dice.whole(100, 300);
  const grown = baseP99 * (1 + (latencyGrowth[environment] ?? 0) * (isBad('performance') ? 1.5 : 0.5));
  /** Of 200 the third highest is the 99th percentile by nearest rank: two outliers above it must not count. */
  const samples = (p99: number): number[] =>
    dice.shuffle([...dice.times(197, () => dice.whole(1, 99)), p99, p99 * 5, p99 * 9]);
  return {
    against,
    proposal: {
      service: dice.pick(['checkout', 'search', 'billing']),
      version: `2.${seed}.0`,
      environment,
      riskScore: dice.whole(0, 60) / 100,
      evidence: {
        vulnerabilities: [
          { id: 'CVE-A', cvss: isBad('security') ? Math.min(10, cvss + 1) : cvss - 1, isReachable: true },
          { id: 'CVE-B', cvss: 9.9, isReachable: false },
        ],
        latencyMs: { baseline: samples(baseP99), candidate: samples(grown) },
        monthlyUsd: costs(dice, environment, isBad('cost')),
        ...reliability(dice, environment, isBad('reliability')),
      },
    },
  };
};

const Report = z.looseObject({
  decision: z.string(),
  tally: z.array(z.looseObject({ option: z.string(), weight: z.number() })),
  votes: z.array(z.looseObject({ agent: z.string(), decision: z.string() })),
});

/** What the voters declare; none has failed yet. */
const expertise: Record<string, number> = { security: 0.95, performance: 0.9, reliability: 0.9, cost: 0.8 };

/** Who must be against a seed's proposal. */
export const opponentsOf = (seed: number): readonly string[] => make(seed).against;

export const deploymentDecisionChecker: Checker = {
  input: (seed) => make(seed).proposal,
  async check(seed, report) {
    const { decision, votes, tally } = Report.parse(report);
    const { against } = make(seed);
    // It is known how each must vote, and that the platform may stop asking once nothing can change.
    for (const vote of votes)
      expect(vote).toMatchObject({ decision: against.includes(vote.agent) ? 'reject' : 'approve' });
    expect(votes.length).toBeGreaterThanOrEqual(3);
    const weightOf = (option: string): number =>
      votes.filter((vote) => vote.decision === option).reduce((sum, { agent }) => sum + (expertise[agent] ?? 0), 0);
    for (const { option, weight } of tally) expect(weight).toBeCloseTo(weightOf(option));
    const [rejecting, approving] = [weightOf('reject'), weightOf('approve')];
    expect(decision).toBe(approving / (approving + rejecting) >= 0.66 ? 'approve' : 'reject');
  },
};
