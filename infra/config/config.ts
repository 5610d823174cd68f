import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';
import type { Retention } from '#core/contract/retention.ts';

/** A context value is text. */
const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).pipe(z.int({ error }).min(min, { error }).max(max, { error }));
};
const days = (usual: number) => whole(1, 3650).default(usual);

/** Requests a second. Above 10,000, the quota of a new account, the account's own limit is the lower one. */
const rate = whole(1, 10_000).optional();
const domain = z
  .string()
  .regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'must be a domain name')
  .optional();

/** What `cdk deploy -c name=value` may set. Anything else under these names is refused when the app starts. */
const ConfigFields = z.strictObject({
  /** `prod` keeps data when the stack goes away, protects the table from deletion and keeps logs longer. */
  stage: z.enum(['dev', 'prod']).default('dev'),
  /** Two stacks in one account and region need two names. */
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'must begin with a letter and have at most 100 letters, digits and dashes')
    .default('Muster'),
  /** Where the handlers are, from the root of the repository. */
  functionsRoot: z.string().min(1).default('functions'),
  /**
   * Browser origins that may use presigned payload addresses. Any origin by default: such an address is itself the
   * secret, lives for minutes and carries no cookies.
   */
  payloadOrigins: z
    .string()
    .default('*')
    .transform((text) => text.split(',').map((origin) => origin.trim())),
  /** An OpenID Connect issuer whose tokens are taken beside API keys, and the audience that they must name. */
  oidcIssuer: z
    .string()
    .regex(/^(https:\/\/|http:\/\/127\.0\.0\.1[:/])/, 'must be an https address')
    .optional(),
  oidcAudience: z.string().min(1).optional(),
  /** @default the issuer's /.well-known/jwks.json */
  oidcJwksUri: z.string().min(1).optional(),
  /** The claims that name a token's tenant and its role; a role may also be one of a list, such as groups. */
  oidcTenantClaim: z.string().min(1).default('tenant'),
  oidcRoleClaim: z.string().min(1).default('role'),
  /** `true`: where no issuer is given, the stack makes a Cognito user pool of its own. */
  userPool: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
  /** Days for which ended tasks, runs and payloads stay readable; late results; operators' actions. */
  retentionDays: days(30),
  lateResultDays: days(30),
  auditDays: days(365),
  /** `WARN` and `ERROR` also silence the metrics of runs and of the sweep, which ride in lines of `INFO`. */
  logLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
  /**
   * Environments reserved for each consumer of a queue, which nothing else of the account can then take from it, nor it from
   * others. None by default: a new account may reserve none, and its deployment would fail.
   */
  reservedConcurrency: whole(1, 1000).optional(),
  /** An SNS topic that is told of every alarm and its end. */
  alarmTopicArn: z
    .string()
    .regex(/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+$/, 'must be the ARN of an SNS topic')
    .optional(),
  /** What all callers together may ask of the HTTP API, and send over sockets, in a second. @default by stage */
  httpRate: rate,
  socketRate: rate,
  /** Names of your own for the two APIs, and a certificate of this region for both. */
  httpDomain: domain,
  socketDomain: domain,
  certificateArn: z
    .string()
    .regex(/^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/, 'must be the ARN of an ACM certificate')
    .optional(),
});

export const Config = ConfigFields.refine(
  ({ oidcIssuer, oidcAudience }) => (oidcIssuer === undefined) === (oidcAudience === undefined),
  'oidcIssuer and oidcAudience belong together',
)
  .refine(
    ({ oidcIssuer, userPool }) => oidcIssuer === undefined || !userPool,
    'userPool is for installations without an oidcIssuer',
  )
  .refine(
    ({ httpDomain, socketDomain, certificateArn }) =>
      (certificateArn === undefined) === (httpDomain === undefined && socketDomain === undefined),
    'httpDomain and socketDomain need a certificateArn, and it is for nothing else',
  )
  .refine(
    ({ httpDomain, socketDomain }) => httpDomain === undefined || httpDomain !== socketDomain,
    'httpDomain and socketDomain must differ: a name leads to one API of a kind',
  );
export type Config = z.output<typeof Config>;

/** The names of the context values, for the only reader of context. */
export const contextNames: readonly string[] = Object.keys(ConfigFields.shape);

/** What follows from the stage. */
export interface StageSettings {
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
  readonly logRetention: RetentionDays;
  /** CloudFormation refuses to delete the stack until that is switched off. */
  readonly terminationProtection: boolean;
  /** Requests and frames a second. Fairness between tenants is the functions' task; this bounds the bill. */
  readonly rates: { readonly http: number; readonly socket: number };
}

const settings: Readonly<Record<Config['stage'], StageSettings>> = {
  dev: {
    removalPolicy: RemovalPolicy.DESTROY,
    deletionProtection: false,
    logRetention: RetentionDays.ONE_WEEK,
    terminationProtection: false,
    // A thousand agents' heartbeats are 33 frames a second.
    rates: { http: 500, socket: 1000 },
  },
  prod: {
    removalPolicy: RemovalPolicy.RETAIN,
    deletionProtection: true,
    logRetention: RetentionDays.THREE_MONTHS,
    terminationProtection: true,
    rates: { http: 2000, socket: 5000 },
  },
};

/** Removal, protection, retention and rates of a stage. */
export const settingsOf = ({ stage, httpRate, socketRate }: Config): StageSettings => {
  const { rates, ...rest } = settings[stage];
  return { ...rest, rates: { http: httpRate ?? rates.http, socket: socketRate ?? rates.socket } };
};

/** API Gateway's largest burst in a new account. */
const largestBurst = 5000;

/** A rate as API Gateway takes it: twice as much at once. */
export const throttleOf = (rateLimit: number): { readonly rateLimit: number; readonly burstLimit: number } => ({
  rateLimit,
  burstLimit: Math.min(largestBurst, 2 * rateLimit),
});

/** How long what is over is kept. */
export const retentionOf = ({ retentionDays, lateResultDays, auditDays }: Config): Retention => ({
  ended: retentionDays,
  lateResults: lateResultDays,
  audit: auditDays,
});
