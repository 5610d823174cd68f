import type { Running } from '../contract.ts';

/** Things that run, to be stopped in the reverse order of their start. */
export class StopStack implements Running {
  readonly #running: Running[] = [];

  keep<Kept extends Running>(running: Kept): Kept {
    this.#running.push(running);
    return running;
  }

  /** Stops everything even when some of it fails to stop. @throws AggregateError of the failures */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (let next = this.#running.pop(); next !== undefined; next = this.#running.pop()) {
      await next.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the platform did not stop cleanly');
  }
}

/** Things that run side by side and are stopped so: pollers, each of which may wait a second for its last answer. */
export class StopGroup implements Running {
  readonly #running: Running[] = [];

  keep(running: Running): void {
    this.#running.push(running);
  }

  /** Stops everything at once, even when some of it fails to stop. @throws AggregateError of the failures */
  async stop(): Promise<void> {
    const results = await Promise.allSettled(this.#running.splice(0).map((running) => running.stop()));
    const failures = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, 'a part of the platform did not stop cleanly');
  }
}
