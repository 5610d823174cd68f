import type { WorkflowDefinitionInput } from '#sdk/index.ts';

/** From a table of examples to a tested function, one agent after the other. */
export const featureTeamWorkflow = {
  mode: 'sequential',
  name: 'feature-team',
  description: 'Researcher, planner, coder, reviewer and tester write a function for a table of examples.',
  timeoutSeconds: 900,
  steps: [
    {
      id: 'research',
      type: 'gather_requirements',
      input: '{{ input }}',
      requirements: { capabilities: ['feature.research'] },
      timeoutSeconds: 60,
    },
    {
      id: 'plan',
      type: 'create_plan',
      input: { requirements: '{{ steps.research.output }}' },
      requirements: { capabilities: ['feature.planning'] },
      timeoutSeconds: 60,
    },
    {
      id: 'code',
      type: 'implement_solution',
      input: { requirements: '{{ steps.research.output }}', plan: '{{ steps.plan.output }}', counterexamples: [] },
      requirements: { capabilities: ['feature.coding'] },
      timeoutSeconds: 120,
    },
    {
      id: 'review',
      type: 'review_code',
      description: 'Sends wrong code back to a coder, as often as the request allows.',
      input: {
        requirements: '{{ steps.research.output }}',
        plan: '{{ steps.plan.output }}',
        implementation: '{{ steps.code.output }}',
      },
      requirements: { capabilities: ['feature.review'] },
      timeoutSeconds: 600,
    },
    {
      id: 'test',
      type: 'run_tests',
      input: { requirements: '{{ steps.research.output }}', review: '{{ steps.review.output }}' },
      requirements: { capabilities: ['feature.testing'] },
      timeoutSeconds: 120,
    },
  ],
  output: '{{ steps.test.output }}',
} satisfies WorkflowDefinitionInput;
