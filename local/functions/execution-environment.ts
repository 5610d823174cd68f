import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../contract.ts';
import type { EnvironmentData, FromEnvironment, LambdaErrorPayload } from './environment-protocol.ts';
import type { FunctionDefinition } from './function-definition.ts';

/**
 * Time Lambda gives the initialisation; one that takes longer is then given the function's own time.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
const initLimitMs = 10_000;

/** The part of an environment's memory that is code and native state; below it Node does not start. */
const leastHeapMb = 64;

/** How one invocation ended. `environmentIsGone` says that the environment must not be used again. */
export interface Outcome {
  readonly json?: string;
  readonly error?: LambdaErrorPayload;
  readonly environmentIsGone: boolean;
  readonly durationMs: number;
}

export interface Invocation {
  readonly requestId: string;
  readonly invokedArn: string;
  readonly eventJson: string;
}

let bootstrapUrl: URL | undefined;

/**
 * The bootstrap as a `data:` module: a worker that loads a TypeScript file loads the whole type stripper first, which
 * doubles a cold start (45 ms instead of 20).
 */
function findBootstrap(): URL {
  if (bootstrapUrl) return bootstrapUrl;
  const source = readFileSync(new URL('./bootstrap.ts', import.meta.url), 'utf8');
  const warn = process.emitWarning.bind(process);
  process.emitWarning = () => undefined; // stripTypeScriptTypes announces that it is experimental
  try {
    bootstrapUrl = new URL(`data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(source))}`);
  } finally {
    process.emitWarning = warn;
  }
  return bootstrapUrl;
}

function reservedVariables(definition: FunctionDefinition, logStreamName: string): Record<string, string> {
  const region = definition.arn.split(':')[3] ?? 'us-east-1';
  return {
    _HANDLER: definition.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime ?? 'nodejs24.x'}`,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: definition.codeDirectory,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
  };
}

function allowsCallbacks(runtime: string | undefined): boolean {
  const major = Number(/^nodejs(\d+)\.x$/.exec(runtime ?? '')?.[1] ?? 0);
  return major < 24;
}

/** One worker thread that runs one function, one event at a time, with nothing shared but the process. */
export class ExecutionEnvironment {
  readonly #worker: Worker;
  readonly #definition: FunctionDefinition;
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  readonly #startedAt = performance.now();
  #initMs: number | undefined;
  #initError: LambdaErrorPayload | undefined;
  #isGone = false;
  #isStopping = false;
  #pending:
    | { readonly invocation: Invocation; readonly settle: (outcome: Omit<Outcome, 'durationMs'>) => void }
    | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(definition: FunctionDefinition, clock: Clock, log: (line: string) => void) {
    this.#definition = definition;
    this.#clock = clock;
    this.#log = log;
    const logStreamName = `${new Date(clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]local`;
    const workerData: EnvironmentData = {
      codeDirectory: definition.codeDirectory,
      handler: definition.handler,
      functionName: definition.name,
      memoryMb: definition.memoryMb,
      timeoutMs: definition.timeoutMs,
      logGroupName: `/aws/lambda/${definition.name}`,
      logStreamName,
      allowsCallbacks: allowsCallbacks(definition.runtime),
      compileCache: process.env['NODE_COMPILE_CACHE'] ?? '',
    };
    const usesSourceMaps = definition.environment['NODE_OPTIONS']?.includes('--enable-source-maps') ?? false;
    this.#worker = new Worker(findBootstrap(), {
      workerData,
      env: { ...reservedVariables(definition, logStreamName), ...definition.environment },
      // The one Node option of a function's own that a worker can take; maps are read at load and so cost start-up time.
      execArgv: usesSourceMaps ? ['--enable-source-maps'] : [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: Math.max(leastHeapMb, definition.memoryMb) },
      name: definition.name,
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) createInterface({ input: stream }).on('line', log);
    this.#worker.on('message', (message: FromEnvironment) => this.#receive(message));
    this.#worker.on('error', (error) => this.#die(this.#describeDeath(error)));
    this.#worker.on('exit', (code) => this.#die(this.#exitError(code)));
    this.#cancelTimer = clock.after(initLimitMs, () => this.#giveItsOwnTime());
  }

  /** Duration of the initialisation, once it has ended. */
  get initMs(): number | undefined {
    return this.#initMs;
  }

  /** Runs one event. Must not be called again before the promise settles. Never rejects. */
  async run(invocation: Invocation): Promise<Outcome> {
    let startedAt = performance.now();
    const outcome = await new Promise<Omit<Outcome, 'durationMs'>>((resolve) => {
      this.#pending = { invocation, settle: resolve };
      if (this.#isGone) this.#die(this.#initError ?? this.#exitError(1));
      else if (this.#initMs !== undefined) {
        startedAt = performance.now();
        this.#deliver(invocation);
      }
    });
    // As Lambda's runtime writes it, so that an error that nobody handles is seen.
    if (outcome.error !== undefined && !this.#isStopping)
      this.#log(`ERROR\tInvoke Error\t${JSON.stringify(outcome.error)}`);
    return { ...outcome, durationMs: performance.now() - startedAt };
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#die(this.#exitError(0));
    await this.#worker.terminate();
  }

  #deliver(invocation: Invocation): void {
    this.#cancelTimer = this.#clock.after(this.#definition.timeoutMs, () =>
      this.#timeOut(invocation.requestId, this.#definition.timeoutMs),
    );
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
    this.#worker.postMessage({ type: 'invoke', ...invocation });
  }

  /** Lambda would begin the initialisation once more; here it goes on, which comes to the same sooner. */
  #giveItsOwnTime(): void {
    const { timeoutMs } = this.#definition;
    this.#cancelTimer = this.#clock.after(timeoutMs, () => this.#timeOut('init', timeoutMs));
  }

  #receive(message: FromEnvironment): void {
    if (this.#isGone) return;
    switch (message.type) {
      case 'ready':
        this.#cancelTimer();
        this.#initMs = performance.now() - this.#startedAt;
        if (this.#pending) this.#deliver(this.#pending.invocation);
        return;
      case 'fatal':
        this.#die(message.error);
        return;
      case 'result':
        this.#settle({ json: message.resultJson, environmentIsGone: false });
        return;
      case 'error':
        this.#settle({ error: message.error, environmentIsGone: false });
        return;
    }
  }

  #settle(outcome: Omit<Outcome, 'durationMs'>): void {
    this.#cancelTimer();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.settle(outcome);
  }

  #die(error: LambdaErrorPayload): void {
    this.#isGone = true;
    this.#initError ??= error;
    this.#settle({ error, environmentIsGone: true });
    // terminate() interrupts even a busy loop; a worker that has ended ignores it.
    void this.#worker.terminate();
  }

  #timeOut(requestId: string, limitMs: number): void {
    const id = this.#pending?.invocation.requestId ?? requestId;
    const errorMessage = `${id} Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
    this.#die({ errorType: 'Sandbox.Timedout', errorMessage });
  }

  #exitError(code: number): LambdaErrorPayload {
    const reason = code === 0 ? 'exited without providing a reason' : `exited with error: exit status ${code}`;
    const id = this.#pending?.invocation.requestId ?? 'unknown';
    return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${id} Error: Runtime ${reason}` };
  }

  #describeDeath(error: unknown): LambdaErrorPayload {
    const isOutOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const id = this.#pending?.invocation.requestId ?? 'unknown';
    return isOutOfMemory
      ? {
          errorType: 'Runtime.ExitError',
          errorMessage: `RequestId: ${id} Error: Runtime exited with error: signal: killed`,
        }
      : this.#exitError(1);
  }
}
