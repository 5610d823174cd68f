import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type SimulationOptions, type SimulationResult, simulate } from '#test/simulation/simulate.ts';

const script = fileURLToPath(import.meta.url);

/** Maps and all: a result arrives as it was sent. */
interface Finished {
  readonly result: SimulationResult;
}

const isFinished = (message: unknown): message is Finished =>
  typeof message === 'object' && message !== null && 'result' in message;

/** A seed, and the places that it is aimed at, if any. */
export type Job = Pick<SimulationOptions, 'seed' | 'aims'>;

/** Simulates seeds in as many processes, until it is over; tells each result as it comes, in any order. */
export const simulateSeeds = async (
  jobs: readonly Job[],
  processes: number,
  tell: (result: SimulationResult) => void,
  isOver: () => boolean = () => false,
): Promise<void> => {
  let next = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(script, [], { serialization: 'advanced' });
      let current: Job | undefined;
      const goOn = (): void => {
        current = isOver() ? undefined : jobs[next++];
        if (current === undefined) child.disconnect();
        else child.send(current);
      };
      child.on('message', (message) => {
        if (isFinished(message)) tell(message.result);
        goOn();
      });
      child.on('exit', (code) =>
        current === undefined
          ? resolve()
          : reject(new Error(`The process ended with ${code} in seed ${current.seed}.`)),
      );
      goOn();
    });
  await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, work));
};

const isJob = (message: unknown): message is Job =>
  typeof message === 'object' && message !== null && 'seed' in message;

// Only where it is a process of its own: whoever listens for messages keeps a process alive that has a channel.
if (process.argv[1] === script)
  process.on('message', (message) => {
    if (isJob(message)) void simulate(message).then((result) => process.send?.({ result }));
  });
