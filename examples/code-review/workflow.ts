import type { WorkflowDefinitionInput } from '#sdk/index.ts';
import { reviewVoters, verdicts } from './vote.ts';

const batch = { root: '{{ input.root }}', files: '{{ item }}' };

/** One task for each batch of files, by an analyser that looks at each file alone. */
const analyseBatches = (id: string) => ({
  id,
  type: `analyse.${id}`,
  forEach: '{{ input.batches }}',
  input: batch,
  requirements: { capabilities: [`code-review.${id}`] },
  timeoutSeconds: 300,
});

const analyses = {
  syntax: '{{ steps.syntax.outputs }}',
  style: '{{ steps.style.outputs }}',
  complexity: '{{ steps.complexity.outputs }}',
  tests: '{{ steps.tests.output }}',
  security: '{{ steps.security.outputs }}',
};

/** The agents that have analysed decide together. A veto of security decides alone. */
export const reviewConsensusWorkflow = {
  mode: 'consensus',
  name: 'code-review-consensus',
  description: 'Whether a change may go in as it is, by the agents that have analysed it.',
  voters: { agents: [...reviewVoters] },
  type: 'vote.review',
  question: '{{ input }}',
  options: [...verdicts],
  quorum: 0.5,
  minParticipation: 0.6,
  veto: ['security'],
  tieBreaker: 'conservative',
  deadlineSeconds: 60,
  timeoutSeconds: 120,
} satisfies WorkflowDefinitionInput;

/** Analysis by four agents at once, then security, recommendations, consensus and the report. */
export const codeReviewWorkflow = {
  mode: 'sequential',
  name: 'code-review',
  description: 'Reviews the sources of a directory: parallel analysis, security, recommendations, consensus, report.',
  timeoutSeconds: 1800,
  // Four kinds of agent share a stage: the limit must not let the first kind's batches keep the others waiting.
  maxParallelAgents: 100,
  steps: [
    {
      id: 'analyse',
      parallel: [
        analyseBatches('syntax'),
        analyseBatches('style'),
        analyseBatches('complexity'),
        {
          id: 'tests',
          type: 'analyse.tests',
          description: 'Needs all files at once: whether a test reaches a module depends on all others.',
          input: { root: '{{ input.root }}', files: '{{ input.files }}' },
          requirements: { capabilities: ['code-review.tests'] },
          timeoutSeconds: 600,
        },
      ],
    },
    analyseBatches('security'),
    {
      id: 'recommend',
      type: 'recommend',
      input: { analyses, files: '{{ input.files }}' },
      requirements: { capabilities: ['code-review.recommender'] },
      timeoutSeconds: 300,
    },
    {
      id: 'consensus',
      run: { workflow: reviewConsensusWorkflow.name },
      input: '{{ steps.recommend.output.counts }}',
      timeoutSeconds: 180,
    },
    {
      id: 'report',
      type: 'report',
      input: {
        analyses,
        recommendations: '{{ steps.recommend.output.recommendations }}',
        consensus: '{{ steps.consensus.output }}',
        files: '{{ input.files }}',
        skipped: '{{ input.skipped }}',
        notAnalysed: '{{ input.notAnalysed }}',
      },
      requirements: { capabilities: ['code-review.reporter'] },
      timeoutSeconds: 300,
    },
  ],
  output: '{{ steps.report.output }}',
} satisfies WorkflowDefinitionInput;
