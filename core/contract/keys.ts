/**
 * Every key of the one table.
 *
 * | access                                   | pk                          | sk              | index (partition / sort)                |
 * |------------------------------------------|-----------------------------|-----------------|-----------------------------------------|
 * | a connection                             | CONN#connectionId           | CONN            | list: tenant#SOCKETS#principal / connectionId; sweep: DUE#minute of its credential's end |
 * | an API key                               | tenant#KEY#keyId            | KEY             | list: tenant#KEYS / time; sweep: DUE#minute once revoked |
 * | a ticket for one connection              | TICKET#hash                 | TICKET          |                                         |
 * | a link by which a person answers         | LINK#hash                   | LINK            |                                         |
 * | an agent's profile                       | tenant#AGENT#agentId        | PROFILE         | list: tenant#AGENTS / agentId           |
 * | an agent's slots                         | tenant#AGENT#agentId        | SLOTS           | sweep: LIVE#shard / pk                  |
 * | an agent by its name                     | tenant#AGENTNAME#name       | NAME            |                                         |
 * | agents that have a capability (roster)   | tenant#CAP#capability       | hash of agentId |                                         |
 * | a task                                   | tenant#TASK#taskId          | TASK            | list, backlog while queued, sweep while due |
 * | an approval                              | as a task                   |                 | list: tenant#APPROVALS / time           |
 * | which tasks a task has under it          | tenant#TASK#taskId          | CHILDREN        |                                         |
 * | late results of a task                   | tenant#TASK#taskId          | LATE#attempt    |                                         |
 * | late answers to an approval              | tenant#TASK#taskId          | ANSWER#principal |                                         |
 * | live requirement signatures              | tenant#SIGNATURES           | signature       |                                         |
 * | queued tasks of a signature              | (index)                     |                 | backlog: tenant#signature / virtual start |
 * | dead letters                             | (index)                     |                 | backlog: tenant#DEAD / time of end |
 * | unfinished tasks past a time             | (index)                     |                 | sweep: DUE#minute / pk                  |
 * | a workflow's version, its newest         | tenant#WORKFLOW#name        | V#version, NEWEST | list of NEWEST: tenant#WORKFLOWS / name |
 * | a run                                    | tenant#RUN#runId            | RUN             | list: tenant#RUNS / time; sweep: OPEN#shard / pk |
 * | a run's stages                           | tenant#RUN#runId            | STAGE#position  | sweep: OPEN#shard / pk#sk while open    |
 * | what a run's mode chose (notes)          | tenant#RUN#runId            | NOTE#name       |                                         |
 * | a stage's unfinished tasks (markers)     | tenant#STAGE#runId#position | OPEN#index      |                                         |
 * | a tenant's triggers                      | tenant#TRIGGERS             | TRIGGER#name    |                                         |
 * | a tenant, its quotas and state           | tenant#TENANT               | TENANT          | list: default#TENANTS / tenant          |
 * | an answer under an Idempotency-Key       | tenant#REPLY#hash           | REPLY           |                                         |
 * | what a tenant has, as the sweep counted  | tenant#USAGE                | USAGE           |                                         |
 * | how a workflow's runs came out           | tenant#METRICS              | workflow        |                                         |
 * | a tenant's requests of a minute          | tenant#RATE#minute          | RATE            |                                         |
 * | a tenant's settings                      | tenant#SETTINGS             | SETTINGS        |                                         |
 * | operators' actions                       | tenant#AUDIT#day            | time#id         |                                         |
 * | how far the sweep got                    | SWEEP                       | DUE             |                                         |
 * | who watches                              | tenant#WATCH#topic          | connectionId    |                                         |
 * | a task's or run's log, by number         | tenant#LOG#topic            | number          |                                         |
 * | changes that a run's log has             | tenant#LOGGED#topic         | change          |                                         |
 * | an agent's mail, by sender and number    | tenant#MAIL#agentId         | sender#number#frame |                                     |
 * | frames for several agents, by sender     | tenant#SENT#sender          | number#frame    |                                         |
 * | members of a group                       | tenant#GROUP#name           | hash of agentId |                                         |
 * | subscriptions, by a pattern's first word | tenant#TOPIC#word           | hash of agentId#pattern |                                 |
 * | an agent's groups and topics             | tenant#MEMBER#agentId       | GROUP#name, TOPIC#pattern |                               |
 * | shared state: a name of a scope          | tenant#STATE#scope          | kind:name       |                                         |
 * | a disagreement of agents                 | tenant#CONFLICT#conflictId  | CONFLICT        | list: tenant#CONFLICTS / time           |
 * | a value's versions                       | tenant#VALUE#scope#name     | V#version       |                                         |
 * | which names a scope has                  | tenant#STATE#scope          | SCOPE           |                                         |
 *
 * Three kinds of key do not begin with the tenant: connections, tickets and links (found before the tenant is known); the `sweep` index keys
 * LIVE, DUE and OPEN, which only the sweep reads and whose sort keys are the tenant's own keys; and the sweep's own mark.
 */
