import { randomUUID } from 'node:crypto';
import { NodeProcess } from './spawn-node.ts';
import { type Answer, type Muster, startMuster } from './start-muster.ts';
import { until } from './until.ts';

const ends = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'];

/** A platform, agents in processes of their own, and what tests of a mode do with them. */
export class Fleet {
  readonly muster: Muster;
  readonly #workers: NodeProcess[] = [];

  private constructor(muster: Muster) {
    this.muster = muster;
  }

  static async start(): Promise<Fleet> {
    return new Fleet(await startMuster());
  }

  /** Starts agents that share a capability, and waits until all are there. `script` is a file of this folder. */
  async begin(capability: string, count: number, script = 'worker-process.ts'): Promise<readonly NodeProcess[]> {
    const { pathname } = new URL(script, import.meta.url);
    const begun = Array.from({ length: count }, (_, index) => {
      const name = `${capability}-${index}`;
      return new NodeProcess(pathname, [this.muster.ws, this.muster.apiKey, name, capability]);
    });
    this.#workers.push(...begun);
    await until('all are connected', () => begun.every(({ lines }) => lines.includes('connected')), {
      timeoutMs: 60_000,
    });
    return begun;
  }

  /** Stores a workflow under a name of its own, as far as it is taken. */
  define(definition: Record<string, unknown>): Promise<Answer> {
    return this.muster.call('POST /workflows', { name: `w-${randomUUID()}`, ...definition });
  }

  /** Starts a run of a definition; the run's id. */
  async run(definition: Record<string, unknown>, input: unknown = null): Promise<string> {
    const stored = await this.define(definition);
    if (stored.status !== 201) throw new Error(`not taken: ${JSON.stringify(stored.body)}`);
    return (await this.muster.call('POST /runs', { workflow: stored.body.name, input })).body.runId;
  }

  async view(runId: string): Promise<Answer['body']> {
    return (await this.muster.call(`GET /runs/${runId}`)).body;
  }

  /** The run once it has ended. */
  ended(runId: string, timeoutMs = 60_000): Promise<Answer['body']> {
    const look = async () => {
      const run = await this.view(runId);
      return ends.includes(run.status) ? run : undefined;
    };
    return until(`${runId} ends`, look, { timeoutMs, everyMs: 100 });
  }

  /** The run once it looks like this. */
  when(runId: string, what: string, looks: (run: Answer['body']) => boolean): Promise<Answer['body']> {
    return until(what, async () => {
      const run = await this.view(runId);
      return looks(run) ? run : undefined;
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
    await this.muster.stop();
  }
}

/** Each step's status. */
export const stepsOf = (run: Answer['body']): Record<string, string> =>
  Object.fromEntries(run.steps.map(({ step, status }: { step: string; status: string }) => [step, status]));
