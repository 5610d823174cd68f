import type { WorkflowDefinitionInput } from '#sdk/index.ts';
import { decisions } from './proposal.ts';

/** Four agents vote within two minutes; without two thirds of the weight nothing is deployed. */
export const deploymentDecisionWorkflow = {
  mode: 'consensus',
  name: 'deployment-decision',
  description: 'Security, performance, cost and reliability decide on a deployment by its figures.',
  voters: { agents: ['security', 'performance', 'cost', 'reliability'], capability: 'deployment.review' },
  type: 'judge_deployment',
  question: '{{ input }}',
  options: [...decisions],
  quorum: 0.66,
  minParticipation: 0.75,
  weights: 'expertise',
  tieBreaker: 'conservative',
  deadlineSeconds: 120,
  timeoutSeconds: 300,
} satisfies WorkflowDefinitionInput;
