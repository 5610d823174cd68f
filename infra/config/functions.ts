import type { indexes } from '#core/contract/env.ts';

/** What a function may do with the table: `dynamodb:<action>`. */
export type TableAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'BatchWriteItem';
/** An index of the table. */
export type IndexName = keyof typeof indexes;

/** A queue that functions send to. */
export type SendTarget = 'tasks' | 'timers' | 'effects';

/** What may be done with the executions of the modes: `states:<action>Execution`. */
export type ExecutionAction = 'Start' | 'Stop' | 'Describe';

/** What one function may do. A permission brings the environment variable that it needs, and nothing else does. */
export interface Access {
  /** Actions on the table itself. */
  readonly table?: readonly TableAction[];
  /** Indexes it may query. */
  readonly indexes?: readonly IndexName[];
  /** Queues it may send to. */
  readonly sends?: readonly SendTarget[];
  /** May post to open sockets. */
  readonly pushes?: boolean;
  /** May close open sockets. */
  readonly closes?: boolean;
  /** May answer task tokens of Step Functions. */
  readonly answersTokens?: boolean;
  /** What it may do with executions of the modes. */
  readonly executions?: readonly ExecutionAction[];
  /** May put events on the bus. */
  readonly publishes?: boolean;
  /** What it may do with payloads, and so presign addresses for: `s3:<action>Object`. */
  readonly payloads?: readonly ('Get' | 'Put')[];
  /** May make, change and remove the schedules of triggers. */
  readonly schedules?: boolean;
  /** May read the secrets of tenants. */
  readonly secrets?: boolean;
  /** Lets people and agents in: may read the bootstrap key, and knows the issuer of tokens. */
  readonly authenticates?: boolean;
}

/** One function: what it is given and what it may do. */
export interface FunctionSpec {
  readonly description: string;
  readonly memoryMb: 256 | 512;
  /** At most 55: a claim without a task is taken for orphaned after `timings.orphanAfterMs`, which no function may outlive. */
  readonly timeoutSeconds: number;
  readonly access: Access;
}

const readWrite: readonly TableAction[] = ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'];

/** A caller waits: API Gateway gives up after 29 s (sockets) and 30 s (HTTP). */
const interactive = { memoryMb: 512, timeoutSeconds: 15 } as const;
/** A queue waits, six times as long (`WorkQueue`). */
const queued = { memoryMb: 512, timeoutSeconds: 30 } as const;

/** The permissions of everything that assigns, completes or releases tasks. */
const engine = {
  table: readWrite,
  indexes: ['backlog'],
  sends: ['tasks', 'timers'],
  pushes: true,
  answersTokens: true,
  payloads: ['Get', 'Put'],
} as const satisfies Access;

/** The permissions of what changes agents, one or all of them; an emergency stop closes the sockets of all. */
const fleet = {
  table: readWrite,
  indexes: ['backlog', 'list'],
  sends: ['timers'],
  pushes: true,
  closes: true,
  payloads: ['Get'],
} as const satisfies Access;

/** Of those that also put mail into many mailboxes. */
const withMail: readonly TableAction[] = [...readWrite, 'BatchWriteItem'];

