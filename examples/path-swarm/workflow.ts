import type { WorkflowDefinitionInput } from '#sdk/index.ts';

/** Ants of two agents find their way by the marks that others left; no agent knows the graph. */
export const pathSwarm = {
  mode: 'swarm',
  variant: 'stigmergic',
  name: 'path-swarm-ants',
  description: 'Finds a cheap way from the start to the goal.',
  timeoutSeconds: 900,
  type: 'walk',
  environment: '{{ input.environment }}',
  agents: { capability: 'path.ants', count: 2 },
  antsPerAgent: 15,
  sight: 3,
  maxIterations: 60,
  iterationSeconds: 30,
} satisfies WorkflowDefinitionInput;

/** The search, then a look at what it is worth. */
export const pathSwarmWorkflow = {
  mode: 'sequential',
  name: 'path-swarm',
  description: 'A swarm of ants on a graph, and how near to the best they come.',
  timeoutSeconds: 1200,
  steps: [
    { id: 'search', run: { workflow: pathSwarm.name }, input: { environment: '{{ input.environment }}' } },
    {
      id: 'survey',
      type: 'survey',
      input: {
        edges: '{{ input.environment.edges }}',
        start: '{{ input.environment.start }}',
        goal: '{{ input.goal }}',
        found: '{{ steps.search.output }}',
      },
      requirements: { capabilities: ['path.survey'] },
      timeoutSeconds: 60,
    },
  ],
  output: '{{ steps.survey.output }}',
} satisfies WorkflowDefinitionInput;
