import { availableParallelism } from 'node:os';
import { orRefuse, readOptions, wholeNumber } from '../scripts/parameters.ts';
import { type BundleFigures, measureBundles } from './bundles.ts';
import { measureDecision } from './decision.ts';
import { type EncodingFigures, measureEncodings } from './encoding.ts';
import { measureEngine } from './engine.ts';
import { measureModes } from './modes/measure-modes.ts';
import { printModes } from './modes/print-modes.ts';
import { measureTasks } from './tasks.ts';

const usage = `Measures Muster on this machine and prints ratios and counts.

Usage: npm run bench -- [--json] [--tasks N] [--modes]

  --modes    only what coordination saves
  --tasks N  tasks of the concurrent phase (default 1000)
  --json     print one line of JSON
`;

/** Conditional writes of a plain task: claim, task put, task end, release. */
const writesPerTask = 4;

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

const printBundles = ([clients, ...functions]: readonly [BundleFigures, ...BundleFigures[]]): void => {
  process.stdout.write('\nBundles, and their import beside that of the clients alone\n');
  for (const { name, kilobytes, importMs } of [clients, ...functions]) {
    const times = round(importMs / clients.importMs, 1);
    process.stdout.write(`  ${name.padEnd(32)} ${round(kilobytes, 0)} kB, ${round(importMs, 0)} ms, ${times} ×\n`);
  }
};

interface Busy {
  readonly concurrency: number;
  readonly tasksPerSecond: number;
  readonly platformCpuMs: number;
  readonly clientCpuMs: number;
}

/** What a task costs in processor time: where the machine is full, that is what bounds the rate, and not a wait. */
const printBound = (phases: readonly Busy[]): void => {
  const cores = availableParallelism();
  for (const { concurrency, tasksPerSecond, platformCpuMs, clientCpuMs } of phases) {
    const busy = (tasksPerSecond * (platformCpuMs + clientCpuMs)) / 1000;
    process.stdout.write(
      `  concurrency ${String(concurrency).padStart(2)}: ${round(platformCpuMs, 1)} ms of processor in the platform and ${round(clientCpuMs, 1)} ms in agents and clients a task: ${round(busy, 1)} of ${cores} cores, the engine's own not counted\n`,
    );
  }
};

const printEncodings = (figures: Readonly<Record<string, EncodingFigures>>): void => {
  process.stdout.write('\nFrames of a code review, in JSON and in the binary encoding\n');
  for (const [type, { frames, jsonBytes, binaryBytes, jsonUnits, binaryUnits, stowed }] of Object.entries(figures)) {
    const share = round(binaryBytes / jsonBytes);
    process.stdout.write(
      `  ${type.padEnd(16)} ${frames} frames: ${jsonUnits} billed units in JSON, ${binaryUnits} in binary; ${share} of the bytes; ${stowed} more by claim check\n`,
    );
  }
};

/** Only what coordination saves. */
const benchModes = async (isJson: boolean): Promise<void> => {
  const modes = await measureModes();
  if (isJson) process.stdout.write(`${JSON.stringify({ modes })}\n`);
  else printModes(modes);
};

const main = async (): Promise<void> => {
  const values = readOptions(usage, {
    json: { type: 'boolean', default: false },
    tasks: { type: 'string', default: '1000' },
    modes: { type: 'boolean', default: false },
  } as const);
  if (values.modes) return benchModes(values.json);
  const count = orRefuse(() => wholeNumber('--tasks', values.tasks, [1, 100_000]));
  const decisions = [await measureDecision(10), await measureDecision(10_000)];
  const engine = await measureEngine();
  const tasks = await measureTasks(1024, count);
  const modes = await measureModes();
  const bundles = await measureBundles();
  const encodings = await measureEncodings();
  const bound = engine.writesPerSecond / writesPerTask;
  const phases = tasks.phases.map((phase) => ({ ...phase, shareOfEngine: phase.tasksPerSecond / bound }));
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ decisions, engine, phases, unitsPerTask: tasks.unitsPerTask, modes, bundles, encodings })}\n`,
    );
    return;
  }
  process.stdout.write(
    `Engine alone: ${round(engine.writesPerSecond, 0)} conditional writes/s; write 20,000 is ${round(engine.lateToEarly)} × as fast as write 1,000\n\n`,
  );
  process.stdout.write('A routing decision (submit to assigned, in memory)\n');
  for (const { agents, readUnits, cpuMs } of decisions) {
    process.stdout.write(
      `  ${String(agents).padStart(6)} agents: ${round(readUnits, 1)} read units, ${round(cpuMs, 2)} ms of CPU\n`,
    );
  }
  process.stdout.write('\nPlain tasks over sockets, 1 KB in and out\n');
  for (const phase of phases) {
    process.stdout.write(
      `  concurrency ${String(phase.concurrency).padStart(2)}: ${round(phase.tasksPerSecond, 1)} tasks/s, p50 ${round(phase.p50Ms, 1)} ms, p99 ${round(phase.p99Ms, 1)} ms, ${round(phase.shareOfEngine)} of what the engine's writes allow\n`,
    );
  }
  printBound(phases);
  process.stdout.write('\nBillable units per task (concurrency 1)\n');
  for (const [unit, amount] of Object.entries(tasks.unitsPerTask))
    process.stdout.write(`  ${unit.padEnd(32)} ${round(amount)}\n`);
  printModes(modes);
  printBundles(bundles);
  printEncodings(encodings);
};

await main();