/** Every function: its key is its entry, `functions/<key>.ts`. */
export const functionSpecs = {
  'websocket/connect': {
    description: 'Authenticates a socket and writes its connection',
    memoryMb: 256,
    timeoutSeconds: 10,
    access: { table: ['GetItem', 'PutItem', 'DeleteItem'], authenticates: true },
  },
  'websocket/disconnect': {
    description: 'Deletes a connection and starts the reconnect grace of its agent',
    memoryMb: 256,
    timeoutSeconds: 10,
    access: { table: ['UpdateItem', 'DeleteItem'], sends: ['timers'] },
  },
  'websocket/message': {
    description: 'One frame, one envelope, one use case',
    ...interactive,
    access: { ...engine, table: withMail, indexes: ['backlog', 'list'], closes: true },
  },
  'websocket/secret': {
    description: 'Gives an agent a secret that its task names: the one function that may read them',
    memoryMb: 256,
    timeoutSeconds: 15,
    access: { table: ['GetItem'], pushes: true, closes: true, secrets: true },
  },
  'http/authorise': {
    description: 'Authorises API keys for the HTTP API',
    memoryMb: 256,
    // As long as API Gateway waits for an authoriser: one that is cut short is a 500 without a code to whoever asked.
    timeoutSeconds: 10,
    access: { table: ['GetItem'], authenticates: true },
  },
  'http/agents': {
    description: 'HTTP routes of agents',
    ...interactive,
    access: fleet,
  },
  'http/tasks': {
    description: 'HTTP routes of tasks, and of messages',
    ...interactive,
    access: { ...engine, table: withMail, indexes: ['backlog', 'list'], closes: true },
  },
  'http/answers': {
    description: 'Answers of people who have a link and no key',
    ...interactive,
    access: engine,
  },
  'http/events': {
    description: 'Long polls of the logs of tasks and runs, apart from what answers at once',
    memoryMb: 256,
    timeoutSeconds: 29,
    access: { table: ['GetItem', 'Query', 'UpdateItem'] },
  },
  'http/workflows': {
    description: 'HTTP routes of workflow definitions',
    memoryMb: 256,
    timeoutSeconds: 15,
    access: { table: ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'], indexes: ['list'] },
  },
  'http/runs': {
    description: 'HTTP routes of runs',
    ...interactive,
    access: { ...engine, indexes: ['backlog', 'list'], executions: ['Start', 'Stop'] },
  },
  'http/payloads': {
    description: 'Presigns uploads of large payloads',
    memoryMb: 256,
    timeoutSeconds: 10,
    access: { table: ['GetItem', 'UpdateItem'], payloads: ['Put'] },
  },
  'http/system': {
    description: 'Health, status, shutdown, the settings of a tenant, the audit',
    ...interactive,
    access: fleet,
  },
  'http/access': {
    description: 'HTTP routes of API keys and tickets',
    memoryMb: 256,
    timeoutSeconds: 15,
    access: { table: ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'], indexes: ['list'], closes: true },
  },
  'http/triggers': {
    description: 'HTTP routes of triggers',
    memoryMb: 256,
    timeoutSeconds: 15,
    access: { table: ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'], schedules: true },
  },
  'http/state': {
    description: 'HTTP routes of shared state',
    memoryMb: 256,
    timeoutSeconds: 15,
    access: {
      table: ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
      indexes: ['list'],
      pushes: true,
    },
  },
  'http/specs': {
    description: 'Serves the descriptions of the APIs',
    memoryMb: 256,
    timeoutSeconds: 5,
    access: { table: ['GetItem', 'UpdateItem'] },
  },
  'http/not-found': {
    description: 'Answers every unknown route',
    memoryMb: 256,
    timeoutSeconds: 5,
    access: {},
  },
  'queue/dispatch': {
    description:
      'Creates the tasks of a stage in chunks and assigns what can run; runs inside runs; messages to many agents',
    ...queued,
    access: { ...engine, table: withMail, closes: true, executions: ['Start', 'Stop'] },
  },
  'queue/timers': {
    description: 'What must fire within seconds: reconnect grace, acknowledgements, backoffs, near deadlines',
    ...queued,
    access: engine,
  },
  'queue/trigger': {
    description: 'Starts the runs that events and schedules ask for',
    ...queued,
    access: {
      table: ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'],
      executions: ['Start'],
      payloads: ['Get', 'Put'],
      publishes: true,
    },
  },
  'queue/effects': {
    description: 'Delivers the durable effects that the relay could not',
    ...queued,
    access: { ...engine, publishes: true },
  },
  'stream/relay': {
    description: 'Delivers the durable effects that a write named: task tokens and bus events',
    ...queued,
    access: { ...engine, sends: ['tasks', 'timers', 'effects'], publishes: true },
  },
  'stream/log': {
    description: 'Writes the logs of the tasks and runs that somebody follows, and shows them',
    ...queued,
    access: { table: ['Query', 'PutItem', 'DeleteItem'], pushes: true },
  },
  'schedule/sweep': {
    description: 'Every minute: silent agents, overdue tasks, orphaned claims, unanswered tokens, unnoticed ends',
    memoryMb: 512,
    timeoutSeconds: 55,
    access: {
      ...engine,
      indexes: ['backlog', 'sweep', 'list'],
      closes: true,
      executions: ['Start', 'Stop', 'Describe'],
    },
  },
  'workflow/decide': {
    description: 'Decides between the stages of a run: tallies votes, awards tasks, elects leaders, hands on',
    ...queued,
    access: engine,
  },
  'events/execution-ended': {
    description: 'Closes the run of an execution that failed, timed out or was aborted',
    ...queued,
    access: { ...engine, executions: ['Stop'] },
  },
} as const satisfies Readonly<Record<string, FunctionSpec>>;

/** The entry of a function, below `functions/`. */
export type FunctionName = keyof typeof functionSpecs;

/** Whether there is a function of this name. */
export const isFunctionName = (name: string): name is FunctionName => Object.hasOwn(functionSpecs, name);

/** Every entry, in the order of the catalogue. */
export const functionNames: readonly FunctionName[] = Object.keys(functionSpecs).filter(isFunctionName);