import { createHash } from 'node:crypto';
import { connectionIdOf } from './address.ts';

/** An item's primary key. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** Partitions of the LIVE and OPEN index keys: one takes about 1,000 writes a second. */
export const sweepShards = 4;

const shardOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) % sweepShards;

/** Times and numbers in sort keys: fixed width, so that text order is their order; never negative (a head start cannot pass 1970). */
const padded = (epochMs: number): string => String(Math.max(0, Math.trunc(epochMs))).padStart(15, '0');

/** The primary key of every kind of item: what the table above lists. */
export const keys = {
  connection: (address: string): Key => ({ pk: `CONN#${connectionIdOf(address)}`, sk: 'CONN' }),
  ticket: (hash: string): Key => ({ pk: `TICKET#${hash}`, sk: 'TICKET' }),
  link: (hash: string): Key => ({ pk: `LINK#${hash}`, sk: 'LINK' }),
  apiKey: (tenant: string, keyId: string): Key => ({ pk: `${tenant}#KEY#${keyId}`, sk: 'KEY' }),
  profile: (tenant: string, agentId: string): Key => ({ pk: `${tenant}#AGENT#${agentId}`, sk: 'PROFILE' }),
  slots: (tenant: string, agentId: string): Key => ({ pk: `${tenant}#AGENT#${agentId}`, sk: 'SLOTS' }),
  agentName: (tenant: string, name: string): Key => ({ pk: `${tenant}#AGENTNAME#${name}`, sk: 'NAME' }),
  roster: (tenant: string, capability: string, token: string): Key => ({
    pk: `${tenant}#CAP#${capability}`,
    sk: token,
  }),
  task: (tenant: string, taskId: string): Key => ({ pk: `${tenant}#TASK#${taskId}`, sk: 'TASK' }),
  children: (tenant: string, taskId: string): Key => ({ pk: `${tenant}#TASK#${taskId}`, sk: 'CHILDREN' }),
  lateResult: (tenant: string, taskId: string, attempt: number): Key => ({
    pk: `${tenant}#TASK#${taskId}`,
    sk: `LATE#${String(attempt).padStart(4, '0')}`,
  }),
  lateAnswer: (tenant: string, taskId: string, principal: string): Key => ({
    pk: `${tenant}#TASK#${taskId}`,
    sk: `ANSWER#${principal}`,
  }),
  signature: (tenant: string, signature: string): Key => ({ pk: `${tenant}#SIGNATURES`, sk: signature }),
  workflowVersion: (tenant: string, name: string, version: number): Key => ({
    pk: `${tenant}#WORKFLOW#${name}`,
    sk: `V#${String(version).padStart(6, '0')}`,
  }),
  workflowNewest: (tenant: string, name: string): Key => ({ pk: `${tenant}#WORKFLOW#${name}`, sk: 'NEWEST' }),
  run: (tenant: string, runId: string): Key => ({ pk: `${tenant}#RUN#${runId}`, sk: 'RUN' }),
  stage: (tenant: string, runId: string, position: number): Key => ({
    pk: `${tenant}#RUN#${runId}`,
    sk: `STAGE#${String(position).padStart(4, '0')}`,
  }),
  note: (tenant: string, runId: string, name: string): Key => ({ pk: `${tenant}#RUN#${runId}`, sk: `NOTE#${name}` }),
  marker: (tenant: string, stageId: string, index: number): Key => ({
    pk: `${tenant}#STAGE#${stageId}`,
    sk: `OPEN#${String(index).padStart(5, '0')}`,
  }),
  trigger: (tenant: string, name: string): Key => ({ pk: `${tenant}#TRIGGERS`, sk: `TRIGGER#${name}` }),
  /** Under the tenant's own partition; the list of all is the home tenant's. */
  tenant: (tenant: string): Key => ({ pk: `${tenant}#TENANT`, sk: 'TENANT' }),
  reply: (tenant: string, hash: string): Key => ({ pk: `${tenant}#REPLY#${hash}`, sk: 'REPLY' }),
  runCounts: (tenant: string, workflow: string): Key => ({ pk: `${tenant}#METRICS`, sk: workflow }),
  usage: (tenant: string): Key => ({ pk: `${tenant}#USAGE`, sk: 'USAGE' }),
  rate: (tenant: string, minute: number): Key => ({ pk: `${tenant}#RATE#${minute}`, sk: 'RATE' }),
  settings: (tenant: string): Key => ({ pk: `${tenant}#SETTINGS`, sk: 'SETTINGS' }),
  audit: (tenant: string, atEpochMs: number, id: string): Key => ({
    pk: `${tenant}#AUDIT#${new Date(atEpochMs).toISOString().slice(0, 10)}`,
    sk: `${padded(atEpochMs)}#${id}`,
  }),
  sweepMark: (): Key => ({ pk: 'SWEEP', sk: 'DUE' }),
  watcher: (tenant: string, topic: string, connectionId: string): Key => ({
    pk: `${tenant}#WATCH#${topic}`,
    sk: connectionId,
  }),
  logEntry: (tenant: string, topic: string, seq: number): Key => ({ pk: `${tenant}#LOG#${topic}`, sk: padded(seq) }),
  loggedChange: (tenant: string, topic: string, change: string): Key => ({
    pk: `${tenant}#LOGGED#${topic}`,
    sk: change,
  }),
  mail: (tenant: string, agentId: string, ref: string): Key => ({ pk: `${tenant}#MAIL#${agentId}`, sk: ref }),
  sentFrame: (tenant: string, from: string, frame: string): Key => ({ pk: `${tenant}#SENT#${from}`, sk: frame }),
  /** A group's members, or a word's subscriptions. */
  audience: (tenant: string, kind: 'GROUP' | 'TOPIC', name: string, sort: string): Key => ({
    pk: `${tenant}#${kind}#${name}`,
    sk: sort,
  }),
  membership: (tenant: string, agentId: string, kind: 'GROUP' | 'TOPIC', name: string): Key => ({
    pk: `${tenant}#MEMBER#${agentId}`,
    sk: `${kind}#${name}`,
  }),
  /** Names of kinds are lower case: they sort behind the scope's own item. */
  statePart: (tenant: string, scope: string, partId: string): Key => ({ pk: `${tenant}#STATE#${scope}`, sk: partId }),
  conflict: (tenant: string, conflictId: string): Key => ({ pk: `${tenant}#CONFLICT#${conflictId}`, sk: 'CONFLICT' }),
  value: (tenant: string, scope: string, name: string, version: number): Key => ({
    pk: `${tenant}#VALUE#${scope}#${name}`,
    sk: `V#${padded(version)}`,
  }),
  stateScope: (tenant: string, scope: string): Key => ({ pk: `${tenant}#STATE#${scope}`, sk: 'SCOPE' }),
} as const;

