import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderReport } from '../examples/code-review/analysers/report/render-report.ts';
import { reviewAgents, runCodeReview } from '../examples/code-review/review.ts';
import { say, showRun, startFleet } from './fleet.ts';
import { directoryFromCaller, fromCaller, wholeNumber } from './parameters.ts';
import { reportPathOf, writeReport } from './report-file.ts';

const usage = `Starts Muster on this machine, connects the code-review agents as processes of their own, and reviews a directory.

Usage: npm start -- [--path DIR] [--once] [--report FILE] [--copies N] [--port N] [--data DIR] [--verbose]

  --path DIR     what to review (default: this repository)
  --once         end after the review; without it the platform keeps serving until Ctrl-C
  --report FILE  write the machine-readable report there
  --copies N     equal processes of each agent (default 1)
  --port N       port of the APIs (default 4577; with --once a free one; 0 for a free one)
  --data DIR     keep everything there; without it all is gone at the end
  --verbose      print what the functions log

Example: npm start -- --once --path ../my-project --report review.json
`;

const options = {
  path: { type: 'string' },
  once: { type: 'boolean', default: false },
  report: { type: 'string' },
  copies: { type: 'string', default: '1' },
  port: { type: 'string' },
  data: { type: 'string' },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

const directoryOf = async (path: string | undefined): Promise<string> => {
  const directory = fromCaller(path ?? join(import.meta.dirname, '..'));
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new Error(`--path ${directory} is not a directory.`);
  return directory;
};

const run = async (values: Values): Promise<void> => {
  const directory = await directoryOf(values.path);
  const port = wholeNumber('--port', values.port ?? (values.once ? '0' : '4577'), [0, 65_535]);
  const copies = wholeNumber('--copies', values.copies, [1, 20]);
  const reportPath = await reportPathOf(values.report);
  const { muster, stop } = await startFleet({
    port,
    dataDirectory: values.data === undefined ? undefined : directoryFromCaller('--data', values.data),
    agents: reviewAgents,
    copies,
    verbose: values.verbose,
  });
  try {
    const report = await showRun(muster, process.stdout, (surroundings) =>
      runCodeReview({ ...surroundings, directory }),
    );
    const { isTTY, columns } = process.stdout;
    process.stdout.write(`\n${renderReport(report, { color: isTTY, width: columns || 100 })}\n`);
    await writeReport(reportPath, report);
  } catch (error) {
    await stop();
    throw error;
  }
  if (values.once) return stop();
  say(
    `\nMuster keeps serving until Ctrl-C.\n  HTTP       ${muster.http}\n  WebSocket  ${muster.ws}\n  API key    ${muster.apiKey}`,
  );
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options });
  if (values.help) process.stdout.write(usage);
  else await run(values);
  if (values.help || values.once) process.exit(0);
};

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
