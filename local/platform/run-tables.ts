import * as z from 'zod';
import type { StackResource } from '../template/load-stack.ts';
import { expireItems } from './expire-items.ts';
import { parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

const KeySchema = z.array(z.looseObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const Index = z.looseObject({
  IndexName: z.string(),
  KeySchema,
  Projection: z.record(z.string(), z.unknown()).optional(),
});
const TableProperties = z.looseObject({
  KeySchema,
  AttributeDefinitions: z.array(z.looseObject({ AttributeName: z.string(), AttributeType: z.string() })),
  GlobalSecondaryIndexes: z.array(Index).default([]),
  LocalSecondaryIndexes: z.array(Index).default([]),
  StreamSpecification: z.looseObject({ StreamViewType: z.string() }).optional(),
  TimeToLiveSpecification: z
    .looseObject({ AttributeName: z.string().optional(), Enabled: z.boolean().default(true) })
    .optional(),
});
type TableProperties = z.infer<typeof TableProperties>;

/** Creates a table unless the data directory already holds it, and expires its items. */
export async function runTable(resource: StackResource, parts: PlatformParts): Promise<void> {
  const properties = parseProperties(TableProperties, resource);
  const { client } = parts.engine;
  const tableName = resource.physicalId;
  const existing = await client.call('ListTables', {});
  const names = z.looseObject({ TableNames: z.array(z.string()) }).parse(existing).TableNames;
  if (!names.includes(tableName)) await client.call('CreateTable', createTableInput(tableName, properties));
  const ttl = properties.TimeToLiveSpecification;
  if (ttl?.AttributeName === undefined || !ttl.Enabled) return;
  const keyNames = properties.KeySchema.map((key) => key.AttributeName);
  parts.keep(expireItems({ client, clock: parts.clock, tableName, attribute: ttl.AttributeName, keyNames }));
}

function createTableInput(tableName: string, properties: TableProperties): Record<string, unknown> {
  const index = ({ IndexName, KeySchema: keys, Projection }: z.infer<typeof Index>): Record<string, unknown> => ({
    IndexName,
    KeySchema: keys,
    Projection: Projection ?? { ProjectionType: 'ALL' },
  });
  const { GlobalSecondaryIndexes: global, LocalSecondaryIndexes: local, StreamSpecification: stream } = properties;
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: properties.KeySchema,
    AttributeDefinitions: properties.AttributeDefinitions,
    ...(global.length > 0 && { GlobalSecondaryIndexes: global.map(index) }),
    ...(local.length > 0 && { LocalSecondaryIndexes: local.map(index) }),
    ...(stream !== undefined && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: stream.StreamViewType },
    }),
  };
}
