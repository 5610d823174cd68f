import { limits, type Proposal, type Vote } from './proposal.ts';

/** One reason for or against, by how far a figure is from its limit: above 0 is against. */
interface Ground {
  readonly excess: number;
  readonly says: string;
}

/** One-sided, 95 %. */
const significantZ = 1.645;
/** So many samples make a measurement half as sure as it can be. */
const halfSureSamples = 50;

/** Against what is reachable and severe, and against what its own author finds risky. */
export function voteOnSecurity({ environment, riskScore, evidence }: Proposal): Vote {
  const limit = limits[environment];
  const reachable = evidence.vulnerabilities.filter(({ isReachable }) => isReachable);
  const worst = reachable.toSorted((left, right) => right.cvss - left.cvss)[0];
  return decide([
    {
      excess: ((worst?.cvss ?? 0) - limit.cvss) / 10,
      says:
        worst === undefined ? 'no reachable vulnerability' : `${worst.id} has CVSS ${worst.cvss}, limit ${limit.cvss}`,
    },
    { excess: riskScore - limit.riskScore, says: `risk score ${riskScore}, limit ${limit.riskScore}` },
  ]);
}

/** Against a slower 99th percentile. */
export function voteOnPerformance({ environment, evidence: { latencyMs } }: Proposal): Vote {
  const before = percentile(latencyMs.baseline, 0.99);
  const after = percentile(latencyMs.candidate, 0.99);
  const allowed = limits[environment].p99Growth;
  const growth = before === 0 ? Number(after > 0) : after / before - 1;
  const samples = Math.min(latencyMs.baseline.length, latencyMs.candidate.length);
  const says = `p99 ${before} → ${after} ms (${percent(growth)}), allowed ${percent(allowed)}; ${samples} samples`;
  return decide([{ excess: growth - allowed, says }], samples / (samples + halfSureSamples));
}

/** Against what breaks the budget or grows too fast. */
export function voteOnCost({ environment, evidence: { monthlyUsd } }: Proposal): Vote {
  const { baseline, candidate, budget } = monthlyUsd;
  const allowed = limits[environment].costGrowth;
  const growth = baseline === 0 ? Number(candidate > 0) : candidate / baseline - 1;
  return decide([
    {
      excess: budget === 0 ? Number(candidate > 0) : candidate / budget - 1,
      says: `${candidate} of ${budget} USD a month`,
    },
    { excess: growth - allowed, says: `${percent(growth)} more than now, allowed ${percent(allowed)}` },
  ]);
}

/** Against significantly more errors, and in production against spending an error budget that is used up. */
export function voteOnReliability({ environment, evidence: { requests, availability } }: Proposal): Vote {
  const z = zScore(requests.baseline, requests.candidate);
  const { target, windowMinutes, downMinutes } = availability;
  const allowance = (1 - target) * windowMinutes;
  const spent = allowance === 0 ? Number(downMinutes > 0) * 2 : downMinutes / allowance;
  const errors: Ground = {
    excess: (z - significantZ) / significantZ,
    says: `errors ${rate(requests.baseline)} → ${rate(requests.candidate)}, z ${z.toFixed(2)}, limit ${significantZ}`,
  };
  const budget: Ground = { excess: spent - 1, says: `${percent(spent)} of the error budget is spent` };
  const samples = Math.min(requests.baseline.count, requests.candidate.count);
  return decide(environment === 'production' ? [errors, budget] : [errors], samples / (samples + halfSureSamples));
}

/** The weightiest ground decides; how clear it is, and how well measured, is how sure the vote is. */
function decide(grounds: readonly Ground[], trust = 1): Vote {
  const excess = Math.max(...grounds.map((ground) => ground.excess));
  const confidence = (0.5 + 0.5 * Math.min(1, Math.abs(excess) * 2)) * trust;
  const against = grounds.filter((ground) => ground.excess > 0);
  return {
    decision: against.length > 0 ? 'reject' : 'approve',
    confidence: Math.round(confidence * 1000) / 1000,
    reasoning: (against.length > 0 ? against : grounds).map(({ says }) => says).join('; '),
    evidence: grounds.map(({ says }) => says),
  };
}

/** By nearest rank. */
function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}

/** Of two error rates: how many standard errors the second is above the first. */
function zScore(before: Proposal['evidence']['requests']['baseline'], after: typeof before): number {
  const pooled = (before.errors + after.errors) / (before.count + after.count);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / before.count + 1 / after.count));
  return deviation === 0 ? 0 : (after.errors / after.count - before.errors / before.count) / deviation;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function rate({ count, errors }: { readonly count: number; readonly errors: number }): string {
  return percent(errors / count);
}
