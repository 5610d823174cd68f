/** Step Functions as the engine uses it. */
export interface Executions {
  /** Starts the mode's state machine under the run's id; one that was started before is a success. Returns its ARN. */
  start(request: { readonly mode: string; readonly runId: string; readonly input: unknown }): Promise<string>;
  /** Ends an execution; one that has ended is no error. */
  stop(executionArn: string, reason: string): Promise<void>;
  status(executionArn: string): Promise<'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'UNKNOWN'>;
  /** Answers a task token. `gone`: nobody waits for it any more, which counts as delivered. */
  succeed(taskToken: string, output: unknown): Promise<'delivered' | 'gone'>;
  fail(taskToken: string, error: string, cause: string): Promise<'delivered' | 'gone'>;
}
