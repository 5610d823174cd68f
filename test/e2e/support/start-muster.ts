import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand, type ScanCommandOutput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { LocalMuster } from '../../../scripts/boot-platform.ts';
import { bootPlatform } from '../../../scripts/boot-platform.ts';
import { RawSocket } from './raw-socket.ts';

/** Read freely: each test says what it expects. */
const Body = z.any();

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: z.infer<typeof Body>;
}

export interface CallOptions {
  readonly key?: string;
  readonly idempotencyKey?: string;
}

type Reach = Pick<LocalMuster, 'http' | 'apiKey'>;

/** One request to the API, as written by hand. */
export const call = async (
  { http, apiKey }: Reach,
  request: string,
  body?: unknown,
  { key = apiKey, idempotencyKey }: CallOptions = {},
): Promise<Answer> => {
  const [method = 'GET', path = '/'] = request.split(' ');
  const response = await fetch(`${http}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const contentType = response.headers.get('content-type') ?? '';
  return { status: response.status, contentType, body: contentType.includes('json') ? JSON.parse(text) : text };
};

/** A platform of a test file's own. */
export interface Muster extends LocalMuster {
  /** What its functions logged. */
  readonly lines: readonly string[];
  /** For AWS SDK clients, as somebody who may do everything. */
  readonly aws: ReturnType<typeof awsSettings>;
  call(request: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  socket(apiKey?: string): Promise<RawSocket>;
  /** Every item of the table as text, in order, but for the sweep's own: two equal answers mean that nothing changed. */
  items(): Promise<readonly string[]>;
}

const awsSettings = ({ platform }: Pick<LocalMuster, 'platform'>) => ({
  endpoint: platform.endpointUrl,
  region: platform.region,
  credentials: { ...platform.credentials },
});

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same text for the same item, whatever the order of its attributes. */
const asText = (item: unknown): string =>
  JSON.stringify(item, (_name, value: unknown) =>
    isMap(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );

/** Adds what tests need to a running platform. */
export const equip = (muster: LocalMuster, lines: readonly string[] = []): Muster => {
  const aws = awsSettings(muster);
  const table = DynamoDBDocumentClient.from(new DynamoDBClient(aws));
  const items = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    let from: ScanCommandOutput['LastEvaluatedKey'];
    do {
      const page: ScanCommandOutput = await table.send(
        new ScanCommand({
          TableName: muster.platform.outputs['TableName'],
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      found.push(...(page.Items ?? []).map(asText));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    // How far the sweep got and what it counted change by themselves, and a request counts whatever it came to.
    const counted = ['"pk":"SWEEP"', '"sk":"USAGE"', '"sk":"RATE"'];
    return found.filter((item) => !counted.some((part) => item.includes(part))).toSorted();
  };
  return {
    ...muster,
    lines,
    aws,
    items,
    call: (request, body, options) => call(muster, request, body, options),
    socket: (apiKey = muster.apiKey) => RawSocket.open(muster.ws, apiKey),
  };
};

/** Boots the stack on free ports. */
export const startMuster = async (): Promise<Muster> => {
  const lines: string[] = [];
  const muster = await bootPlatform({ port: 0, log: (line) => lines.push(line), progress: () => undefined });
  return equip(muster, lines);
};
