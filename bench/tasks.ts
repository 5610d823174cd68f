import { fork } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';
import { bootPlatform } from '../scripts/boot-platform.ts';

const Result = z.looseObject({
  tasks: z.number(),
  concurrency: z.number(),
  tasksPerSecond: z.number(),
  /** Processor time of the agents and clients per task. */
  clientCpuMs: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
});
type Phase = z.infer<typeof Result> & {
  /** Processor time of the platform's process per task: gateway, queues, functions; not the engine, which is its own. */
  readonly platformCpuMs: number;
};
/** `ready` once, then a result for each phase. */
const Message = z.looseObject({ result: Result.optional() });

export interface TaskFigures {
  readonly phases: readonly Phase[];
  /** Billable units per plain task, from what happened in the sequential phase. */
  readonly unitsPerTask: Readonly<Record<string, number>>;
}

const perTask = (
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  tasks: number,
): Record<string, number> =>
  Object.fromEntries(Object.entries(after).map(([unit, total]) => [unit, (total - (before[unit] ?? 0)) / tasks]));

/** Runs plain tasks over sockets through the whole local platform; agents and clients are another process. */
export const measureTasks = async (payloadBytes: number, concurrentTasks = 1000): Promise<TaskFigures> => {
  const muster = await bootPlatform({ port: 0, log: () => undefined, progress: () => undefined });
  const phases = [
    { tasks: 200, concurrency: 1 },
    { tasks: concurrentTasks, concurrency: 50 },
  ];
  const { http, ws, apiKey, platform } = muster;
  const order = { http, ws, apiKey, agents: 5, slots: 20, payloadBytes, phases };
  const load = fork(join(import.meta.dirname, 'load.ts'), [JSON.stringify(order)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    return await new Promise<TaskFigures>((resolve, reject) => {
      const results: Phase[] = [];
      let cpuBefore = process.cpuUsage();
      let before = platform.meter.totals();
      let unitsPerTask: Record<string, number> = {};
      load.on('message', (raw) => {
        const { result } = Message.parse(raw);
        if (result === undefined) {
          before = platform.meter.totals();
          cpuBefore = process.cpuUsage();
          return;
        }
        const { user, system } = process.cpuUsage(cpuBefore);
        cpuBefore = process.cpuUsage();
        if (results.length === 0) unitsPerTask = perTask(before, platform.meter.totals(), result.tasks);
        results.push({ ...result, platformCpuMs: (user + system) / 1000 / result.tasks });
        if (results.length === phases.length) resolve({ phases: results, unitsPerTask });
      });
      load.on('exit', (code) => reject(new Error(`The load process ended with ${code} before it was done.`)));
    });
  } finally {
    load.kill();
    await muster.stop();
  }
};
