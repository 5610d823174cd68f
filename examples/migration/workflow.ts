import type { WorkflowDefinitionInput } from '#sdk/index.ts';

const by = (role: string) => ({ requirements: { capabilities: [`migration.${role}`] }, timeoutSeconds: 300 });
const files = '{{ input.files }}';
const target = '{{ input.target }}';

/** The steps of a plan: each after those it depends on, at most three at once, whatever becomes of the others. */
export const migrationSwarm = {
  mode: 'swarm',
  variant: 'fanout',
  name: 'migration-swarm',
  description: 'Changes one module after the other, those that do not depend on each other at once.',
  timeoutSeconds: 1200,
  decompose: { over: '{{ input.steps }}', by: 'dependency' },
  work: { type: 'migrate_module', input: { step: '{{ item }}', files, target }, ...by('migrator') },
  order: 'dag',
  size: 3,
  toleratedFailures: '100%',
  output: '{{ result.parts }}',
} satisfies WorkflowDefinitionInput;

/** Plan, steps, check, and everything taken back when it does not hold. */
export const migrationWorkflow = {
  mode: 'sequential',
  name: 'migration',
  description: 'Migrates a source tree by a plan, at most three modules at a time, with a rollback.',
  timeoutSeconds: 1800,
  steps: [
    {
      id: 'plan',
      type: 'plan_migration',
      input: { files, target, maxParallelSteps: '{{ input.maxParallelSteps }}' },
      ...by('planner'),
    },
    {
      id: 'migrate',
      description: 'Once, unless there is nothing to do.',
      forEach: '{{ steps.plan.output.swarms }}',
      run: { workflow: migrationSwarm.name },
      input: { steps: '{{ item }}', files, target },
    },
    {
      id: 'check',
      type: 'check_compatibility',
      input: { files, target, results: '{{ steps.migrate.outputs }}' },
      ...by('validator'),
    },
    {
      id: 'finish',
      type: 'finish_migration',
      input: {
        files,
        plan: '{{ steps.plan.output }}',
        results: '{{ steps.migrate.outputs }}',
        compatibility: '{{ steps.check.output }}',
      },
      ...by('coordinator'),
    },
  ],
  output: '{{ steps.finish.output }}',
} satisfies WorkflowDefinitionInput;
