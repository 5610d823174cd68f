/**
 * What the parts of the local platform say to each other. Each part lives in one folder, talks to the others only
 * through these shapes, and knows AWS, never the application that runs on it.
 */

/** An error as an AWS service answers it: `code` is the name an SDK client sees as `error.name`. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly statusCode: number;
  constructor(code: string, message: string, statusCode = 400) {
    super(message);
    this.code = code;
    this.statusCode = statusCode;
  }
}

/** The time and the only source of timers, so that tests can move it. Times are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `action` once after `delayMs`; the returned function cancels it. Must not keep the process alive by itself. */
  after(delayMs: number, action: () => void): () => void;
}

export type ServiceName = 'lambda' | 'sqs' | 's3' | 'events' | 'states' | 'dynamodb' | 'secretsmanager' | 'execute-api';

/**
 * One call to an AWS service on behalf of a role, in that service's JSON protocol (the shapes of the AWS SDK for
 * JavaScript: `{ service: 'sqs', action: 'SendMessage', input: { QueueUrl, MessageBody } }`).
 * Refused with AccessDenied when the role's policies do not allow it. Throws {@link AwsError}.
 */
export type AwsCall = (call: {
  readonly service: ServiceName;
  readonly action: string;
  readonly input: Record<string, unknown>;
  readonly roleArn: string;
}) => Promise<Record<string, unknown>>;

/** What a function answered. `functionError` is set when it threw, timed out or died, as Lambda's `FunctionError`. */
export interface InvokeResult {
  readonly payload: unknown;
  readonly functionError?: 'Unhandled';
}

/** Runs Lambda functions. An unknown arn or name throws AwsError `ResourceNotFoundException`; a throttle `TooManyRequestsException`. */
export interface FunctionInvoker {
  invoke(functionArnOrName: string, event: unknown): Promise<InvokeResult>;
}

/** A service that answers AWS JSON-protocol operations (`X-Amz-Target: Prefix.Operation`). Throws {@link AwsError}. */
export interface JsonService {
  handle(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
}

/** Something that runs until it is stopped. `stop` ends its timers, sockets and processes and waits for them. */
export interface Running {
  stop(): Promise<void>;
}

/** Receives every billable thing that happens: `count('dynamodb.writeUnits', 2)`. */
export interface Meter {
  count(unit: string, amount: number): void;
}
