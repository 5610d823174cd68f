import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from '#sdk/index.ts';
import type { ReviewReport } from '../examples/code-review/analysers/report/build-report.ts';
import { renderReport } from '../examples/code-review/analysers/report/render-report.ts';
import { reviewAgents, runCodeReview } from '../examples/code-review/review.ts';
import { createProgress } from '../examples/shared/progress.ts';
import { startAgents } from '../examples/shared/start-agents.ts';
import { bootPlatform, stopOnSignal } from './boot-platform.ts';
import { directoryFromCaller, fromCaller, wholeNumber } from './parameters.ts';
import { reportPathOf } from './report-file.ts';

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

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const directoryOf = async (path: string | undefined): Promise<string> => {
  const directory = fromCaller(path ?? join(import.meta.dirname, '..'));
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new Error(`--path ${directory} is not a directory.`);
  return directory;
};

const review = async (
  muster: { http: string; ws: string; apiKey: string },
  directory: string,
): Promise<ReviewReport> => {
  const client = new Client({ url: muster.http, socketUrl: muster.ws, apiKey: muster.apiKey });
  const progress = createProgress({ stream: process.stdout });
  try {
    return await runCodeReview({ client, directory, onEvent: (event) => progress.onEvent(event) });
  } finally {
    progress.end();
    client.close();
  }
};

const show = async (report: ReviewReport, reportPath: string | undefined): Promise<void> => {
  process.stdout.write(
    `\n${renderReport(report, { color: process.stdout.isTTY, width: process.stdout.columns || 100 })}\n`,
  );
  if (reportPath === undefined) return;
  await writeFile(reportPath, `${JSON.stringify(report, null, 2)}\n`);
  say(`Report written to ${reportPath}`);
};

const run = async (values: Values): Promise<void> => {
  const directory = await directoryOf(values.path);
  const port = wholeNumber('--port', values.port ?? (values.once ? '0' : '4577'), [0, 65_535]);
  const copies = wholeNumber('--copies', values.copies, [1, 20]);
  const reportPath = await reportPathOf(values.report);
  let stopAgents = async (): Promise<void> => undefined;
  const booting = bootPlatform({
    port,
    dataDirectory: values.data === undefined ? undefined : directoryFromCaller('--data', values.data),
    log: values.verbose ? say : () => undefined,
    progress: say,
  });
  const stop = async (): Promise<void> => {
    await stopAgents();
    await (await booting).stop();
  };
  stopOnSignal(stop);
  const muster = await booting;
  try {
    say('Connecting the review agents …');
    const agents = await startAgents({ url: muster.ws, apiKey: muster.apiKey, agents: reviewAgents, copies });
    stopAgents = () => agents.stop();
    say(`${agents.processes.length} agents are connected.`);
    await show(await review(muster, directory), reportPath);
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
