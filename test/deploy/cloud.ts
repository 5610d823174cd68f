import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#local/engine/free-port.ts';
import { until } from '#test/e2e/support/until.ts';
import { type ConnectionsProxy, startConnectionsProxy } from './connections-proxy.ts';
import type { PythonTools } from './python-tools.ts';

/** What the CDK, the SDK and raw clients need to find the cloud. */
export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' } as const;
export const region = 'us-east-1';
export const account = '000000000000';

/** An AWS of this check's own: MiniStack, and what names in the public DNS would do for its sockets. */
export interface Cloud {
  readonly endpoint: string;
  /** The environment of a command that must find this cloud and no other. */
  readonly env: NodeJS.ProcessEnv;
  /** A folder that is gone when the cloud is. */
  readonly scratch: string;
  readonly connections: ConnectionsProxy;
  /** The last lines of its log, for a failure's report. */
  logTail(): string;
  stop(): Promise<void>;
}

const startLimitMs = 60_000;
const keptLogCharacters = 20_000;

/** This process's environment without anything that could lead to somebody's real account. */
const withoutAws = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS_|CDK_|MINISTACK_)/.test(name)));

const awsEnvironment = (endpoint: string): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** Ends the process and what it started: the functions' environments are its children. */
const endGroup = async (child: ChildProcess): Promise<void> => {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // The whole group is gone already.
    }
  };
  send('SIGTERM');
  const late = setTimeout(() => send('SIGKILL'), 5_000);
  await ended;
  clearTimeout(late);
  // Whatever of the group outlived its leader.
  send('SIGKILL');
};

const isReady = async (endpoint: string): Promise<boolean> => {
  try {
    return (await fetch(`${endpoint}/_ministack/health`)).ok;
  } catch {
    return false;
  }
};

/** Starts MiniStack on free loopback ports. @throws Error with its last words when it does not come up. */
export const startCloud = async ({ python, env: pythonEnv }: PythonTools): Promise<Cloud> => {
  const scratch = mkdtempSync(join(tmpdir(), 'muster-deploy-'));
  const folder = (name: string): string => {
    mkdirSync(join(scratch, name));
    return join(scratch, name);
  };
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const connections = await startConnectionsProxy(endpoint);
  const child = spawn(python, [join(import.meta.dirname, 'run_ministack.py')], {
    cwd: scratch,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...withoutAws(),
      ...pythonEnv,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_DEFAULT_REGION: region,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: 'localhost',
      MINISTACK_ACCOUNT_ID: account,
      TMPDIR: folder('tmp'),
      STATE_DIR: folder('state'),
      S3_DATA_DIR: folder('s3'),
      // Functions inherit it: they push to sockets where the SDK's own variable says.
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: connections.endpoint,
    },
  });
  let log = '';
  const keep = (data: Buffer): void => void (log = (log + data.toString('utf8')).slice(-keptLogCharacters));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const stop = async (): Promise<void> => {
    await endGroup(child);
    await connections.stop();
    rmSync(scratch, { recursive: true, force: true });
  };
  const logTail = () => log.split('\n').slice(-30).join('\n');
  try {
    await until('MiniStack starts', async () => child.exitCode !== null || isReady(endpoint), {
      timeoutMs: startLimitMs,
    });
    if (child.exitCode !== null) throw new Error('MiniStack ended at once');
  } catch (cause) {
    await stop();
    throw new Error(`MiniStack does not start:\n${logTail()}`, { cause });
  }
  return { endpoint, env: { ...withoutAws(), ...awsEnvironment(endpoint) }, scratch, connections, logTail, stop };
};
