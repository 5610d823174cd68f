import { randomUUID } from 'node:crypto';
import { NodeProcess } from './spawn-node.ts';
import { type Answer, type Muster, startMuster } from './start-muster.ts';
import { until } from './until.ts';

const ends = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'];

/** How agents are begun. */
interface BeginOptions {
  /** Each is called so, with a number. @default as its capability */
  readonly name?: string;
  /** A file of this folder. */
  readonly script?: string;
  /** Tasks at a time. */
  readonly slots?: number;
}

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

  /** Starts agents that share a capability, and waits until all are there. */
  async begin(
    capability: string,
    count: number,
    { name = capability, script = 'worker-process.ts', slots = 1 }: BeginOptions = {},
  ): Promise<readonly NodeProcess[]> {
    const { pathname } = new URL(script, import.meta.url);
    const begun = Array.from({ length: count }, (_, index) => {
      const { ws, apiKey } = this.muster;
      return new NodeProcess(pathname, [ws, apiKey, `${name}-${index}`, capability, String(slots)]);
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

  /** Starts a run of a definition and waits for its end. */
  async outcome(definition: Record<string, unknown>, input: unknown = null): Promise<Answer['body']> {
    return this.ended(await this.run(definition, input));
  }

  /** Cancels a run once it looks like this; the run as it ended. */
  async cancelled(runId: string, what: string, looks: (run: Answer['body']) => boolean): Promise<Answer['body']> {
    await this.when(runId, what, looks);
    // Again when a request is too short for a thousand tasks: each goes on where the one before ended.
    await until(`the cancel of ${runId} is taken`, async () => {
      const { status } = await this.muster.call(`POST /runs/${runId}/cancel`, { reason: 'enough' });
      if (status < 500 && status !== 200) throw new Error(`the cancel of ${runId} was answered with ${status}`);
      return status === 200;
    });
    return this.ended(runId);
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

  /** The run once it has ended. A large one is looked at less often. */
  ended(runId: string, timeoutMs = 60_000, everyMs = 100): Promise<Answer['body']> {
    const look = async () => {
      const run = await this.view(runId);
      return ends.includes(run.status) ? run : undefined;
    };
    return until(`${runId} ends`, look, { timeoutMs, everyMs });
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
