import { mkdirSync } from 'node:fs';
import { buildApp } from 'fauxqs';
import * as z from 'zod';
import { AwsError, type JsonService, type Running } from '../contract.ts';
import {
  type FauxqsApp,
  type FauxqsInternals,
  type FauxqsStores,
  findDatabase,
  loadFauxqsInternals,
  type SqsQueue,
  type SqsStore,
} from './fauxqs-internals.ts';
import { sendMessage, sendMessageBatch } from './send-message.ts';

/** The only account fauxqs knows; arns and urls carry it. */
const accountId = '000000000000';
const jsonType = 'application/x-amz-json-1.0';

/** Attributes fixed when a queue is created. */
const immutableAttributes = new Set(['FifoQueue']);

const ErrorAnswer = z.looseObject({ __type: z.string(), message: z.string().optional() });
const Answer = z.record(z.string(), z.unknown());
const QueueUrlInput = z.looseObject({ QueueUrl: z.string() });

/** SQS and S3. `handle` answers SQS operations without a socket; `endpoint` serves SQS (JSON 1.0) and S3 (path style). */
export interface Queues extends Running, JsonService {
  readonly endpoint: string;
  /** Creates the queue, or gives the existing one these attributes and keeps its messages. */
  createQueue(queue: { readonly name: string; readonly attributes: Readonly<Record<string, string>> }): Promise<{
    readonly url: string;
    readonly arn: string;
  }>;
  createBucket(name: string): Promise<void>;
}

export interface QueuesOptions {
  /** Queues and objects outlive the process when it is given. */
  readonly dataDirectory?: string;
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** @default any free port */
  readonly port?: number;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** Where queue urls point, when something stands in front. SDK clients send to the url, not to their endpoint. @default the endpoint */
  readonly publicEndpoint?: string;
  readonly log: (line: string) => void;
}

/** Opens the database; returns what closes it. */
function persist(internals: FauxqsInternals, stores: FauxqsStores, directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const persistence = internals.openPersistence(directory);
  // Loading must precede the assignment: inserting a queue replaces its row, and that cascades to its messages.
  persistence.load(stores.sqsStore, stores.snsStore, stores.s3Store);
  const database = findDatabase(persistence);
  // With a write-ahead log NORMAL loses nothing when the process dies, only when the machine does, and spares a sync per message.
  database.exec('PRAGMA synchronous = NORMAL');
  const inTransaction = <T>(action: () => T): T => {
    database.exec('BEGIN');
    try {
      return action();
    } finally {
      database.exec('COMMIT');
    }
  };
  const guard = (queue: SqsQueue): SqsQueue => {
    queue.persistence = persistence;
    // A receive moves exhausted messages to the dead-letter queue by a delete and an insert: both or none.
    const dequeue = queue.dequeue.bind(queue);
    queue.dequeue = (...parameters) => inTransaction(() => dequeue(...parameters));
    return queue;
  };
  for (const queue of stores.sqsStore.allQueues()) guard(queue);
  const createQueue = stores.sqsStore.createQueue.bind(stores.sqsStore);
  stores.sqsStore.createQueue = (...parameters) => guard(createQueue(...parameters));
  stores.sqsStore.persistence = persistence;
  stores.snsStore.persistence = persistence;
  stores.s3Store.persistence = persistence;
  return () => persistence.close();
}

/** fauxqs' own send drops what {@link sendMessage} keeps; FIFO queues stay with fauxqs. */
function sendOwn(
  internals: FauxqsInternals,
  store: SqsStore,
  action: string,
  input: unknown,
): Record<string, unknown> | undefined {
  if (action !== 'SendMessage' && action !== 'SendMessageBatch') return undefined;
  const parsed = QueueUrlInput.safeParse(input);
  const queue = parsed.success ? store.getQueue(parsed.data.QueueUrl) : undefined;
  if (!queue || queue.isFifo()) return undefined;
  return (action === 'SendMessage' ? sendMessage : sendMessageBatch)(internals, queue, input);
}

