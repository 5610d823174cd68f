import { agentFiles, defineExample } from '../shared/example.ts';
import { Feature, FeatureRequest } from './feature.ts';
import { featureTeamWorkflow } from './workflow.ts';

const verdicts = {
  passed: 'passed all tests',
  failed: 'failed its tests',
  not_approved: 'was not approved',
  unsolved: 'was not found: nothing of the grammar fits the table',
} as const;

/** A team of five writes a function for a table of examples. */
export const featureTeam = defineExample({
  name: 'feature-team',
  summary: 'five agents in a row write, review and test a function for a table of examples',
  agents: agentFiles(import.meta.url, ['researcher', 'planner', 'coder', 'reviewer', 'tester']),
  input: FeatureRequest,
  output: Feature,
  workflows: [featureTeamWorkflow],
  sample: {
    name: 'shippingCost',
    description: 'Free from a total of 50 on, else 5 plus the weight',
    parameters: ['total', 'weight'],
    pairs: [
      [80, 3, 0],
      [20, 3, 8],
      [10, 7, 12],
      [50, 4, 0],
      [49, 4, 9],
      [65, 9, 0],
      [30, 1, 6],
      [51, 2, 0],
      [12, 9, 14],
      [5, 2, 7],
      [90, 5, 0],
      [48, 6, 11],
      [33, 8, 13],
      [70, 1, 0],
      [1, 3, 8],
    ].map(([total = 0, weight = 0, output = 0]) => ({ input: [total, weight], output })),
  },
  title: ({ name, pairs }) => `Writing ${name} for ${pairs.length} examples`,
  render: ({ name, verdict, code, passed, failed, rounds, explored, findings }) =>
    [
      `${name} ${verdicts[verdict]} (${passed} passed, ${failed} failed; ${rounds} rounds, ${explored} expressions tried)`,
      ...(code === '' ? [] : ['', code.trimEnd()]),
      ...(findings.length === 0 ? [] : ['', ...findings.map((finding) => `  - ${finding}`)]),
    ].join('\n'),
});
