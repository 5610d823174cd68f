import { createApiGatewaySockets } from '#adapters/api-gateway/sockets.ts';
import {
  createEventBridgeClient,
  createParametersClient,
  createSchedulerClient,
  createSecretsManagerClient,
  createSocketsClient,
  createSqsClient,
  createStepFunctionsClient,
  createTableClient,
} from '#adapters/aws-clients.ts';
import { createDynamoTable } from '#adapters/dynamodb/create-dynamo-table.ts';
import { createEventBridgeEvents } from '#adapters/event-bridge/events.ts';
import { createOidcTokens, noTokens } from '#adapters/oidc/tokens.ts';
import { createS3Payloads } from '#adapters/s3/payloads.ts';
import { createSchedulerSchedules } from '#adapters/scheduler/schedules.ts';
import { createSecretsManagerSecrets } from '#adapters/secrets-manager/secrets.ts';
import { createSqsQueues } from '#adapters/sqs/queues.ts';
import { createStepFunctionsExecutions } from '#adapters/step-functions/executions.ts';
import { createVault } from '#adapters/vault/vault.ts';
import { IdentityProvider, StateMachines } from '#core/contract/env.ts';
import { readJson } from '#core/contract/json.ts';
import type { Events } from '#core/ports/events.ts';
import type { Executions } from '#core/ports/executions.ts';
import type { Payloads } from '#core/ports/payloads.ts';
import type { Queues } from '#core/ports/queues.ts';
import type { Schedules } from '#core/ports/schedules.ts';
import type { Secrets } from '#core/ports/secrets.ts';
import type { Sockets } from '#core/ports/sockets.ts';
import type { Tokens } from '#core/ports/tokens.ts';
import type { Vault } from '#core/ports/vault.ts';
import type { Table } from '#core/table/table.ts';
import { ConfigurationError, optionalVariable, type Variables, variable } from './environment.ts';

/**
 * One factory for each port. A function names those that it uses, so that its bundle holds only their clients; each is
 * called when the port is first used.
 */
export const tablePort = (variables: Variables): Table =>
  createDynamoTable({ client: createTableClient(), tableName: variable(variables, 'tableName') });

/** The SDK's own variable for the endpoint comes first: it is how frames reach sockets that are not of this stack. */
export const socketsPort = (variables: Variables): Sockets =>
  createApiGatewaySockets({
    client: createSocketsClient({
      endpoint: variables['AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI'] ?? variable(variables, 'socketEndpoint'),
    }),
  });

/** Most functions may send to some of the queues only; using the other one names the variable that is missing. */
export const queuesPort = (variables: Variables): Queues => {
  const queues = createSqsQueues({
    client: createSqsClient(),
    tasksQueueUrl: optionalVariable(variables, 'tasksQueueUrl') ?? '',
    timersQueueUrl: optionalVariable(variables, 'timersQueueUrl') ?? '',
    effectsQueueUrl: optionalVariable(variables, 'effectsQueueUrl') ?? '',
  });
  return {
    sendTasks: async (tenant, messages) => {
      variable(variables, 'tasksQueueUrl');
      await queues.sendTasks(tenant, messages);
    },
    sendTimer: async (message, delaySeconds) => {
      variable(variables, 'timersQueueUrl');
      await queues.sendTimer(message, delaySeconds);
    },
    sendEffect: async (key) => {
      variable(variables, 'effectsQueueUrl');
      await queues.sendEffect(key);
    },
  };
};

const parseStateMachines = (text: string): StateMachinesByMode => {
  try {
    return StateMachines.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConfigurationError('STATE_MACHINES is not a JSON object of mode and state machine.', { cause });
  }
};

type StateMachinesByMode = Readonly<Record<string, unknown>>;

/** Without state machines a function can answer tokens, and nothing else. */
export const executionsPort = (variables: Variables): Executions => {
  const text = optionalVariable(variables, 'stateMachines');
  return createStepFunctionsExecutions({
    client: createStepFunctionsClient(),
    stateMachines: text === undefined ? {} : parseStateMachines(text),
  });
};

export const eventsPort = (variables: Variables): Events =>
  createEventBridgeEvents({ client: createEventBridgeClient(), busName: variable(variables, 'busName') });

export const payloadsPort = (variables: Variables): Payloads =>
  createS3Payloads({ bucket: variable(variables, 'payloadsBucket') });

const parseProvider = (text: string): IdentityProvider => {
  const parsed = IdentityProvider.safeParse(readJson(text));
  if (!parsed.success) throw new ConfigurationError('IDENTITY_PROVIDER is not a JSON object that names an issuer.');
  return parsed.data;
};

/** Without an issuer no token is trusted. */
export const tokensPort = (variables: Variables): Tokens => {
  const text = optionalVariable(variables, 'identityProvider');
  return text === undefined ? noTokens : createOidcTokens(parseProvider(text));
};

export const secretsPort = (variables: Variables): Secrets =>
  createSecretsManagerSecrets({
    client: createSecretsManagerClient(),
    secretArn: variable(variables, 'bootstrapSecretArn'),
    clock: { now: Date.now },
  });

export const vaultPort = (variables: Variables): Vault =>
  createVault({
    secretsManager: createSecretsManagerClient(),
    parameters: createParametersClient(),
    prefix: variable(variables, 'secretsPrefix'),
  });

export const schedulesPort = (variables: Variables): Schedules =>
  createSchedulerSchedules({
    client: createSchedulerClient(),
    groupName: variable(variables, 'scheduleGroup'),
    roleArn: variable(variables, 'scheduleRoleArn'),
    queueArn: variable(variables, 'triggersQueueArn'),
  });

/** The ports of everything that assigns, ends or releases tasks. */
export const enginePorts = {
  table: tablePort,
  sockets: socketsPort,
  queues: queuesPort,
  executions: executionsPort,
  payloads: payloadsPort,
} as const;
