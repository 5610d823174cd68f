import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import type { Clock } from '#local/contract.ts';
import { type Platform, startPlatform } from '#local/platform/start-platform.ts';
import { realClock } from '#local/real-clock.ts';
import { generatedId } from '#local/template/physical-name.ts';
import { RawSocket } from '#test/e2e/support/raw-socket.ts';
import { type Answer, call } from '#test/e2e/support/start-muster.ts';
import { synthesise } from '../../scripts/synthesise.ts';
import { functionOf } from './durations.ts';

/** Billable counts, by unit: `lambda.requests:<function>` for functions, the platform's own names for the rest. */
export type Counts = Readonly<Record<string, number>>;

/** A platform whose every billable unit is caused by what the caller does: nothing in it goes by time. */
export interface Rig {
  readonly platform: Platform;
  readonly http: string;
  readonly ws: string;
  readonly apiKey: string;
  call(request: string, body?: unknown): Promise<Answer>;
  socket(): Promise<RawSocket>;
  /** Runs the sweep once, as its schedule would. */
  sweep(): Promise<void>;
  /** What the template has that is billed by the month. */
  readonly resources: Resources;
  /** How many runs have ended, as the functions log it: to know that costs nothing. */
  runsEnded(): number;
  /** What has been counted since the start, once nothing moves any more. */
  settledCounts(): Promise<Counts>;
  stop(): Promise<void>;
}

/** How many of what is billed by the month. */
export interface Resources {
  /** The id of the WebSocket API, by which its sockets are posted to. */
  readonly socketApiId: string;
  readonly alarms: number;
  readonly dashboards: number;
  readonly secrets: number;
  readonly queueConsumers: number;
}

const Template = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

const readResources = (directory: string): Resources => {
  const [file = ''] = globSync('*.template.json', { cwd: directory });
  const { Resources: found } = Template.parse(JSON.parse(readFileSync(join(directory, file), 'utf8')));
  const all = Object.values(found);
  const [socketApi = ''] =
    Object.entries(found).find(([, { Properties }]) => Properties['ProtocolType'] === 'WEBSOCKET') ?? [];
  const count = (type: string): number => all.filter(({ Type }) => Type === type).length;
  return {
    socketApiId: generatedId(file.replace('.template.json', ''), socketApi),
    alarms: count('AWS::CloudWatch::Alarm'),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    secrets: count('AWS::SecretsManager::Secret'),
    // A mapping of a stream reads without a request that is billed.
    queueConsumers: all.filter(
      ({ Type, Properties }) =>
        Type === 'AWS::Lambda::EventSourceMapping' && Properties['StartingPosition'] === undefined,
    ).length,
  };
};

/** Invokes a function of the platform as its developer. The door looks at whose key it is, not at the signature. */
const invoke = async (platform: Platform, entry: string): Promise<void> => {
  const name = platform.describe().functions.find((one) => functionOf(one.name) === entry)?.name ?? entry;
  const scope = `${platform.credentials.accessKeyId}/20260101/${platform.region}/lambda/aws4_request`;
  const response = await fetch(`${platform.endpointUrl}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
    body: '{}',
  });
  const answer = await response.text();
  if (!response.ok || response.headers.has('x-amz-function-error')) throw new Error(`${entry}: ${answer}`);
};

/** Timers of more than this never fire: the schedule, the ends of idle sockets and environments. */
const longestTimerMs = 20_000;

/**
 * The wall clock, but set to the first second of a minute, and without long timers: the sweep, which a schedule starts
 * each minute, does not run into what is counted.
 */
const stillClock = (): Clock => {
  const startedAt = realClock.now();
  const offsetMs = 1_000 - (startedAt % 60_000);
  return {
    now: () => realClock.now() + offsetMs,
    after: (delayMs, action) => (delayMs > longestTimerMs ? () => undefined : realClock.after(delayMs, action)),
  };
};

const BootstrapSecret = z.looseObject({ tenant: z.string(), keyId: z.string(), secret: z.string() });

const readKey = async (platform: Platform): Promise<string> => {
  const { endpointUrl: endpoint, region, credentials, outputs } = platform;
  const client = new SecretsManagerClient({ endpoint, region, credentials });
  const command = new GetSecretValueCommand({ SecretId: outputs['BootstrapSecretArn'] ?? '' });
  const { tenant, keyId, secret } = BootstrapSecret.parse(JSON.parse((await client.send(command)).SecretString ?? ''));
  client.destroy();
  return `mst_${tenant}_${keyId}_${secret}`;
};

/** Depend on how long things take, or on how often a poller finds nothing. */
const timeUnits: ReadonlySet<string> = new Set([
  'lambda.gbMs',
  'lambda.requests',
  'lambda.queueBatches',
  'lambda.streamBatches',
  'sqs.emptyReceives',
  'websocket.connectionMinutes',
  'secretsmanager.requests',
]);

const countsOf = (platform: Platform, logBytes: number): Counts => {
  const { billed, functions } = platform.describe();
  const invocations = functions.map(({ name, invocations }) => [`lambda.requests:${functionOf(name)}`, invocations]);
  const others = Object.entries(billed).filter(([unit]) => !timeUnits.has(unit));
  return Object.fromEntries([...others, ...invocations, ['logs.bytes', logBytes]]);
};

/** How long nothing may have moved. Longer than a poller of a stream or queue rests. */
const stillMs = 300;
const restlessMs = 20_000;

/** Starts the stack with one environment of each function, so that what an environment remembers is remembered. */
export const startRig = async (): Promise<Rig> => {
  const { directory } = synthesise(() => undefined);
  let logBytes = 0;
  let ended = 0;
  process.env['LOCAL_ENVIRONMENTS'] = '1';
  const count = (line: string): void => void (logBytes += Buffer.byteLength(line) + 1);
  const platform = await startPlatform({
    assemblyDirectory: directory,
    port: 0,
    clock: stillClock(),
    // The platform puts the function's name before each line.
    log: (line) => {
      if (line.includes('"message":"run ended"')) ended += 1;
      count(line.slice(line.indexOf(': ') + 2));
    },
    accessLog: count,
  });
  const apiKey = await readKey(platform);
  const http = platform.outputs['HttpUrl'] ?? '';
  const ws = platform.ws ?? '';
  const settledCounts = async (): Promise<Counts> => {
    let last = countsOf(platform, logBytes);
    const startedAt = performance.now();
    for (let stillSince = performance.now(); performance.now() - stillSince < stillMs; ) {
      await wait(20);
      const now = countsOf(platform, logBytes);
      if (JSON.stringify(now) !== JSON.stringify(last)) stillSince = performance.now();
      if (stillSince - startedAt > restlessMs) {
        const moving = Object.keys(now).filter((unit) => now[unit] !== last[unit]);
        throw new Error(`The platform does not come to rest: ${moving.join(', ')} go on.`);
      }
      last = now;
    }
    return last;
  };
  return {
    platform,
    http,
    ws,
    apiKey,
    call: (request, body) => call({ http, apiKey }, request, body),
    socket: () => RawSocket.open(ws, apiKey),
    sweep: () => invoke(platform, 'schedule/sweep'),
    resources: readResources(directory),
    runsEnded: () => ended,
    settledCounts,
    stop: () => platform.stop(),
  };
};
