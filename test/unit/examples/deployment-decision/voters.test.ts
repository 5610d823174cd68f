import { describe, expect, it } from 'vitest';
import { voters } from '../../../../examples/deployment-decision/handlers.ts';
import { limits, Proposal, Vote } from '../../../../examples/deployment-decision/proposal.ts';
import { checkedSeeds } from '../../../support/examples/checker.ts';
import { deploymentDecisionChecker, opponentsOf } from '../../../support/examples/deployment-decision.ts';
import { runHandler } from '../../../support/examples/run-handler.ts';

const voteOf = async (name: keyof typeof voters, proposal: unknown): Promise<Vote> =>
  Vote.parse((await runHandler(voters[name], { question: proposal, options: ['reject', 'approve'], round: 1 })).output);

const names = ['security', 'performance', 'cost', 'reliability'] as const;

describe('the voters over generated proposals', () => {
  it.each(checkedSeeds)('vote as the figures were made (seed %i)', async (seed) => {
    const votes = await Promise.all(
      names.map(async (agent) => ({ agent, ...(await voteOf(agent, deploymentDecisionChecker.input(seed))) })),
    );
    expect(votes.filter(({ decision }) => decision === 'reject').map(({ agent }) => agent)).toEqual(opponentsOf(seed));
  });
});

const calm = Proposal.parse({
  service: 'search',
  version: '1.0.0',
  environment: 'production',
  riskScore: 0.1,
  evidence: {
    vulnerabilities: [],
    requests: { baseline: { count: 1000, errors: 10 }, candidate: { count: 1000, errors: 10 } },
    latencyMs: { baseline: [100], candidate: [100] },
    monthlyUsd: { baseline: 100, candidate: 100, budget: 200 },
    availability: { target: 0.999, windowMinutes: 10_000, downMinutes: 1 },
  },
});
const calmWith = (evidence: object): unknown => ({ ...calm, evidence: { ...calm.evidence, ...evidence } });

describe('a voter', () => {
  it.each(names)('%s approves what changes nothing', async (name) => {
    expect(await voteOf(name, calm)).toMatchObject({ decision: 'approve' });
  });

  it('is the surer the more was measured', async () => {
    const many = { baseline: Array(500).fill(100), candidate: Array(500).fill(100) };
    const [few, sure] = await Promise.all([
      voteOf('performance', calm),
      voteOf('performance', calmWith({ latencyMs: many })),
    ]);
    expect(sure.confidence).toBeGreaterThan(few.confidence * 5);
  });

  it('takes no chance fluctuation for more errors, but a significant rise', async () => {
    const requests = (errors: number) => ({
      baseline: { count: 1000, errors: 10 },
      candidate: { count: 1000, errors },
    });
    expect(await voteOf('reliability', calmWith({ requests: requests(14) }))).toMatchObject({ decision: 'approve' });
    expect(await voteOf('reliability', calmWith({ requests: requests(25) }))).toMatchObject({ decision: 'reject' });
  });

  it('spends no used-up error budget in production, but in staging', async () => {
    const spent = calmWith({ availability: { target: 0.999, windowMinutes: 10_000, downMinutes: 11 } });
    expect(await voteOf('reliability', spent)).toMatchObject({ decision: 'reject' });
    expect(await voteOf('reliability', { ...Proposal.parse(spent), environment: 'staging' })).toMatchObject({
      decision: 'approve',
    });
  });

  it('names the figure and its limit', async () => {
    const severe = calmWith({ vulnerabilities: [{ id: 'CVE-1', cvss: 9.1 }] });
    expect((await voteOf('security', severe)).reasoning).toContain(
      `CVE-1 has CVSS 9.1, limit ${limits.production.cvss}`,
    );
  });

  it('refuses a proposal without evidence', async () => {
    await expect(voteOf('cost', { service: 'x' })).rejects.toThrow('evidence');
  });
});
