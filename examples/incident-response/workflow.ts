import type { WorkflowDefinitionInput } from '#sdk/index.ts';
import { deployOptions } from './incident.ts';

const by = (role: string, timeoutSeconds = 60) => ({
  requirements: { capabilities: [`incident.${role}`] },
  timeoutSeconds,
});
const lookForHotfix = { service: '{{ input.service }}', diagnosis: '{{ input.diagnosis }}' };

/** For severity 1 and 2: several look for a hotfix at once, each among its share of the changes. */
export const incidentSwarm = {
  mode: 'swarm',
  variant: 'fanout',
  name: 'incident-swarm',
  description: 'Code generators share the changes to try among them.',
  timeoutSeconds: 600,
  decompose: { over: '{{ input.parts }}', by: 'item' },
  work: { type: 'create_hotfix', input: { ...lookForHotfix, part: '{{ item }}' }, ...by('codegen', 300) },
  toleratedFailures: '100%',
  output: '{{ result.parts }}',
} satisfies WorkflowDefinitionInput;

const facts = {
  assessment: '{{ steps.assess.output }}',
  diagnosis: '{{ steps.diagnose.output }}',
  hotfix: '{{ steps.choose.output }}',
  tester: '{{ steps.test.output }}',
  securityAuditor: '{{ steps.audit.output }}',
};
const service = '{{ input.service }}';
const { diagnosis, hotfix } = facts;

/** From a call in the night to a post-mortem. Nothing is deployed but by a person. */
export const incidentResponse = {
  mode: 'sequential',
  name: 'incident-response',
  description: 'Assess, diagnose, find a hotfix, validate it, let a person deploy it, watch, conclude.',
  timeoutSeconds: 90_000,
  steps: [
    { id: 'assess', type: 'assess', input: { incident: '{{ input.incident }}' }, ...by('response') },
    { id: 'diagnose', type: 'diagnose', input: { incident: '{{ input.incident }}', service }, ...by('response') },
    {
      id: 'swarm',
      description: 'For severity 1 and 2.',
      forEach: '{{ steps.assess.output.urgent }}',
      run: { workflow: incidentSwarm.name },
      input: { service, diagnosis, parts: '{{ item }}' },
    },
    {
      id: 'standard',
      description: 'For severity 3 and 4.',
      forEach: '{{ steps.assess.output.standard }}',
      type: 'create_hotfix',
      input: { service, diagnosis, part: { index: 0, of: 1 } },
      ...by('codegen', 300),
    },
    {
      id: 'choose',
      type: 'choose_hotfix',
      input: { swarms: '{{ steps.swarm.outputs }}', standard: '{{ steps.standard.outputs }}' },
      ...by('codegen'),
    },
    {
      id: 'validate',
      parallel: [
        { id: 'test', type: 'test_hotfix', input: { service, hotfix }, ...by('testing') },
        { id: 'audit', type: 'audit_hotfix', input: { hotfix }, ...by('security') },
      ],
    },
    { id: 'clear', type: 'clear', input: facts, ...by('response') },
    {
      id: 'deploy',
      description: 'A person deploys, whatever the severity.',
      forEach: '{{ steps.clear.output.questions }}',
      approval: { options: [...deployOptions], proceedOn: [...deployOptions] },
      input: '{{ item }}',
      timeoutSeconds: 86_400,
    },
    {
      id: 'watch',
      type: 'watch',
      input: { service, diagnosis, hotfix, approvals: '{{ steps.deploy.outputs }}' },
      ...by('monitoring'),
    },
    {
      id: 'conclude',
      type: 'post_mortem',
      input: {
        ...facts,
        incident: '{{ input.incident }}',
        history: '{{ input.history }}',
        approvals: '{{ steps.deploy.outputs }}',
        watch: '{{ steps.watch.output }}',
      },
      ...by('monitoring'),
    },
  ],
  output: '{{ steps.conclude.output }}',
} satisfies WorkflowDefinitionInput;