/** A frame's name among its sender's frames: by the sender's count. */
export const frameNameOf = (number: number, frameId: string): string => `${padded(number)}#${frameId}`;

/** A mail's place among an agent's mail: by sender, and within one by the sender's count. */
export const mailRefOf = (from: string, frameName: string): string => `${from}#${frameName}`;

/** What sorts behind every mail: what a mailbox could not take. Begins no sender's id. */
export const refusedMail = '~';

/** A stage's id: unique, and enough to find its item and markers. */
export const stageIdOf = (runId: string, position: number): string => `${runId}#${position}`;

/** Every agent is also on the roster of this capability, for tasks that require none. */
export const anyCapability = '*';

/** What a tenant lists. */
type ListKind = 'KEYS' | 'TENANTS' | 'AGENTS' | 'TASKS' | 'APPROVALS' | 'WORKFLOWS' | 'RUNS' | 'CONFLICTS';

/** Index keys. An attribute that is absent keeps its item out of the index. */
export const indexKeys = {
  live: (key: Key) => ({ sweepKey: `LIVE#${shardOf(key.pk)}`, sweepSort: key.pk }),
  liveShard: (shard: number): string => `LIVE#${shard}`,
  due: (key: Key, atEpochMs: number) => ({ sweepKey: indexKeys.dueMinute(atEpochMs), sweepSort: key.pk }),
  dueMinute: (atEpochMs: number): string => `DUE#${Math.floor(atEpochMs / 60_000)}`,
  open: (key: Key) => ({ sweepKey: `OPEN#${shardOf(key.pk)}`, sweepSort: `${key.pk}#${key.sk}` }),
  openShard: (shard: number): string => `OPEN#${shard}`,
  backlog: (tenant: string, signature: string, virtualStart: number, taskId: string) => ({
    backlogKey: indexKeys.backlogOf(tenant, signature),
    backlogSort: `${padded(virtualStart)}#${taskId}`,
  }),
  /** Dead letters lie where queued tasks lie: no task is both. A signature is 24 hexadecimal digits, so the name is free. */
  dead: (tenant: string, endedAt: number, taskId: string) => ({
    backlogKey: indexKeys.deadOf(tenant),
    backlogSort: `${padded(endedAt)}#${taskId}`,
  }),
  deadOf: (tenant: string): string => `${tenant}#DEAD`,
  backlogOf: (tenant: string, signature: string): string => `${tenant}#${signature}`,
  list: (tenant: string, kind: ListKind, sort: string) => ({
    listKey: indexKeys.listOf(tenant, kind),
    listSort: sort,
  }),
  listOf: (tenant: string, kind: ListKind): string => `${tenant}#${kind}`,
  socket: (tenant: string, principalId: string, connectionId: string) => ({
    listKey: indexKeys.socketsOf(tenant, principalId),
    listSort: connectionId,
  }),
  socketsOf: (tenant: string, principalId: string): string => `${tenant}#SOCKETS#${principalId}`,
  /** Sort by time of creation, made unique by the id. */
  byTime: (epochMs: number, id: string): string => `${padded(epochMs)}#${id}`,
} as const;
