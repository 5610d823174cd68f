import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { keys } from '#core/contract/keys.ts';
import type { Role } from '#core/contract/roles.ts';
import { hashSecret } from '#core/identity/api-key.ts';
import type { Muster } from './start-muster.ts';

/** Makes an API key of a tenant, as an administrator with access to the table would. */
export const addKey = async (
  { aws, platform }: Pick<Muster, 'aws' | 'platform'>,
  tenant: string,
  role: Role,
): Promise<string> => {
  const keyId = randomBytes(6).toString('hex');
  const secret = randomBytes(20).toString('hex');
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(aws));
  await client.send(
    new PutCommand({
      TableName: platform.outputs['TableName'],
      Item: { ...keys.apiKey(tenant, keyId), secretHash: hashSecret(secret), role },
    }),
  );
  client.destroy();
  return `mst_${tenant}_${keyId}_${secret}`;
};
