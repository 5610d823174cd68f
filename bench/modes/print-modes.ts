import type { ModeFigures } from './measure-modes.ts';

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
const percent = (share: number): string => `${round(share * 100, 0)} %`;

/** Says what coordination saves, each figure with its ideal. */
export const printModes = ({ makespan, savings }: ModeFigures): void => {
  const { tasks, agents, taskSeconds, seconds, serialSeconds, idealSeconds, speedup, idealSpeedup } = makespan;
  process.stdout.write(
    `\n${tasks} tasks of ${taskSeconds} s on ${agents} agents, at once beside one after the other\n`,
  );
  process.stdout.write(
    `  ${round(speedup, 1)} × as fast (ideal ${round(idealSpeedup, 1)} ×): ${round(seconds, 2)} s, ideal ${idealSeconds} s, one after the other ${round(serialSeconds, 1)} s\n`,
  );
  process.stdout.write(`  the agents are at work ${percent(makespan.utilisation)} of that time (ideal 100 %)\n`);
  process.stdout.write("\nThe examples' steps by auto, beside one task after the other; every task takes as long\n");
  for (const { example, tasks: count, mode, saved, idealSaved, serialSeconds: serial, autoSeconds } of savings)
    process.stdout.write(
      `  ${example.padEnd(20)} ${percent(saved).padStart(5)} saved (ideal ${percent(idealSaved)}): ${count} tasks as ${mode}, ${round(autoSeconds, 1)} s instead of ${round(serial, 1)} s\n`,
    );
};
