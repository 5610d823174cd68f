import { availableParallelism } from 'node:os';
import { configurations } from '#test/simulation/explorer/configurations.ts';
import { Explorer } from '#test/simulation/explorer/model.ts';
import { judgeGuards, type Verdict } from '#test/simulation/guards.ts';
import { playSchedule } from '#test/simulation/replicas/replicas.ts';
import { addResult, faultLines, newTotals, siteLines, type Totals, uncovered } from '#test/simulation/report.ts';
import { type SimulationResult, simulate } from '#test/simulation/simulate.ts';
import { aimedJobs } from './aim.ts';
import { readOptions } from './parameters.ts';
import { ProgressBar } from './progress-bar.ts';
import { type Job, simulateSeeds } from './simulate-seeds.ts';

const usage = `npm run simulate -- [--seeds N] [--from S]     N seeds from S on (100 from 1; 22 with the next but one)
                    [--processes P]                as many at once as there are cores, unless told otherwise
                    [--require-coverage]           aims more seeds at each port call that was never crashed, and fails
                                                   when there is still one
                    [--minutes M]                  begins no seed later than that, and reports what there is
                    [--sites]                      lists every port call, not only the uncovered ones
npm run simulate -- --seed X [--aim PLACE] [--trace]
                                               one seed, a handler dying at that port call as well ('… before' or
                                               '… after' it; several --aim are possible); --trace prints every event
npm run simulate -- --explore                  the slot protocol in small fleets, completely
npm run simulate -- --replicas N [--from S]    N schedules of five replicas of shared state
npm run simulate -- --guards [--only TEXT] [--seeds N]
                                               takes every named clause away in turn, or those whose write or name has
                                               the text, and lists the survivors; N seeds (12 unless told otherwise) show
                                               what there is beside the scenes`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const aimed = ({ aims }: SimulationResult): string => aims.map((aim) => ` --aim '${aim}'`).join('');

