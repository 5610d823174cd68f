import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { RawSocket } from '#test/e2e/support/raw-socket.ts';
import { type Answer, call } from '#test/e2e/support/start-muster.ts';
import { type Cloud, credentials, region } from './cloud.ts';

/** The stack's name in this check: the one that a user gets who sets none. */
export const stackName = 'Muster';

const Outputs = z.looseObject({
  HttpUrl: z.string(),
  SocketUrl: z.string(),
  BusName: z.string(),
  BootstrapSecretArn: z.string(),
  TableName: z.string(),
});
export type Outputs = z.infer<typeof Outputs>;

const BootstrapSecret = z.looseObject({ tenant: z.string(), keyId: z.string(), secret: z.string() });

/** The stack as whoever deployed it sees it: its outputs, and a key. */
export interface DeployedStack {
  readonly outputs: Outputs;
  readonly http: string;
  readonly ws: string;
  readonly apiKey: string;
  call(request: string, body?: unknown, options?: { readonly key?: string }): Promise<Answer>;
  socket(apiKey?: string): Promise<RawSocket>;
}

/** What AWS SDK clients of the check are built with. */
export const awsOf = ({ endpoint }: Pick<Cloud, 'endpoint'>) => ({
  endpoint,
  region,
  credentials: { ...credentials },
  forcePathStyle: true,
});

/** What `cdk deploy --outputs-file` wrote. */
export const readOutputs = (file: string): Outputs =>
  z.object({ [stackName]: Outputs }).parse(JSON.parse(readFileSync(file, 'utf8')))[stackName] ??
  Outputs.parse({ missing: stackName });

/**
 * An API's address in this cloud. Its own is a name below the cloud's host, which no resolver knows; the cloud serves
 * the same API under a path.
 */
export const reachable = ({ endpoint }: Pick<Cloud, 'endpoint'>, address: string, stage: string): string => {
  const { protocol, hostname, pathname } = new URL(address);
  const { host } = new URL(endpoint);
  return `${protocol}//${host}/_aws/execute-api/${hostname.split('.')[0]}/${stage}${pathname}`;
};

/** Reads the generated bootstrap key as an operator does. */
export const readBootstrapKey = async (cloud: Cloud, { BootstrapSecretArn }: Outputs) => {
  const client = new SecretsManagerClient(awsOf(cloud));
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: BootstrapSecretArn }));
    return BootstrapSecret.parse(JSON.parse(SecretString ?? '{}'));
  } finally {
    client.destroy();
  }
};

/** Replaces the bootstrap key by a new one, as the rotation of `docs/operations.md` does. Returns the API key. */
export const rotateBootstrapKey = async (cloud: Cloud, outputs: Outputs): Promise<string> => {
  const client = new SecretsManagerClient(awsOf(cloud));
  const { tenant, keyId } = await readBootstrapKey(cloud, outputs);
  const secret = randomBytes(20).toString('hex');
  try {
    const SecretString = JSON.stringify({ tenant, keyId, secret });
    await client.send(new PutSecretValueCommand({ SecretId: outputs.BootstrapSecretArn, SecretString }));
  } finally {
    client.destroy();
  }
  return `mst_${tenant}_${keyId}_${secret}`;
};

/** The stack with a key for it. Pushes to sockets go to its WebSocket API from here on. */
export const openStack = (cloud: Cloud, outputs: Outputs, apiKey: string): DeployedStack => {
  const http = reachable(cloud, outputs.HttpUrl, '$default');
  const ws = reachable(cloud, outputs.SocketUrl, '')
    .replace(/\/+ws$/, '/ws')
    .replace(/^http/, 'ws');
  cloud.connections.leadTo(ws.replace(/^ws/, 'http'));
  return {
    outputs,
    http,
    ws,
    apiKey,
    call: (request, body, options) => call({ http, apiKey }, request, body, options),
    socket: (key = apiKey) => RawSocket.open(ws, key),
  };
};
