import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type SimulationResult, simulate } from '#test/simulation/simulate.ts';

const script = fileURLToPath(import.meta.url);

/** Maps and all: a result arrives as it was sent. */
interface Finished {
  readonly result: SimulationResult;
}

const isFinished = (message: unknown): message is Finished =>
  typeof message === 'object' && message !== null && 'result' in message;

/** Simulates seeds in as many processes; tells each result as it comes, in any order. */
export const simulateSeeds = async (
  seeds: readonly number[],
  processes: number,
  tell: (result: SimulationResult) => void,
): Promise<void> => {
  let next = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(script, [], { serialization: 'advanced' });
      let current: number | undefined;
      const goOn = (): void => {
        current = seeds[next++];
        if (current === undefined) child.disconnect();
        else child.send(current);
      };
      child.on('message', (message) => {
        if (isFinished(message)) tell(message.result);
        goOn();
      });
      child.on('exit', (code) =>
        current === undefined ? resolve() : reject(new Error(`The process ended with ${code} in seed ${current}.`)),
      );
      goOn();
    });
  await Promise.all(Array.from({ length: Math.min(processes, seeds.length) }, work));
};

process.on('message', (seed) => {
  if (typeof seed !== 'number') return;
  void simulate({ seed }).then((result) => process.send?.({ result }));
});
