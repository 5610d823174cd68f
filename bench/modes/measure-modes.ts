import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Json } from '#core/contract/json.ts';
import type { WorkflowDefinitionInput } from '#core/contract/workflow.ts';
import { Client, Operator } from '#sdk/index.ts';
import { bootPlatform, type LocalMuster } from '../../scripts/boot-platform.ts';
import { byAuto, type ExampleWork, exampleWork, oneByOne } from './example-work.ts';

const agents = 10;
const independentTasks = 20;
const independentMs = 1000;
const exampleTaskMs = 500;

/** A run as it went: seconds from its start to its end, and of work in it. */
interface Went {
  readonly seconds: number;
  readonly workSeconds: number;
  readonly tasks: number;
  readonly mode: string;
  /** With nothing to hand over, all agents at work on each stage. */
  readonly idealTurns: number;
}

/** Tasks that need nothing of each other. */
export interface MakespanFigures {
  readonly tasks: number;
  readonly agents: number;
  readonly taskSeconds: number;
  readonly seconds: number;
  readonly serialSeconds: number;
  /** With nothing to hand over. */
  readonly idealSeconds: number;
  readonly speedup: number;
  readonly idealSpeedup: number;
  /** Share of the agents' time at work between the run's start and end. */
  readonly utilisation: number;
}

/** An example's steps, one task after the other and by `auto`. */
export interface SavingFigures {
  readonly example: string;
  readonly tasks: number;
  readonly mode: string;
  readonly serialSeconds: number;
  readonly autoSeconds: number;
  readonly saved: number;
  /** With nothing to hand over: a chain saves nothing. */
  readonly idealSaved: number;
}

export interface ModeFigures {
  readonly makespan: MakespanFigures;
  readonly savings: readonly SavingFigures[];
}

class Bench {
  readonly #client: Client;
  readonly #operator: Operator;

  constructor({ http, ws, apiKey }: LocalMuster) {
    this.#client = new Client({ url: http, socketUrl: ws, apiKey });
    this.#operator = new Operator({ url: http, apiKey });
  }

  async run(definition: WorkflowDefinitionInput, input: Json): Promise<Went> {
    const { mode } = await this.#client.putWorkflow(definition);
    const { runId } = await this.#client.startRun({ workflow: definition.name, input });
    const { status, error } = await this.#client.waitForRun(runId);
    if (status !== 'SUCCEEDED') throw new Error(`${definition.name} ended ${status}: ${error?.message}`);
    const { wallMs, workMs, entries } = await this.#operator.getTimeline(runId);
    const stages = Map.groupBy(entries, ({ stage }) => stage);
    const idealTurns = [...stages.values()].reduce((sum, { length }) => sum + Math.ceil(length / agents), 0);
    return { seconds: wallMs / 1000, workSeconds: workMs / 1000, tasks: entries.length, mode, idealTurns };
  }

  close(): void {
    this.#client.close();
  }
}

const startSleepers = async ({ ws, apiKey }: LocalMuster): Promise<() => Promise<void>> => {
  const outputs = Object.assign({}, ...exampleWork.map((work) => work.outputs));
  const order = { ws, apiKey, agents, taskMs: exampleTaskMs, durations: { second: independentMs }, outputs };
  const child = fork(join(import.meta.dirname, 'sleepers.ts'), [JSON.stringify(order)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => Promise.reject(new Error(`The agents ended with ${code} before they began.`))),
  ]);
  return async () => {
    child.send('stop');
    await exited;
  };
};

const measureMakespan = async (bench: Bench): Promise<MakespanFigures> => {
  const tasks = Array.from({ length: independentTasks }, (_, index) => ({ id: `t${index}`, type: 'second' }));
  const atOnce = await bench.run({ mode: 'parallel', name: 'at-once', maxParallelAgents: agents, tasks }, null);
  const serial = await bench.run({ mode: 'sequential', name: 'serial', steps: tasks }, null);
  const serialIdeal = (independentTasks * independentMs) / 1000;
  const idealSeconds = (Math.ceil(independentTasks / agents) * independentMs) / 1000;
  return {
    tasks: independentTasks,
    agents,
    taskSeconds: independentMs / 1000,
    seconds: atOnce.seconds,
    serialSeconds: serial.seconds,
    idealSeconds,
    speedup: serial.seconds / atOnce.seconds,
    idealSpeedup: serialIdeal / idealSeconds,
    utilisation: atOnce.workSeconds / (agents * atOnce.seconds),
  };
};

const measureSaving = async (bench: Bench, work: ExampleWork): Promise<SavingFigures> => {
  const serial = await bench.run(oneByOne(work), work.input);
  const auto = await bench.run(byAuto(work), work.input);
  return {
    example: work.name,
    tasks: auto.tasks,
    mode: auto.mode,
    serialSeconds: serial.seconds,
    autoSeconds: auto.seconds,
    saved: 1 - auto.seconds / serial.seconds,
    idealSaved: 1 - auto.idealTurns / auto.tasks,
  };
};

/**
 * Measures what coordination saves, on the local platform with agents that take a fixed time for each task: 20 tasks at
 * once beside one after the other, and the examples' steps by `auto` beside one task after the other.
 */
export const measureModes = async (): Promise<ModeFigures> => {
  const muster = await bootPlatform({ port: 0, log: () => undefined, progress: () => undefined });
  let stopSleepers = async (): Promise<void> => undefined;
  try {
    stopSleepers = await startSleepers(muster);
    const bench = new Bench(muster);
    // Every function has begun once by then.
    const steps = ['a', 'b'].map((id) => ({ id, type: 'warm' }));
    await bench.run({ mode: 'sequential', name: 'warm', steps }, null);
    const makespan = await measureMakespan(bench);
    const savings: SavingFigures[] = [];
    for (const work of exampleWork) savings.push(await measureSaving(bench, work));
    bench.close();
    return { makespan, savings };
  } finally {
    await stopSleepers();
    await muster.stop();
  }
};
