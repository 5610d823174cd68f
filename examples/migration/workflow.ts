import type { WorkflowDefinitionInput } from '#sdk/index.ts';

const by = (role: string) => ({ requirements: { capabilities: [`migration.${role}`] }, timeoutSeconds: 300 });
const files = '{{ input.files }}';
const target = '{{ input.target }}';

/** Plan, steps, check, and everything taken back when it does not hold. */
export const migrationWorkflow = {
  mode: 'sequential',
  name: 'migration',
  description: 'Migrates a source tree by a plan, at most three modules at a time, with a rollback.',
  timeoutSeconds: 1800,
  maxParallelAgents: 3,
  steps: [
    {
      id: 'plan',
      type: 'plan_migration',
      input: { files, target, maxParallelSteps: '{{ input.maxParallelSteps }}' },
      ...by('planner'),
    },
    {
      id: 'migrate',
      type: 'migrate_module',
      forEach: '{{ steps.plan.output.steps }}',
      input: { step: '{{ item }}', files, target },
      ...by('migrator'),
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
