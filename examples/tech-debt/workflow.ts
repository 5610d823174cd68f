import type { WorkflowDefinitionInput } from '#sdk/index.ts';

const by = (role: string) => ({ requirements: { capabilities: [`debt.${role}`] }, timeoutSeconds: 300 });

/** A proposal for each of the most pressing, five at once. */
export const refactoringSwarm = {
  mode: 'swarm',
  variant: 'fanout',
  name: 'refactoring-swarm',
  description: 'Proposes how to pay items back.',
  timeoutSeconds: 900,
  decompose: { over: '{{ input.top }}', by: 'item' },
  work: { type: 'refactor', input: { item: '{{ item }}', files: '{{ input.files }}' }, ...by('refactoring') },
  size: 5,
  output: '{{ result.parts }}',
} satisfies WorkflowDefinitionInput;

/** Scan by two kinds of agent at once, priorities, a swarm of proposals for the top, the report. */
export const techDebtWorkflow = {
  mode: 'sequential',
  name: 'tech-debt',
  description: 'Scans sources for debt and proposes how to pay back what is most pressing.',
  timeoutSeconds: 1800,
  steps: [
    {
      id: 'scan',
      parallel: [
        {
          id: 'files',
          type: 'scan_files',
          forEach: '{{ input.batches }}',
          input: { files: '{{ item }}', threshold: '{{ input.complexityThreshold }}' },
          ...by('scan'),
        },
        {
          id: 'duplication',
          type: 'scan_duplication',
          input: { files: '{{ input.files }}', threshold: '{{ input.duplicationThreshold }}' },
          ...by('duplication'),
        },
      ],
    },
    {
      id: 'prioritise',
      type: 'prioritise',
      input: {
        scans: '{{ steps.files.outputs }}',
        duplication: '{{ steps.duplication.output }}',
        top: '{{ input.top }}',
      },
      ...by('tracking'),
    },
    {
      id: 'propose',
      description: 'Once, unless there is nothing to propose.',
      forEach: '{{ steps.prioritise.output.swarms }}',
      run: { workflow: refactoringSwarm.name },
      input: { top: '{{ item }}', files: '{{ input.files }}' },
    },
    {
      id: 'report',
      type: 'report',
      input: {
        files: '{{ input.sizes }}',
        items: '{{ steps.prioritise.output.items }}',
        proposals: '{{ steps.propose.outputs }}',
        previous: '{{ input.previous }}',
      },
      ...by('tracking'),
    },
  ],
  output: '{{ steps.report.output }}',
} satisfies WorkflowDefinitionInput;
