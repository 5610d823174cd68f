import type { WorkflowDefinitionInput } from '#sdk/index.ts';

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

/** Analysis by four agents at once, then security, then recommendations, then the report. */
export const codeReviewWorkflow = {
  mode: 'sequential',
  name: 'code-review',
  description: 'Reviews the sources of a directory: parallel analysis, security, recommendations, report.',
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
      input: { analyses },
      requirements: { capabilities: ['code-review.recommender'] },
      timeoutSeconds: 300,
    },
    {
      id: 'report',
      type: 'report',
      input: {
        analyses,
        recommendations: '{{ steps.recommend.output.recommendations }}',
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