function installSend(app: FauxqsApp, internals: FauxqsInternals, store: SqsStore): void {
  app.addHook('preHandler', async (request, reply) => {
    const target = request.headers['x-amz-target'];
    if (request.url !== '/' || typeof target !== 'string' || !target.startsWith('AmazonSQS.')) return undefined;
    try {
      const answer = sendOwn(internals, store, target.slice('AmazonSQS.'.length), request.body);
      return answer === undefined ? undefined : reply.header('content-type', jsonType).send(JSON.stringify(answer));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const body = JSON.stringify({ __type: `com.amazonaws.sqs#${error.code}`, message: error.message });
      return reply
        .status(error.statusCode)
        .header('content-type', jsonType)
        .header('x-amzn-query-error', `AWS.SimpleQueueService.${error.code};Sender`)
        .send(body);
    }
  });
}

async function callSqs(
  app: FauxqsApp,
  action: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const response = await app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': jsonType, 'x-amz-target': `AmazonSQS.${action}` },
    payload: JSON.stringify(input),
  });
  const answer = Answer.parse(response.payload === '' ? {} : JSON.parse(response.payload));
  if (response.statusCode < 400) return answer;
  const error = ErrorAnswer.safeParse(answer);
  const code = error.success ? error.data['__type'].replace(/^.*#/, '') : 'InternalFailure';
  throw new AwsError(code, error.data?.message ?? response.payload, response.statusCode);
}

async function createBucket(app: FauxqsApp, name: string): Promise<void> {
  const head = await app.inject({ method: 'HEAD', url: `/${name}` });
  if (head.statusCode === 200) return;
  const created = await app.inject({ method: 'PUT', url: `/${name}` });
  if (created.statusCode !== 200) throw new AwsError('InvalidBucketName', created.payload, created.statusCode);
}

/** Starts SQS and S3 in this process, reachable on the loopback interface only unless `host` says otherwise. */
export async function startQueues(options: QueuesOptions): Promise<Queues> {
  const { host = '127.0.0.1', port = 0, region = 'us-east-1', log } = options;
  const internals = await loadFauxqsInternals();
  const stores = internals.createStores();
  const store = stores.sqsStore;
  const close =
    options.dataDirectory === undefined ? () => undefined : persist(internals, stores, options.dataDirectory);
  const app = buildApp({ logger: false, defaultRegion: region, stores });
  installSend(app, internals, store);
  app.addHook('onError', async (request, _reply, error) =>
    log(`queues: ${request.method} ${request.url}: ${error.message}`),
  );
  const endpoint = await app.listen({ host, port });
  const urlOf = (name: string): string => `${options.publicEndpoint ?? endpoint}/${accountId}/${name}`;
  store.buildQueueUrl = urlOf;
  // Restored queues remember the url, and so the port, of an earlier run.
  for (const queue of store.allQueues()) Object.assign(queue, { url: urlOf(queue.name) });
  const stop = async (): Promise<void> => {
    store.shutdown(); // long polls answer at once
    await app.close();
    close();
  };
  let stopping: Promise<void> | undefined;
  return {
    endpoint,
    handle: (operation, input) => callSqs(app, operation, input),
    async createQueue({ name, attributes }) {
      const existing = store.getQueueByName(name);
      const kept = Object.fromEntries(Object.entries(attributes).filter(([key]) => !immutableAttributes.has(key)));
      if (existing) await callSqs(app, 'SetQueueAttributes', { QueueUrl: urlOf(name), Attributes: kept });
      else await callSqs(app, 'CreateQueue', { QueueName: name, Attributes: attributes });
      return { url: urlOf(name), arn: `arn:aws:sqs:${region}:${accountId}:${name}` };
    },
    createBucket: (name) => createBucket(app, name),
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
