import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { seededChaos } from '#local/platform/seeded-chaos.ts';
import { type Platform, startPlatform } from '#local/platform/start-platform.ts';
import { synthesise } from './synthesise.ts';

export interface BootOptions {
  /** Port of the APIs; 0 for a free one. */
  readonly port: number;
  /** Keep everything there; without it all is gone at the end. */
  readonly dataDirectory?: string | undefined;
  /** Receives what functions log. */
  readonly log: (line: string) => void;
  /** Receives what takes time. */
  readonly progress: (line: string) => void;
  /** Seed of injected faults. */
  readonly chaosSeed?: number | undefined;
}

/** Muster on this machine. */
export interface LocalMuster {
  readonly http: string;
  readonly ws: string;
  readonly apiKey: string;
  readonly platform: Platform;
  stop(): Promise<void>;
}

const BootstrapSecret = z.looseObject({ tenant: z.string(), keyId: z.string(), secret: z.string() });

/** The key that exists from the first start, read as an operator would read it on AWS. */
const readBootstrapKey = async (platform: Platform): Promise<string> => {
  const client = new SecretsManagerClient({
    endpoint: platform.endpointUrl,
    region: platform.region,
    credentials: platform.credentials,
  });
  const { SecretString } = await client.send(
    new GetSecretValueCommand({ SecretId: platform.outputs['BootstrapSecretArn'] ?? '' }),
  );
  client.destroy();
  const { tenant, keyId, secret } = BootstrapSecret.parse(JSON.parse(SecretString ?? '{}'));
  return `mst_${tenant}_${keyId}_${secret}`;
};

/** Synthesises when needed and runs the stack on this machine. */
export const bootPlatform = async (options: BootOptions): Promise<LocalMuster> => {
  const { directory } = synthesise(() =>
    options.progress('Synthesising the stack (first start, or the sources changed) …'),
  );
  options.progress('Starting the platform …');
  const platform = await startPlatform({
    assemblyDirectory: directory,
    port: options.port,
    log: options.log,
    ...(options.dataDirectory === undefined ? {} : { dataDirectory: options.dataDirectory }),
    ...(options.chaosSeed === undefined ? {} : { chaos: seededChaos(options.chaosSeed) }),
  });
  if (platform.ws === undefined) throw new Error('The stack has no WebSocket API.');
  const apiKey = await readBootstrapKey(platform);
  // Since the process began, so that nobody has to guess whether a start was slow.
  options.progress(`The platform is ready after ${(performance.now() / 1000).toFixed(1)} s.`);
  const http = platform.outputs['HttpUrl'] ?? `${platform.http}/v1`;
  return { http, ws: platform.ws, apiKey, platform, stop: () => platform.stop() };
};

/** Runs `stop` once when the process is asked to end, or its starter is gone, and then ends it. */
export const stopOnSignal = (stop: () => Promise<void>): void => {
  let stopping: Promise<void> | undefined;
  const end = (code: number): void => {
    stopping ??= stop().then(
      () => process.exit(code),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  // Ctrl-C alone has somebody waiting for it.
  process.on('SIGINT', () => {
    if (stopping === undefined) process.stderr.write('\nStopping …\n');
    end(130);
  });
  process.on('SIGTERM', () => end(143));
  process.on('SIGHUP', () => end(129));
  process.on('disconnect', () => end(0));
};
