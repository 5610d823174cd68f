import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionsPrefix } from '#local/front-door/connections-door.ts';
import { billOf } from '../../bench/cost/bill.ts';
import committed from '../../bench/cost/counts.json' with { type: 'json' };
import { billableOf, measureMonth, measureUnit, openStage } from '../../bench/cost/measure.ts';
import { type Counts, type Rig, startRig } from '../../bench/cost/rig.ts';
import { type CostUnit, costUnits, monthUnits, type Stage } from '../../bench/cost/units.ts';

let rig: Rig;
let stage: Stage;
beforeAll(async () => {
  rig = await startRig();
  stage = await openStage(rig);
});
afterAll(() => rig?.stop());

const expected: Readonly<Record<string, Counts>> = committed;

/** A run's stream and its functions race to do the same, and whoever comes second finds it done: at a price. */
const raceShare = 0.2;

/** What a message costs that goes alone instead of with another: sent, received, deleted. */
const requestsPerMessage = 3;

const ceilingOf = (unit: string, count: number, share: number): number => {
  const ceiling = Math.ceil(count * (1 + share));
  return share > 0 && unit === 'sqs.requests' ? Math.max(ceiling, count + requestsPerMessage) : ceiling;
};

const ceilings = (counts: Counts, share: number): Counts =>
  Object.fromEntries(Object.entries(counts).map(([unit, count]) => [unit, ceilingOf(unit, count, share)]));

/** Left to `npm run cost`: it takes as long as all the others. */
const tooLong = 'map-reduce-100';

/** What is above its ceiling, as `unit: count > ceiling`. Lines of logs tell of each race that was lost. */
const excess = (id: string, counts: Counts, share: number): readonly string[] => {
  const most = ceilings(expected[id] ?? {}, share);
  const logShare = ceilings({ 'logs.bytes': most['logs.bytes'] ?? 0 }, share === 0 ? 0.2 : 1)['logs.bytes'] ?? 0;
  return Object.entries(counts).flatMap(([unit, count]) => {
    // What the template has is for the tests of the template: a mode brings an alarm.
    if (unit.startsWith('cloudwatch.')) return [];
    const ceiling = unit === 'logs.bytes' ? logShare : (most[unit] ?? 0);
    return count > ceiling ? [`${unit}: ${count} > ${ceiling}`] : [];
  });
};

describe('what is billed', () => {
  it.each(costUnits.filter(({ id }) => id !== tooLong).map((unit) => [unit.title, unit] as const))(
    'is no more than committed for: %s',
    async (_title, unit) => {
      const counts = billableOf(await measureUnit(stage, unit));
      expect(excess(unit.id, counts, unit.shape.runs > 0 ? raceShare : 0)).toEqual([]);
      expect(billOf({ id: unit.id, counts }).usd).toBeGreaterThan(0);
    },
  );

  it.each(monthUnits.map((unit) => [unit.title, unit] as const))(
    'is no more than committed for a month of: %s',
    async (_title, unit) => {
      // A socket that comes and goes races with itself: what one function remembers, the next need not read.
      expect(excess(unit.id, billableOf(await measureMonth(stage, unit)), raceShare)).toEqual([]);
    },
  );
});

const plainUnit = (): CostUnit => {
  const [first] = costUnits;
  if (first === undefined) throw new Error('there are no units');
  return first;
};

describe('the meter', () => {
  it('shows one superfluous write and one superfluous frame as exactly these two', async () => {
    const { endpointUrl, region, credentials, outputs } = rig.platform;
    const table = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint: endpointUrl, region, credentials }));
    const TableName = outputs['TableName'];
    const { Items = [] } = await table.send(new ScanCommand({ TableName }));
    const connectionId = Items.find(({ agentId, sk }) => sk === 'CONN' && agentId === undefined)?.['connectionId'];
    const endpoint = `${endpointUrl}${connectionsPrefix}/${rig.resources.socketApiId}/ws`;
    const sockets = new ApiGatewayManagementApiClient({ endpoint, region, credentials });
    const plain = plainUnit();
    const wasteful: CostUnit = {
      ...plain,
      run: async (...parameters) => {
        await plain.run(...parameters);
        await table.send(new PutCommand({ TableName, Item: { pk: 'waste', sk: 'waste' } }));
        await sockets.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: '{}' }));
      },
    };
    const [usual, more] = [await measureUnit(stage, plain), await measureUnit(stage, wasteful)];
    const changed = Object.keys({ ...usual, ...more }).filter((unit) => usual[unit] !== more[unit]);
    expect(changed.toSorted()).toEqual(['dynamodb.writeUnits', 'websocket.messages']);
    expect(more['dynamodb.writeUnits']).toBe((usual['dynamodb.writeUnits'] ?? 0) + 1);
    expect(more['websocket.messages']).toBe((usual['websocket.messages'] ?? 0) + 1);
    table.destroy();
    sockets.destroy();
  });

  it('refuses to bill what has no price', () => {
    expect(() => billOf({ id: 'task-1k', counts: { 'quantum.requests': 1 } })).toThrow('quantum.requests');
  });
});
