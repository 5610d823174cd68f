import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { AwsError, type Clock, type InvokeResult, type Meter } from '../contract.ts';
import { ExecutionEnvironment, type Outcome } from './execution-environment.ts';
import type { FunctionChaos, FunctionDefinition, FunctionDescription } from './function-definition.ts';

/** An idle environment is kept this long; Lambda's own span is undocumented and of this order. */
const idleLimitMs = 5 * 60_000;

/**
 * Threads of one function on one machine. More only contend for its few cores, each with a compiler and a heap of its own:
 * on two cores, ten took 1.6 times the processor time of four for the same work, and twice the memory.
 */
export const defaultEnvironments = (cores: number): number => Math.min(10, Math.max(4, 2 * cores));

const rememberedColdStarts = 100;

export interface PoolOptions {
  readonly definition: FunctionDefinition;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: (functionName: string, line: string) => void;
  readonly chaos?: FunctionChaos | undefined;
  /** The most environments at once. @default {@link defaultEnvironments} of this machine */
  readonly mostEnvironments?: number | undefined;
}

interface Idle {
  readonly environment: ExecutionEnvironment;
  readonly cancelExpiry: () => void;
}

/** The execution environments of one function: warm ones are reused newest first, more are started on demand. */
export class FunctionPool {
  readonly #options: PoolOptions;
  readonly #idle: Idle[] = [];
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #waiting: { readonly start: () => void; readonly refuse: (error: Error) => void }[] = [];
  readonly #coldStartMs: number[] = [];
  #running = 0;
  #admitted = 0;
  #invocations = 0;
  #errors = 0;
  #coldStarts = 0;
  #busyMs = 0;
  #isStopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async invoke(invokedArn: string, eventJson: string): Promise<InvokeResult> {
    this.#checkAdmission();
    this.#admitted += 1;
    try {
      return await this.#invokeAdmitted(invokedArn, eventJson);
    } finally {
      this.#admitted -= 1;
    }
  }

  async #invokeAdmitted(invokedArn: string, eventJson: string): Promise<InvokeResult> {
    const { definition, meter, chaos, clock } = this.#options;
    const delayMs = chaos?.delayMs?.(definition.name) ?? 0;
    if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
    await this.#enter();
    meter.count('lambda.requests', 1);
    this.#invocations += 1;
    const environment = this.#take(chaos?.forcesColdStart?.(definition.name) ?? false);
    const isCold = environment.initMs === undefined;
    const outcome = await environment.run({ requestId: randomUUID(), invokedArn, eventJson });
    this.#account(environment, outcome, isCold);
    if (outcome.environmentIsGone) this.#all.delete(environment);
    else this.#keep(environment);
    this.#leave();
    return toResult(outcome);
  }

  /** Beyond what is reserved Lambda refuses; short of it what the machine has no room for waits. */
  #checkAdmission(): void {
    const { definition, chaos } = this.#options;
    const { reservedConcurrency: reserved = Number.POSITIVE_INFINITY } = definition;
    if (this.#admitted >= reserved || chaos?.throttles?.(definition.name)) {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    }
  }

  describe(): FunctionDescription {
    return {
      name: this.#options.definition.name,
      arn: this.#options.definition.arn,
      environments: this.#all.size,
      waiting: this.#waiting.length,
      invocations: this.#invocations,
      errors: this.#errors,
      coldStarts: this.#coldStarts,
      coldStartMs: [...this.#coldStartMs],
      busyMs: this.#busyMs,
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(stoppedError());
    for (const idle of this.#idle.splice(0)) idle.cancelExpiry();
    await Promise.all([...this.#all].map((environment) => environment.stop()));
    this.#all.clear();
  }

  #enter(): Promise<void> {
    if (this.#isStopped) return Promise.reject(stoppedError());
    const { mostEnvironments = defaultEnvironments(availableParallelism()) } = this.#options;
    if (this.#running < mostEnvironments) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.#waiting.push({ start: resolve, refuse: reject }));
  }

  /** Hands the place on to the one that waits longest, so that nobody overtakes. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next.start();
    else this.#running -= 1;
  }

  #take(forcesColdStart: boolean): ExecutionEnvironment {
    const idle = this.#idle.pop();
    idle?.cancelExpiry();
    if (idle && !forcesColdStart) return idle.environment;
    if (idle) this.#end(idle.environment);
    const { definition, clock, log } = this.#options;
    const environment = new ExecutionEnvironment(definition, clock, (line) => log(definition.name, line));
    this.#all.add(environment);
    return environment;
  }

  #keep(environment: ExecutionEnvironment): void {
    if (this.#isStopped) return this.#end(environment);
    const idle: Idle = {
      environment,
      cancelExpiry: this.#options.clock.after(idleLimitMs, () => {
        this.#idle.splice(this.#idle.indexOf(idle), 1);
        this.#end(environment);
      }),
    };
    this.#idle.push(idle);
  }

  #end(environment: ExecutionEnvironment): void {
    this.#all.delete(environment);
    void environment.stop();
  }

  #account(environment: ExecutionEnvironment, outcome: Outcome, isCold: boolean): void {
    const { definition, meter } = this.#options;
    meter.count('lambda.gbMs', (definition.memoryMb / 1024) * Math.ceil(outcome.durationMs));
    this.#busyMs += outcome.durationMs;
    if (outcome.error) this.#errors += 1;
    if (!isCold) return;
    this.#coldStarts += 1;
    this.#coldStartMs.push(environment.initMs ?? outcome.durationMs);
    if (this.#coldStartMs.length > rememberedColdStarts) this.#coldStartMs.shift();
  }
}

function toResult(outcome: Outcome): InvokeResult {
  return outcome.error
    ? { payload: outcome.error, functionError: 'Unhandled' }
    : { payload: JSON.parse(outcome.json ?? 'null') };
}

function stoppedError(): AwsError {
  return new AwsError('ServiceException', 'The local platform is stopping.', 500);
}
