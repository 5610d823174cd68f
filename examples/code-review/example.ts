import { resolve } from 'node:path';
import * as z from 'zod';
import type { Example } from '../shared/example.ts';
import { renderReport } from './analysers/report/render-report.ts';
import { reviewAgents, runCodeReview } from './review.ts';

const ReviewRequest = z.strictObject({
  /** Relative to where the command is given. */
  directory: z.string().min(1),
});

/** The review that `npm start` runs, as an example among the others. */
export const codeReview: Example = {
  name: 'code-review',
  summary: 'seven agents review a directory and decide together whether it may go in',
  agents: reviewAgents,
  sample: { directory: 'examples/code-review' },
  check: (input) => void ReviewRequest.parse(input),
  async run(input, surroundings) {
    const { directory } = ReviewRequest.parse(input);
    const path = resolve(process.env['INIT_CWD'] ?? process.cwd(), directory);
    const report = await runCodeReview({ ...surroundings, directory: path });
    return { report, text: renderReport(report) };
  },
};
