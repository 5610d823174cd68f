import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { EngineMissingError, findEngine } from '#local/engine/find-engine.ts';
import { DirectoryLockedError, lockDirectory } from '#local/engine/lock-directory.ts';
import { type Engine, startEngine } from '#local/engine/start-engine.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'engine-test-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function start(dataDirectory?: string): Promise<Engine> {
  const engine = await startEngine({ dataDirectory });
  cleanups.push(() => engine.stop());
  return engine;
}

const table = {
  TableName: 'Orders',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
};

async function isReachable(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}

describe('startEngine', () => {
  it('keeps tables in the data directory', async () => {
    const directory = temporaryDirectory();
    const first = await startEngine({ dataDirectory: directory });
    await first.client.call('CreateTable', table);
    await first.client.call('PutItem', { TableName: 'Orders', Item: { id: { S: 'o-1' } } });
    await first.stop();
    const second = await start(directory);
    const { Item } = await second.client.call('GetItem', { TableName: 'Orders', Key: { id: { S: 'o-1' } } });
    expect(Item).toEqual({ id: { S: 'o-1' } });
  });

  it('looks up a table’s last sequence number by an index', async () => {
    const engine = await start(temporaryDirectory());
    const database = new DatabaseSync(String(engine.databasePath), { readOnly: true });
    const plan = database
      .prepare(
        'EXPLAIN QUERY PLAN SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?',
      )
      .all('Orders');
    database.close();
    expect(JSON.stringify(plan)).toContain('local_stream_sequence');
  });

  it('throws an error answer as an AwsError with its code', async () => {
    const engine = await start();
    await expect(engine.client.call('GetItem', { TableName: 'Nobody', Key: {} })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      statusCode: 400,
    });
  });

  it('ends the engine when the process that started it is killed', async () => {
    const script = `
      import { startEngine } from ${JSON.stringify(new URL('../../../../local/engine/start-engine.ts', import.meta.url).href)};
      const engine = await startEngine({ dataDirectory: ${JSON.stringify(temporaryDirectory())} });
      console.log(engine.endpoint);
      setInterval(() => {}, 1000);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const endpoint = String((await once(createInterface({ input: parent.stdout }), 'line'))[0]);
    expect(await isReachable(endpoint)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isReachable(endpoint), { timeout: 5000 }).toBe(false);
  });
});

describe('findEngine', () => {
  it('names the three places when there is no engine', () => {
    const { platform } = process;
    Object.defineProperty(process, 'platform', { value: 'plan9' });
    try {
      expect(() => findEngine({ PATH: '/nonexistent' })).toThrow(EngineMissingError);
      expect(() => findEngine({})).toThrow(/@dynoxide\/plan9-\w+, put `dynoxide` on PATH, or set DYNAMODB_ENDPOINT/);
      expect(findEngine({ DYNAMODB_ENDPOINT: 'http://db:8000' })).toEqual({ kind: 'endpoint', url: 'http://db:8000' });
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
    }
  });
});

describe('lockDirectory', () => {
  it('refuses a directory that is in use and names the holder', () => {
    const directory = temporaryDirectory();
    const unlock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(DirectoryLockedError);
    expect(() => lockDirectory(directory)).toThrow(`in use by process ${process.pid}`);
    unlock();
    lockDirectory(directory)();
  });
});

describe('the guard', () => {
  it('ends the command also when the platform died before it could read a line', async () => {
    const guard = new URL('../../../../local/engine/guard.ts', import.meta.url).pathname;
    const seconds = `6${process.pid}`;
    const child = spawn(process.execPath, [guard, 'sleep', seconds], { stdio: ['pipe', 'pipe', 'ignore'] });
    const exited = once(child, 'exit');
    child.stdout.destroy();
    child.stdin.destroy();
    await exited;
    const list = async (): Promise<string[]> => {
      const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,args=']);
      return stdout.split('\n').filter((line) => line.endsWith(`sleep ${seconds}`));
    };
    await expect.poll(list, { timeout: 3000 }).toEqual([]);
  });
});
