/** One Lambda function as its template describes it. `arn` is unqualified; `environment` is all its code can see. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  readonly codeDirectory: string;
  /** `file.export`, as Lambda's `Handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly reservedConcurrency?: number;
  readonly roleArn?: string;
  /** Lambda's runtime identifier. Without it callback handlers are accepted as well. */
  readonly runtime?: string;
}

/** What a function's `EventInvokeConfig` and dead-letter queue say about events that nobody waits for. */
export interface AsyncPolicy {
  readonly functionName: string;
  readonly functionArn: string;
  /** The function's role, on whose behalf results are sent on. */
  readonly roleArn: string;
  /** @default 2 */
  readonly maximumRetryAttempts?: number | undefined;
  /** @default 6 hours */
  readonly maximumEventAgeSeconds?: number | undefined;
  readonly onSuccessArn?: string | undefined;
  readonly onFailureArn?: string | undefined;
  readonly deadLetterArn?: string | undefined;
}

/** Faults to inject, asked once per invocation. Absent members inject nothing. */
export interface FunctionChaos {
  /** True starts a new environment although a warm one is idle. */
  forcesColdStart?(functionName: string): boolean;
  /** True refuses the invocation with `TooManyRequestsException`. */
  throttles?(functionName: string): boolean;
  /** How long the event is held back before it reaches an environment. */
  delayMs?(functionName: string): number;
}

/** What {@link describe} tells of one function: counters since the start, and the durations of its cold starts. */
export interface FunctionDescription {
  readonly name: string;
  readonly arn: string;
  readonly environments: number;
  readonly waiting: number;
  readonly invocations: number;
  readonly errors: number;
  readonly coldStarts: number;
  /** The most recent 100. */
  readonly coldStartMs: readonly number[];
  readonly busyMs: number;
}
