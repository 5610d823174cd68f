import { parseArgs } from 'node:util';
import { addResult, faultLines, newTotals, siteLines, type Totals, uncovered } from '#test/simulation/report.ts';
import { type SimulationResult, simulate } from '#test/simulation/simulate.ts';

const usage = `npm run simulate -- [--seeds N] [--from S]     N seeds from S on (100 from 1)
                    [--require-coverage]           fails when a port call was never crashed
                    [--sites]                      lists every port call, not only the uncovered ones
npm run simulate -- --seed X [--trace]         one seed; --trace prints every event of it`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** The last events of a seed, by running it again: the same seed gives the same run. */
const replay = async (result: SimulationResult): Promise<void> => {
  const { lines, violations } = await simulate({ seed: result.seed, trace: true });
  print(`\nseed ${result.seed}: ${result.violations.length} violations; its last 40 events:`);
  print(lines.slice(-40).join('\n'));
  const [first] = result.violations;
  const same = violations[0]?.message === first?.message && violations[0]?.step === first?.step;
  print(same ? 'The replay met the same violation at the same step.' : 'THE REPLAY DIFFERS: something is not seeded.');
  print(`Again: npm run simulate -- --seed ${result.seed} --trace`);
};

const progress = (totals: Totals, wanted: number, secondsSpent: number): void => {
  if (!process.stdout.isTTY) return;
  const rate = (totals.seeds / secondsSpent).toFixed(1);
  process.stdout.write(`\r${totals.seeds} of ${wanted} seeds, ${rate}/s, ${totals.failed.length} failed`);
};

const summary = (totals: Totals, secondsSpent: number) => ({
  seeds: totals.seeds,
  steps: totals.steps,
  tasks: totals.tasks,
  runs: totals.runs,
  violations: totals.failed.reduce((sum, { violations }) => sum + violations.length, 0),
  failedSeeds: totals.failed.map(({ seed }) => seed),
  faults: [...totals.faults.values()].reduce((sum, count) => sum + count, 0),
  sites: totals.sites.size,
  uncovered: uncovered(totals).length,
  seconds: Number(secondsSpent.toFixed(1)),
  seedsPerSecond: Number((totals.seeds / secondsSpent).toFixed(2)),
});

const report = (totals: Totals, secondsSpent: number, withSites: boolean): void => {
  print(`\n${totals.seeds} seeds, ${totals.steps} steps, ${totals.tasks} tasks, ${totals.runs} runs`);
  print(`\nfaults by kind\n${faultLines(totals).join('\n')}`);
  const missing = uncovered(totals);
  print(`\nport calls in core: ${totals.sites.size}; never crashed before or after: ${missing.length}`);
  const lines = siteLines(totals).filter((line) => withSites || line.startsWith('!'));
  if (lines.length > 0) print(`     calls  before   after  where\n${lines.join('\n')}`);
  print(JSON.stringify(summary(totals, secondsSpent)));
};

const runSeeds = async (from: number, count: number): Promise<{ totals: Totals; secondsSpent: number }> => {
  const totals = newTotals();
  const startMs = performance.now();
  const secondsSpent = (): number => (performance.now() - startMs) / 1000;
  for (let seed = from; seed < from + count; seed++) {
    const result = await simulate({ seed });
    addResult(totals, result);
    progress(totals, count, secondsSpent());
    for (const { rule, message } of result.violations.slice(0, 3)) print(`\nseed ${seed}: ${rule}: ${message}`);
  }
  return { totals, secondsSpent: secondsSpent() };
};

const options = {
  seeds: { type: 'string', default: '100' },
  from: { type: 'string', default: '1' },
  seed: { type: 'string' },
  trace: { type: 'boolean', default: false },
  sites: { type: 'boolean', default: false },
  'require-coverage': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const traceSeed = async (seed: number): Promise<number> => {
  const { lines, violations } = await simulate({ seed, trace: true });
  print(lines.join('\n'));
  return violations.length === 0 ? 0 : 1;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options });
  const [from, count] =
    values.seed === undefined ? [Number(values.from), Number(values.seeds)] : [Number(values.seed), 1];
  if (values.help || !Number.isInteger(from + count) || count < 1) {
    print(usage);
    return values.help ? 0 : 2;
  }
  if (values.seed !== undefined && values.trace) return traceSeed(from);
  const { totals, secondsSpent } = await runSeeds(from, count);
  for (const failed of totals.failed.slice(0, 3)) await replay(failed);
  report(totals, secondsSpent, values.sites);
  const unmet = [...totals.failed, ...(values['require-coverage'] ? uncovered(totals) : [])];
  return Math.min(1, unmet.length);
};

process.exitCode = await main();
