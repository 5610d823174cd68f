import type { TaskHandler } from '#sdk/index.ts';
import { parseInput } from '../shared/parse-input.ts';
import { buildDebtReport } from './build-debt-report.ts';
import { PrioritiseInput, ProposalInput, ReportInput, ScanInput } from './debt.ts';
import { findComplexity } from './find-complexity.ts';
import { findDuplication } from './find-duplication.ts';
import { findMarkers } from './find-markers.ts';
import { prioritise } from './prioritise.ts';
import { propose } from './propose.ts';

/** Complexity, smells and markers of a batch of files: each file is looked at alone. */
export const scanFiles: TaskHandler = (task) => {
  const { files, threshold } = parseInput(ScanInput, task.input);
  return { items: [...findComplexity(files, threshold), ...findMarkers(files)] };
};

/** Duplication: needs all files at once. */
export const scanDuplication: TaskHandler = (task) => {
  const { files, threshold } = parseInput(ScanInput, task.input);
  return { items: findDuplication(files, threshold) };
};

/** Orders everything found and names what is most pressing. */
export const rank: TaskHandler = (task) => {
  const { scans, duplication, top } = parseInput(PrioritiseInput, task.input);
  const items = prioritise([...scans, duplication].flatMap((scan) => scan.items));
  const first = items.slice(0, top);
  return { items, top: first, swarms: first.length === 0 ? [] : [first] };
};

/** One proposal of the swarm. */
export const refactor: TaskHandler = (task) => {
  const { item, files } = parseInput(ProposalInput, task.input);
  return propose(item, files);
};

/** Puts the report together. */
export const report: TaskHandler = (task) => buildDebtReport(parseInput(ReportInput, task.input));
