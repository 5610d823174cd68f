import * as z from 'zod';

/** The environment variables of the functions. The infrastructure sets what a function uses; nothing else is read. */
export const environment = {
  tableName: 'TABLE_NAME',
  tasksQueueUrl: 'TASKS_QUEUE_URL',
  timersQueueUrl: 'TIMERS_QUEUE_URL',
  effectsQueueUrl: 'EFFECTS_QUEUE_URL',
  busName: 'BUS_NAME',
  payloadsBucket: 'PAYLOADS_BUCKET',
  /** `https://…` of the WebSocket API's stage, where frames to sockets are posted. */
  socketEndpoint: 'SOCKET_ENDPOINT',
  bootstrapSecretArn: 'BOOTSTRAP_SECRET_ARN',
  /** JSON object: mode → state machine ARN. */
  stateMachines: 'STATE_MACHINES',
  /** JSON object: the issuer of tokens that is trusted, see `IdentityProvider`; none when it is not set. */
  identityProvider: 'IDENTITY_PROVIDER',
  /** What the names of tenants' secrets begin with, in Secrets Manager and Parameter Store. */
  secretsPrefix: 'SECRETS_PREFIX',
  /** JSON object: `Retention`. */
  retention: 'RETENTION_DAYS',
  /** The group of the triggers' schedules, the role under which they send, and the queue they send to. */
  scheduleGroup: 'SCHEDULE_GROUP',
  scheduleRoleArn: 'SCHEDULE_ROLE_ARN',
  triggersQueueArn: 'TRIGGERS_QUEUE_ARN',
  logLevel: 'LOG_LEVEL',
  /** CloudWatch's namespace for the metrics in log lines. */
  metricsNamespace: 'METRICS_NAMESPACE',
} as const;

/** An OpenID Connect issuer, and the claims of its tokens that name tenant and role. */
export const IdentityProvider = z.strictObject({
  issuer: z.string(),
  audience: z.string(),
  /** @default the issuer's `/.well-known/jwks.json` */
  jwksUri: z.string().optional(),
  tenantClaim: z.string(),
  roleClaim: z.string(),
});
export type IdentityProvider = z.infer<typeof IdentityProvider>;

/** Mode → ARN. The modes that exist are the keys here; the infrastructure builds a state machine for each. */
export const StateMachines = z.looseObject({
  sequential: z.string(),
  parallel: z.string(),
  dag: z.string(),
  consensus: z.string(),
  map_reduce: z.string(),
  hierarchical: z.string(),
  swarm_fanout: z.string(),
  auction: z.string(),
  leader_elect: z.string(),
  pipeline: z.string(),
  swarm_stigmergic: z.string(),
});

/** Names of the table's secondary indexes and their key attributes. All project keys only. */
export const indexes = {
  /** Queued tasks by tenant and requirement signature, in order of virtual start; dead letters by time of end. */
  backlog: { name: 'backlog', partitionKey: 'backlogKey', sortKey: 'backlogSort' },
  /** What the sweep reads: live agents, tasks past a time, open stages and runs. */
  sweep: { name: 'sweep', partitionKey: 'sweepKey', sortKey: 'sweepSort' },
  /** What a tenant lists, newest last: agents, tasks, workflows, runs. */
  list: { name: 'list', partitionKey: 'listKey', sortKey: 'listSort' },
} as const;

/** Attributes that the infrastructure names as well: in the table's keys and expiry, and in the filters of its stream. */
export const tableKeys = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'expiresAtEpochSeconds',
  /** Effects of a write that are due at once; the stream acts on items that have it. */
  outbox: 'outbox',
  /** Effects that are due once the item has `endedAt`. */
  effects: 'effects',
  endedAt: 'endedAt',
  status: 'status',
  /** Logs that an item's changes go into. */
  taskLog: 'taskLog',
  runLog: 'runLog',
} as const;

/** What `effects` begin with of a task whose every change is told on the bus. */
export const lifecycleEffect = 'lifecycle';
