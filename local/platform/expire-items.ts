import * as z from 'zod';
import type { Clock, Running } from '../contract.ts';
import type { JsonClient } from '../engine/engine-client.ts';

/** DynamoDB deletes within days of the expiry; a page every ten seconds keeps the cost unnoticeable. */
const pauseMs = 10_000;
const pageItems = 200;

const Page = z.looseObject({
  Items: z.array(z.record(z.string(), z.unknown())).default([]),
  LastEvaluatedKey: z.record(z.string(), z.unknown()).optional(),
});

/** Deletes a table's items whose time to live has passed, page by page for ever; the engine itself does not. */
export function expireItems(options: {
  readonly client: JsonClient;
  readonly clock: Clock;
  readonly tableName: string;
  readonly attribute: string;
  readonly keyNames: readonly string[];
}): Running {
  const { client, clock, tableName, attribute, keyNames } = options;
  const names = { '#ttl': attribute };
  let isStopped = false;
  let from: Record<string, unknown> | undefined;
  let current = Promise.resolve();

  const expirePage = async (): Promise<void> => {
    const values = { ':now': { N: String(Math.floor(clock.now() / 1000)) } };
    const condition = { ExpressionAttributeNames: names, ExpressionAttributeValues: values };
    const scan = { TableName: tableName, Limit: pageItems, FilterExpression: '#ttl < :now', ...condition };
    const page = Page.parse(await client.call('Scan', { ...scan, ...(from && { ExclusiveStartKey: from }) }));
    from = page.LastEvaluatedKey;
    for (const item of page.Items) {
      const key = Object.fromEntries(keyNames.map((name) => [name, item[name]]));
      // The item may have been prolonged since it was read.
      await client
        .call('DeleteItem', { TableName: tableName, Key: key, ConditionExpression: '#ttl < :now', ...condition })
        .catch(() => undefined);
    }
  };

  const schedule = (): (() => void) =>
    clock.after(pauseMs, () => {
      if (isStopped) return;
      current = expirePage()
        .catch(() => undefined)
        .then(() => {
          if (!isStopped) cancel = schedule();
        });
    });
  let cancel = schedule();
  return {
    async stop() {
      isStopped = true;
      cancel();
      await current;
    },
  };
}
