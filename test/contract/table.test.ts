import { afterAll, beforeAll } from 'vitest';
import { createDynamoTable } from '#adapters/dynamodb/create-dynamo-table.ts';
import type { Table } from '#core/table/table.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createInMemoryTable } from '../support/in-memory-table.ts';
import { tableContract } from './table.contract.ts';

let engine: Engine | undefined;

beforeAll(async () => {
  engine = await startEngine();
});

afterAll(async () => {
  await engine?.stop();
});

const openEngineTable = (): Table => {
  if (engine === undefined) {
    throw new Error('the engine is not running');
  }
  return createDynamoTable(engine);
};

tableContract('twin', () => createInMemoryTable());
tableContract('engine', openEngineTable);
