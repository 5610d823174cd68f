import type { WorkflowDefinitionInput } from '#sdk/index.ts';
import { specializations } from './handlers.ts';

const team = (name: keyof typeof specializations) => ({
  name,
  leader: `${name}-lead`,
  specialization: specializations[name],
  workers: { capability: specializations[name], size: 3 },
});

/** A supervisor plans, three leaders split, their workers work at once, and it is put together again. */
export const multiTeamDeploymentWorkflow = {
  mode: 'hierarchical',
  name: 'multi-team-deployment',
  description: 'Capacity, services and monitoring of a release, by three teams at once.',
  timeoutSeconds: 600,
  supervisor: {
    type: 'supervise_deployment',
    requirements: { capabilities: ['deployment.supervision'] },
    timeoutSeconds: 60,
  },
  lead: { type: 'lead_deployment', timeoutSeconds: 60 },
  work: { type: 'do_deployment', timeoutSeconds: 60 },
  teams: [team('infra'), team('app'), team('mon')],
  policies: { maxSubtasks: 3, onFailure: 'supervisor' },
  output: '{{ result.output }}',
} satisfies WorkflowDefinitionInput;
