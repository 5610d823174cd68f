import { agentFiles, defineExample } from '../shared/example.ts';
import { Proposal, Ruling } from './proposal.ts';
import { renderRuling } from './render.ts';
import { deploymentDecisionWorkflow } from './workflow.ts';

const latencies = (slowest: number): number[] =>
  Array.from({ length: 200 }, (_, index) => 20 + (index * slowest) / 200);

/** Four agents decide on a deployment. */
export const deploymentDecision = defineExample({
  name: 'deployment-decision',
  summary: 'four agents vote on a deployment by what was measured of it',
  agents: agentFiles(import.meta.url, ['security', 'performance', 'cost', 'reliability']),
  input: Proposal,
  output: Ruling,
  workflows: [deploymentDecisionWorkflow],
  sample: {
    service: 'checkout',
    version: '2.4.0',
    environment: 'production',
    riskScore: 0.4,
    evidence: {
      vulnerabilities: [{ id: 'CVE-2026-0001', cvss: 5.3 }],
      requests: { baseline: { count: 9000, errors: 45 }, candidate: { count: 3000, errors: 17 } },
      latencyMs: { baseline: latencies(180), candidate: latencies(190) },
      monthlyUsd: { baseline: 1200, candidate: 1500, budget: 2000 },
      availability: { target: 0.999, windowMinutes: 43_200, downMinutes: 12 },
    },
  },
  title: ({ service, version, environment }) => `Deciding on ${service} ${version} for ${environment}`,
  render: renderRuling,
});
