import type { Clock } from '../contract.ts';
import type { GatewayLimits } from '../gateway/spec.ts';
import type { PlatformChaos } from './parts.ts';

/** Where every local stack runs; one account and one region are enough on one machine. */
export const location = { region: 'us-east-1', accountId: '000000000000', host: '127.0.0.1' } as const;

export interface PlatformOptions {
  /** What `cdk synth` wrote. */
  readonly assemblyDirectory: string;
  /** Needed when the assembly holds several stacks. */
  readonly stackName?: string;
  /** Values for the template's parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where everything is kept. @default a temporary directory, removed at the end */
  readonly dataDirectory?: string;
  /** Port of the APIs; the front door takes the next one. 0 for free ones. */
  readonly port: number;
  /** @default wall clock */
  readonly clock?: Clock;
  /** @default AWS's, with the sockets' times scaled by `LOCAL_SOCKET_TIME_SCALE` */
  readonly limits?: Partial<GatewayLimits>;
  readonly chaos?: PlatformChaos;
  /** Receives the platform's and the functions' lines. */
  readonly log?: (line: string) => void;
  /** Receives the APIs' access log lines. */
  readonly accessLog?: (line: string) => void;
}
