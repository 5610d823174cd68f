import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';

/** Where a client finds its service. Left out, the SDK decides from the function's environment. */
export interface ClientOptions {
  readonly region?: string;
  readonly endpoint?: string;
}

/**
 * Three attempts, exponential with full jitter, and short timeouts: a call ends within about fifteen seconds, before the
 * handler around it does. Connections are kept alive by default. One client per kind and function instance; building
 * one opens no connection, and a bundle holds only the kinds that it builds.
 */
const bounded = {
  maxAttempts: 3,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
} as const;

/** As long as nobody gives the SDK a logger, what it prepares for one at each call is a tenth of a call for nothing. */
const silent = <Client extends { readonly middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client => {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
};

/** For `dynamodb/create-dynamo-table.ts`. */
export const createTableClient = (options: ClientOptions = {}): DynamoDBClient =>
  silent(new DynamoDBClient({ ...bounded, ...options }));

/** For `sqs/queues.ts`. */
export const createSqsClient = (options: ClientOptions = {}): SQSClient =>
  silent(new SQSClient({ ...bounded, ...options }));

/** `endpoint` is the `https://…` address of the WebSocket API's stage. */
export const createSocketsClient = (
  options: ClientOptions & { readonly endpoint: string },
): ApiGatewayManagementApiClient => silent(new ApiGatewayManagementApiClient({ ...bounded, ...options }));

/** For `step-functions/executions.ts`. */
export const createStepFunctionsClient = (options: ClientOptions = {}): SFNClient =>
  silent(new SFNClient({ ...bounded, ...options }));

/** For `event-bridge/events.ts`. */
export const createEventBridgeClient = (options: ClientOptions = {}): EventBridgeClient =>
  silent(new EventBridgeClient({ ...bounded, ...options }));

/** For `vault/vault.ts`. */
export const createParametersClient = (options: ClientOptions = {}): SSMClient =>
  silent(new SSMClient({ ...bounded, ...options }));

/** For `secrets-manager/secrets.ts` and `vault/vault.ts`. */
export const createSecretsManagerClient = (options: ClientOptions = {}): SecretsManagerClient =>
  silent(new SecretsManagerClient({ ...bounded, ...options }));

/** For `scheduler/schedules.ts`. */
export const createSchedulerClient = (options: ClientOptions = {}): SchedulerClient =>
  new SchedulerClient({ ...bounded, ...options });
