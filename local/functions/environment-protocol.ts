/** What an execution environment is told when it starts. */
export interface EnvironmentData {
  readonly codeDirectory: string;
  readonly handler: string;
  readonly functionName: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly allowsCallbacks: boolean;
  /** Where compiled code is kept from one start to the next, when the process keeps its own; else empty. */
  readonly compileCache: string;
}

/** An error as Lambda's Node.js runtime reports it. */
export interface LambdaErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
  readonly reason?: unknown;
}

export interface ToEnvironment {
  readonly type: 'invoke';
  readonly requestId: string;
  readonly invokedArn: string;
  readonly eventJson: string;
}

export type FromEnvironment =
  | { readonly type: 'ready' }
  /** It could not load its handler, or an exception escaped it: the environment is at its end. */
  | { readonly type: 'fatal'; readonly error: LambdaErrorPayload }
  | { readonly type: 'result'; readonly requestId: string; readonly resultJson: string }
  | { readonly type: 'error'; readonly requestId: string; readonly error: LambdaErrorPayload };
