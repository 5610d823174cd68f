import * as z from 'zod';
import type { Example } from '../shared/example.ts';
import { fromCaller } from '../shared/from-caller.ts';
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
    const report = await runCodeReview({ ...surroundings, directory: fromCaller(directory) });
    return { report, text: renderReport(report) };
  },
};
