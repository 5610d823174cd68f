import { agentFiles, defineExample } from '../shared/example.ts';
import { readSourceInput } from '../shared/source-input.ts';
import { countLines } from './count-lines.ts';
import { DebtReport, DebtRequest } from './debt.ts';
import { renderDebt } from './render.ts';
import { refactoringSwarm, techDebtWorkflow } from './workflow.ts';

const batchSize = 50;

/** Scans a directory for technical debt. */
export const techDebt = defineExample({
  name: 'tech-debt',
  summary: 'scans sources for complexity, duplication and markers, and proposes how to pay back the top five',
  agents: agentFiles(import.meta.url, ['scanner', 'duplication', 'refactorer', 'tracker']),
  input: DebtRequest,
  output: DebtReport,
  workflows: [refactoringSwarm, techDebtWorkflow],
  sample: { directory: 'examples', complexityThreshold: 8 },
  title: ({ directory = 'the files given' }) => `Scanning ${directory}`,
  prepare: async ({ directory, files: given, ...rest }) => {
    const files = await readSourceInput({ directory, files: given });
    const batches = Array.from({ length: Math.ceil(files.length / batchSize) }, (_, index) =>
      files.slice(index * batchSize, (index + 1) * batchSize),
    );
    const sizes = files.map(({ path, text }) => ({ path, lines: countLines(text) }));
    return { ...rest, previous: rest.previous ?? null, files, batches, sizes };
  },
  render: renderDebt,
});