/** The last events of a seed, by running it again: the same seed gives the same run. */
const replay = async (result: SimulationResult): Promise<void> => {
  const { lines, violations } = await simulate({ seed: result.seed, aims: result.aims, trace: true });
  print(`\nseed ${result.seed}: ${result.violations.length} violations; its last 40 events:`);
  print(lines.slice(-40).join('\n'));
  const [first] = result.violations;
  const same = violations[0]?.message === first?.message && violations[0]?.step === first?.step;
  print(same ? 'The replay met the same violation at the same step.' : 'THE REPLAY DIFFERS: something is not seeded.');
  print(`Again: npm run simulate -- --seed ${result.seed}${aimed(result)} --trace`);
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

/** What is to be done about places that the coverage misses. */
const explainMissing = (totals: Totals): void => {
  const missing = uncovered(totals);
  if (missing.length === 0) return;
  const unreached = missing.filter((site) => totals.sites.get(site)?.calls === 0);
  print(`\nNOT COVERED: ${missing.length} port calls in core were never crashed both before and after:`);
  for (const site of missing)
    print(`  core/${site}  ${unreached.includes(site) ? 'never reached' : 'reached, not crashed on both sides'}`);
  if (unreached.length > 0)
    print('What is never reached, nobody does: let somebody of test/simulation/ (office.ts, story.ts, modes/) do it.');
  if (unreached.length < missing.length) print('What is reached, more seeds cover: --seeds.');
};

interface Batch {
  readonly from: number;
  readonly count: number;
  readonly processes: number;
  readonly aims: readonly string[];
  readonly isAiming: boolean;
  /** No seed begins later. */
  readonly minutes: number;
}

/**
 * With `isAiming`, seeds that come to places again are run once more, with handlers dying there as well, until all places are
 * covered or no more come there.
 */
const runSeeds = async ({
  from,
  count,
  processes,
  aims,
  isAiming,
  minutes,
}: Batch): Promise<{ totals: Totals; secondsSpent: number }> => {
  const totals = newTotals();
  const bar = new ProgressBar();
  let wanted = count;
  const take = (result: SimulationResult): void => {
    addResult(totals, result);
    const open = isAiming ? `, ${uncovered(totals).length} port calls to cover` : '';
    bar.show(totals.seeds, wanted, `seeds, ${totals.failed.length} failed${open}`);
    if (result.violations.length > 0) bar.clear();
    for (const { rule, message } of result.violations.slice(0, 3))
      print(`\nseed ${result.seed}${aimed(result)}: ${rule}: ${message}`);
  };
  const seeds = Array.from({ length: count }, (_, index) => ({ seed: from + index, aims }));
  const isOver = (): boolean => bar.secondsSpent > 60 * minutes;
  await simulateSeeds(seeds, processes, take, isOver);
  let round = 0;
  // What fails already is to be mended first.
  const next = (): readonly Job[] =>
    isAiming && totals.failed.length === 0 && !isOver() ? aimedJobs(totals, round++) : [];
  for (let jobs = next(); jobs.length > 0; jobs = next()) {
    wanted += jobs.length;
    await simulateSeeds(jobs, processes, take, isOver);
  }
  bar.clear();
  return { totals, secondsSpent: bar.secondsSpent };
};

const exploreAll = (): number => {
  const explored = configurations.map((configuration) => ({
    name: configuration.name,
    ...new Explorer(configuration).run(),
  }));
  for (const { name, states, steps, violation } of explored) {
    print(`${String(states).padStart(8)} states ${String(steps).padStart(8)} steps  ${name}`);
    if (violation !== undefined) print(`${violation.rule}: ${violation.message}\n  ${violation.path.join('\n  ')}`);
  }
  const violations = explored.filter(({ violation }) => violation !== undefined).length;
  const states = explored.reduce((sum, fleet) => sum + fleet.states, 0);
  print(JSON.stringify({ fleets: explored.length, states, violations }));
  return Math.min(1, violations);
};

const verdictLine = ({ write, clauses: [clause, ...company], caught, chances }: Verdict): string => {
  if (caught === undefined) return `SURVIVES ${write} ${clause}  (decided in ${chances} seeds)`;
  const jointly = company.length === 0 ? '' : ` together with ${company.join(', ')}`;
  return `needed   ${write} ${clause}${jointly}: ${caught.rule}, by ${caught.by}`;
};

interface GuardsAsked {
  readonly from: number;
  readonly count: number;
  readonly processes: number;
  /** Part of the name of a write or clause. */
  readonly only: string;
}

const mutateGuards = async ({ from, count, processes, only }: GuardsAsked): Promise<number> => {
  const bar = new ProgressBar();
  const seeds = Array.from({ length: count }, (_, index) => ({ seed: from + index }));
  const simulateAll = async (): Promise<readonly SimulationResult[]> => {
    const results: SimulationResult[] = [];
    await simulateSeeds(seeds, processes, (result) => {
      results.push(result);
      bar.show(results.length, count, 'seeds');
    });
    // In the order of their numbers, whoever ended first.
    return results.toSorted((left, right) => left.seed - right.seed);
  };
  let done = 0;
  const verdicts = await judgeGuards({
    simulateAll,
    isAsked: (name) => name.includes(only),
    tell: (verdict, left) => {
      done += 1;
      bar.clear();
      print(verdictLine(verdict));
      bar.show(done, done + left, 'guards');
    },
  });
  bar.clear();
  const survivors = verdicts.filter(({ caught }) => caught === undefined);
  const needed = verdicts.length - survivors.length;
  print(
    JSON.stringify({
      guards: verdicts.length,
      needed,
      survivors: survivors.map(({ write, clauses }) => `${write} ${clauses.join('+')}`),
      seconds: Number(bar.secondsSpent.toFixed(1)),
    }),
  );
  return Math.min(1, survivors.length);
};

const options = {
  explore: { type: 'boolean', default: false },
  guards: { type: 'boolean', default: false },
  replicas: { type: 'string' },
  only: { type: 'string', default: '' },
  minutes: { type: 'string', default: 'Infinity' },
  seeds: { type: 'string' },
  from: { type: 'string', default: '1' },
  seed: { type: 'string' },
  aim: { type: 'string', multiple: true },
  trace: { type: 'boolean', default: false },
  sites: { type: 'boolean', default: false },
  processes: { type: 'string', default: String(availableParallelism()) },
  'require-coverage': { type: 'boolean', default: false },
} as const;

/** Schedules of replicas that are merged while everything goes wrong. */
const convergeReplicas = async (from: number, count: number): Promise<number> => {
  const totals = { schedules: count, changes: 0, faults: 0, divergences: 0 };
  for (let seed = from; seed < from + count; seed++) {
    const { changes, faults, divergences } = await playSchedule(seed);
    totals.changes += changes;
    totals.faults += faults;
    totals.divergences += divergences.length;
    for (const divergence of divergences) print(`seed ${seed}: ${divergence}`);
  }
  print(JSON.stringify(totals));
  return Math.min(1, totals.divergences);
};

interface Asked {
  readonly seed?: string | undefined;
  readonly seeds?: string | undefined;
  readonly guards: boolean;
  readonly 'require-coverage': boolean;
  readonly replicas?: string | undefined;
  readonly from: string;
}

/** Enough for guards that no scene has; for coverage two rounds of the dramas. */
const usual = ({ guards, 'require-coverage': isAiming }: Asked): number => {
  if (guards) return 12;
  return isAiming ? 22 : 100;
};

/** The first seed, and how many. */
const rangeOf = (asked: Asked): readonly [number, number] => {
  const { seed, seeds, replicas, from } = asked;
  return seed === undefined ? [Number(from), Number(replicas ?? seeds ?? usual(asked))] : [Number(seed), 1];
};

const isRange = (from: number, count: number): boolean => Number.isInteger(from + count) && count >= 1;

const processesOf = (text: string): number => Math.max(1, Math.trunc(Number(text)) || 1);

const traceSeed = async (seed: number, aims: readonly string[]): Promise<number> => {
  const { lines, violations } = await simulate({ seed, aims, trace: true });
  print(lines.join('\n'));
  return violations.length === 0 ? 0 : 1;
};

const main = async (): Promise<number> => {
  const values = readOptions(usage, options);
  const { aim: aims = [] } = values;
  const [from, count] = rangeOf(values);
  if (!isRange(from, count)) {
    print(usage);
    return 2;
  }
  const processes = processesOf(values.processes);
  if (values.guards) return mutateGuards({ from, count, processes, only: values.only });
  if (values.replicas !== undefined) return convergeReplicas(from, count);
  if (values.explore) return exploreAll();
  if (values.seed !== undefined && values.trace) return traceSeed(from, aims);
  const isAiming = values['require-coverage'];
  const { totals, secondsSpent } = await runSeeds({
    from,
    count,
    processes,
    aims,
    isAiming,
    minutes: Number(values.minutes),
  });
  for (const failed of totals.failed.slice(0, 3)) await replay(failed);
  report(totals, secondsSpent, values.sites);
  if (isAiming) explainMissing(totals);
  const unmet = [...totals.failed, ...(isAiming ? uncovered(totals) : [])];
  return Math.min(1, unmet.length);
};

process.exitCode = await main();
