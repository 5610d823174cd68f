import { array, assert, asyncProperty, constant, constantFrom, integer, oneof, record, tuple } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoTable } from '#adapters/dynamodb/create-dynamo-table.ts';
import type { Clauses, Condition, Item, Query, Table } from '#core/table/table.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createInMemoryTable } from '../support/in-memory-table.ts';

/** Few names and values, so that sequences meet each other's items. */
const names = ['a', 'b', 'map', 'x.y #'] as const;
const indexNames = ['listKey', 'listSort', 'sweepKey', 'sweepSort', 'backlogKey', 'backlogSort'] as const;
const sorts = ['1', '2', '3'] as const;

const name = constantFrom(...names);
const path = oneof(
  tuple(name),
  tuple(constantFrom(...indexNames)),
  tuple(constant('map'), name),
  tuple(constant('map'), constant('map'), name),
);
const scalar = oneof(integer({ min: -3, max: 3 }), constantFrom('', 'p', 'q'), constantFrom(true, false));
const value = oneof(
  scalar,
  constantFrom<unknown>(null, {}, { map: {} }, { a: 1, 'x.y #': 'p', map: { b: 'q', gone: undefined } }, [1, 'p', {}]),
);

const comparison = oneof(
  record({ is: constantFrom('present', 'absent'), path }),
  record({ is: constantFrom('equal', 'notEqual'), path, value: scalar }),
  record({ is: constantFrom('atLeast', 'atMost'), path, value: integer({ min: -3, max: 3 }) }),
  record({ is: constant('oneOf'), path, values: array(constantFrom('p', 'q', 'r'), { minLength: 1, maxLength: 3 }) }),
);
const condition = oneof(
  { weight: 5, arbitrary: comparison },
  {
    weight: 1,
    arbitrary: record({ is: constantFrom('any', 'all'), of: array(comparison, { minLength: 1, maxLength: 3 }) }),
  },
);
const clauses = array(tuple(constantFrom('first', 'second'), condition), { maxLength: 2 }).map(
  (entries) => Object.fromEntries(entries) as Clauses & Record<string, Condition>,
);

const change = oneof(
  record({ path, to: value }),
  record({ path, plus: integer({ min: -2, max: 2 }) }),
  record({ path, plus: integer({ min: -2, max: 2 }), from: integer({ min: 0, max: 2 }) }),
  record({ path, default: value }),
);

/** Index keys are text nearly always, so that the indexes fill. */
const item = tuple(
  array(tuple(name, value), { maxLength: 4 }),
  array(tuple(constantFrom(...indexNames), constantFrom('p', 'q', 'r')), { maxLength: 6 }),
).map(([own, index]) => Object.fromEntries([...own, ...index]) as Item);

const operation = oneof(
  { weight: 3, arbitrary: record({ kind: constant('put' as const), sk: constantFrom(...sorts), item, clauses }) },
  {
    weight: 6,
    arbitrary: record({
      kind: constant('update' as const),
      sk: constantFrom(...sorts),
      set: array(change, { maxLength: 3 }),
      remove: array(path, { maxLength: 2 }),
      clauses,
    }),
  },
  { weight: 1, arbitrary: record({ kind: constant('remove' as const), sk: constantFrom(...sorts), clauses }) },
);
type Operation = typeof operation extends { generate: (...parameters: never[]) => { value: infer Value } }
  ? Value
  : never;

const readPath = (from: Item, at: readonly string[]): unknown =>
  at.reduce<unknown>(
    (found, part) => (typeof found === 'object' && found ? Reflect.get(found, part) : undefined),
    from,
  );

/**
 * Three ways in which the engine is milder than DynamoDB, which the twin follows: the engine creates an absent item for
 * an update that only removes, removes below an absent map without complaint, and takes null for an empty map when
 * something is set below it. Such updates are left out.
 */
const isComparable = (step: Operation, old: Item | undefined): boolean => {
  if (step.kind !== 'update') {
    return true;
  }
  const parentOf = (at: readonly string[]): unknown => (at.length === 1 ? {} : readPath(old ?? {}, at.slice(0, -1)));
  const isBelowNull = step.set.some((change) => parentOf(change.path) === null);
  const hasParents = step.remove.every((at) => {
    const parent = parentOf(at);
    return typeof parent === 'object' && parent !== null && !Array.isArray(parent);
  });
  const onlyRemoves = old === undefined && step.set.length === 0 && step.remove.length > 0;
  return !isBelowNull && hasParents && !onlyRemoves;
};

const perform = async (table: Table, partition: string, step: Operation): Promise<unknown> => {
  const key = { pk: partition, sk: step.sk };
  try {
    switch (step.kind) {
      case 'put':
        return await table.put({ key, item: step.item, clauses: step.clauses });
      case 'update':
        return await table.update({
          key,
          set: step.set,
          remove: step.remove,
          clauses: step.clauses,
        });
      default:
        return await table.remove({ key, clauses: step.clauses });
    }
  } catch (error) {
    return { refused: error instanceof Error ? error.name : error };
  }
};

const readAll = async (table: Table, query: Omit<Query, 'limit'>): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await table.query({ ...query, limit: 2, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return items;
};

const byKey = (items: readonly Item[], partition: string): readonly Item[] =>
  items
    .filter((found) => found['pk'] === partition)
    .toSorted((left, right) => String(left['sk']).localeCompare(String(right['sk'])));

const readEverything = async (table: Table, partition: string): Promise<unknown> => ({
  items: await readAll(table, { partition, consistent: true }),
  fromTwo: await readAll(table, { partition, from: '2', descending: true }),
  indexes: await Promise.all(
    (['list', 'sweep', 'backlog'] as const).map(async (index) =>
      byKey(await readAll(table, { index, partition: 'p' }), partition),
    ),
  ),
});

describe('the table twin and the engine', () => {
  let engine: Engine | undefined;

  beforeAll(async () => {
    engine = await startEngine();
  });

  afterAll(async () => {
    await engine?.stop();
  });

  it('answer every sequence of writes alike and hold the same afterwards', async () => {
    if (engine === undefined) {
      throw new Error('the engine is not running');
    }
    const real = createDynamoTable(engine);
    let runs = 0;
    let compared = 0;
    const outcomes = new Set<string>();
    await assert(
      asyncProperty(array(operation, { minLength: 1, maxLength: 12 }), async (steps) => {
        runs += 1;
        const partition = `run ${runs}`;
        const twin = createInMemoryTable();
        const fromTwin: unknown[] = [];
        const fromEngine: unknown[] = [];
        for (const step of steps) {
          const old = await twin.get({ pk: partition, sk: step.sk });
          if (isComparable(step, old)) {
            const answer = await perform(twin, partition, step);
            fromTwin.push(answer);
            fromEngine.push(await perform(real, partition, step));
            outcomes.add(`${step.kind} ${JSON.stringify(answer).slice(0, 9)}`);
          }
        }
        compared += fromTwin.length;
        expect(fromEngine).toEqual(fromTwin);
        expect(await readEverything(real, partition)).toEqual(await readEverything(twin, partition));
      }),
      { numRuns: 250 },
    );
    expect(compared).toBeGreaterThan(500);
    // Every kind of write has been won and lost, and updates have been refused.
    expect(outcomes.size).toBeGreaterThanOrEqual(7);
  });
});
