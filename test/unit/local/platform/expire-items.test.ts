import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '#local/contract.ts';
import { type Engine, startEngine } from '#local/engine/start-engine.ts';
import { expireItems } from '#local/platform/expire-items.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.client.call('CreateTable', {
    TableName: 'Table',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
});
afterAll(() => engine.stop());

/** A clock whose only timer the test fires. */
function manualClock(): Clock & { fire(): void; isArmed(): boolean } {
  let action: (() => void) | undefined;
  return {
    now: () => 1_000_000,
    after(_delayMs, next) {
      action = next;
      return () => void (action = undefined);
    },
    isArmed: () => action !== undefined,
    fire() {
      const fired = action;
      action = undefined;
      fired?.();
    },
  };
}

describe('expireItems', () => {
  it('deletes what has expired, page by page, and nothing else', async () => {
    const put = (id: string, ttl: Record<string, unknown>): Promise<unknown> =>
      engine.client.call('PutItem', { TableName: 'Table', Item: { id: { S: id }, ...ttl } });
    await Promise.all(Array.from({ length: 450 }, (_, index) => put(`old-${index}`, { ttl: { N: '999' } })));
    await Promise.all([
      put('now', { ttl: { N: '1000' } }),
      put('later', { ttl: { N: '2000' } }),
      put('never', {}),
      put('text', { ttl: { S: '1' } }),
    ]);
    const clock = manualClock();
    const running = expireItems({
      client: engine.client,
      clock,
      tableName: 'Table',
      attribute: 'ttl',
      keyNames: ['id'],
    });
    for (let page = 0; page < 4; page += 1) {
      clock.fire();
      await expect.poll(() => clock.isArmed(), { timeout: 10_000, interval: 5 }).toBe(true);
    }
    const { Items } = await engine.client.call('Scan', { TableName: 'Table', ProjectionExpression: 'id' });
    expect(
      JSON.stringify(Items)
        .match(/(?<="S":")[^"]+/g)
        ?.toSorted(),
    ).toEqual(['later', 'never', 'now', 'text']);
    await running.stop();
    expect(clock.isArmed()).toBe(false);
  });
});
