import { findPackageJSON } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { type BuildAppOptions, buildApp } from 'fauxqs';

export type FauxqsStores = NonNullable<BuildAppOptions['stores']>;
export type SqsStore = FauxqsStores['sqsStore'];
export type SqsQueue = NonNullable<ReturnType<SqsStore['getQueue']>>;
export type FauxqsApp = ReturnType<typeof buildApp>;
type SqsMessage = Parameters<SqsQueue['enqueue']>[0];
type PersistenceManager = NonNullable<SqsStore['persistence']>;
type MessageAttributes = SqsMessage['messageAttributes'];

/** What fauxqs keeps to itself and its public entry offers no way to: a loopback address, and the group of a message. */
export interface FauxqsInternals {
  readonly createStores: () => FauxqsStores;
  readonly openPersistence: (directory: string) => PersistenceManager;
  readonly createMessage: (message: {
    readonly body: string;
    readonly attributes: MessageAttributes;
    readonly delaySeconds: number | undefined;
    readonly groupId: string | undefined;
  }) => SqsMessage;
  readonly measureMessage: (body: string, attributes: MessageAttributes) => number;
}

type StoreClass = (new () => SqsStore) & {
  createMessage(
    body: string,
    attributes: MessageAttributes,
    delaySeconds: number | undefined,
    groupId: string | undefined,
  ): SqsMessage;
};

function isStoreClass(value: unknown): value is StoreClass {
  return typeof value === 'function' && 'createMessage' in value;
}

function isSnsStoreClass(value: unknown): value is new () => FauxqsStores['snsStore'] {
  return typeof value === 'function';
}

function isS3StoreClass(value: unknown): value is new () => FauxqsStores['s3Store'] {
  return typeof value === 'function';
}

function isPersistenceClass(value: unknown): value is new (directory: string) => PersistenceManager {
  return typeof value === 'function';
}

function isMeasure(value: unknown): value is FauxqsInternals['measureMessage'] {
  return typeof value === 'function';
}

function mismatch(path: string, name: string): Error {
  return new Error(`fauxqs has no ${name} in ${path}: this platform was written for version 2.4.1; install that one.`);
}

async function load<T>(path: string, name: string, isWanted: (value: unknown) => value is T): Promise<T> {
  const manifest = findPackageJSON('fauxqs', import.meta.url);
  if (manifest === undefined) throw new Error('The package fauxqs is not installed; run npm install.');
  const module: unknown = await import(new URL(`dist/${path}`, pathToFileURL(manifest)).href);
  const value: unknown = typeof module === 'object' && module !== null ? Reflect.get(module, name) : undefined;
  if (!isWanted(value)) throw mismatch(path, name);
  return value;
}

/**
 * Loads the modules behind fauxqs' entry. Needed because `startFauxqs` listens on every interface of the machine,
 * drops `MessageGroupId` on standard queues, refuses characters beyond the basic plane, and empties a persisted queue
 * that is created again.
 * @throws when the installed version does not look like the one this was written for
 */
export async function loadFauxqsInternals(): Promise<FauxqsInternals> {
  const [Sqs, Sns, S3, Persistence, measureMessage] = await Promise.all([
    load('sqs/sqsStore.js', 'SqsStore', isStoreClass),
    load('sns/snsStore.js', 'SnsStore', isSnsStoreClass),
    load('s3/s3Store.js', 'S3Store', isS3StoreClass),
    load('persistence.js', 'PersistenceManager', isPersistenceClass),
    load('sqs/sqsTypes.js', 'calculateMessageSize', isMeasure),
  ]);
  return {
    createStores: () => ({ sqsStore: new Sqs(), snsStore: new Sns(), s3Store: new S3() }),
    openPersistence: (directory) => new Persistence(directory),
    createMessage: ({ body, attributes, delaySeconds, groupId }) =>
      Sqs.createMessage(body, attributes, delaySeconds, groupId),
    measureMessage,
  };
}

/** The SQLite connection of a persistence manager. */
export function findDatabase(persistence: PersistenceManager): DatabaseSync {
  const database: unknown = Reflect.get(persistence, 'db');
  if (!(database instanceof DatabaseSync)) throw mismatch('persistence.js', 'db');
  return database;
}
