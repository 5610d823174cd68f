import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { until } from './support/until.ts';

const cli = new URL('../../local/cli.ts', import.meta.url).pathname;
const assembly = new URL('../fixtures/relay-app', import.meta.url).pathname;
const kills = 20;
/** Two at a time, each over a second: more than the kills take, so that they all fall into the run. */
const itemCount = 36;
/** A start takes about a second here, so that some kills fall into it. */
const latestKillMs = 2200;

const Ready = z.looseObject({
  endpointUrl: z.string(),
  region: z.string(),
  credentials: z.looseObject({ accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string() }),
  outputs: z.looseObject({ MachineArn: z.string(), TableName: z.string() }),
});
type Ready = z.infer<typeof Ready>;

const data = mkdtempSync(join(tmpdir(), 'local-survival-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

/** Moments that one number decides, so that a failure can be repeated: SURVIVAL_SEED=<number>. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function startPlatform(): { readonly child: ChildProcess; readonly ready: Promise<Ready> } {
  const parameters = ['--assembly', assembly, '--data', data, '--port', '0', '--json', '--quiet'];
  const child = spawn(process.execPath, [cli, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const complaints: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
  const line = once(createInterface({ input: child.stdout }), 'line');
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the platform ended: ${complaints.join('')}`);
  });
  const ready = Promise.race([line, ended]).then(([text]) => Ready.parse(JSON.parse(String(text))));
  // Whoever is killed before it is ready has nobody waiting for that.
  ready.catch(() => undefined);
  return { child, ready };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Every process whose command line names the data directory: the engine, its guard, the platform. */
async function processesOnData(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(data));
}

const settings = ({ endpointUrl: endpoint, region, credentials }: Ready) => ({ endpoint, region, credentials });
const executionArn = ({ outputs }: Ready): string =>
  `${outputs.MachineArn.replace(':stateMachine:', ':execution:')}:relay`;

async function begin(ready: Ready): Promise<void> {
  const input = JSON.stringify({ count: itemCount });
  const command = { stateMachineArn: ready.outputs.MachineArn, name: 'relay', input };
  await new SFNClient(settings(ready)).send(new StartExecutionCommand(command));
}

async function describeRun(ready: Ready): Promise<DescribeExecutionOutput> {
  return new SFNClient(settings(ready)).send(new DescribeExecutionCommand({ executionArn: executionArn(ready) }));
}

async function historyOf(ready: Ready) {
  const client = new SFNClient(settings(ready));
  const events: { id: number | undefined; type: string | undefined }[] = [];
  for await (const page of paginateGetExecutionHistory({ client }, { executionArn: executionArn(ready) })) {
    events.push(...(page.events ?? []).map(({ id, type }) => ({ id, type })));
  }
  return events;
}

async function recorded(ready: Ready): Promise<Record<string, number>> {
  const scan = new ScanCommand({ TableName: ready.outputs.TableName });
  const { Items = [] } = await new DynamoDBClient(settings(ready)).send(scan);
  return Object.fromEntries(Items.map(({ id, times }) => [id?.S ?? '', Number(times?.N ?? 1)]));
}

function countByType(types: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const type of types) counts[type ?? ''] = (counts[type ?? ''] ?? 0) + 1;
  return counts;
}

const both = (kind: string, count: number): Record<string, number> => ({
  [`${kind}StateEntered`]: count,
  [`${kind}StateExited`]: count,
});
const fork = (kind: string, count: number): Record<string, number> => ({
  ...both(kind, count),
  [`${kind}StateStarted`]: count,
  [`${kind}StateSucceeded`]: count,
});
const taskCount = 2 * itemCount + 1;
/** What an undisturbed run writes down, counted from the definition. */
const undisturbed: Record<string, number> = {
  ExecutionStarted: 1,
  ExecutionSucceeded: 1,
  ...both('Pass', 4),
  ...both('Wait', itemCount + 4),
  ...both('Task', taskCount),
  ...fork('Parallel', 3),
  ...fork('Map', 2),
  MapIterationStarted: itemCount + 2,
  MapIterationSucceeded: itemCount + 2,
  TaskScheduled: taskCount,
  TaskStarted: taskCount,
  TaskSubmitted: itemCount,
  TaskSucceeded: taskCount,
};

describe('a platform with a data directory', () => {
  it(`ends a run of waits, timers and tokens as if nothing had happened after ${kills} kills`, async () => {
    const seed = Number(process.env.SURVIVAL_SEED ?? Date.now() % 1_000_000);
    console.log(`SURVIVAL_SEED=${seed}`);
    const random = seeded(seed);
    const first = startPlatform();
    await begin(await first.ready);
    await kill(first.child);

    let lastKillAt = 0;
    let killedWhileStarting = 0;
    for (let round = 1; round < kills; round += 1) {
      const { child, ready } = startPlatform();
      let isReady = false;
      ready.then(
        () => {
          isReady = true;
        },
        () => undefined,
      );
      await wait(random() * latestKillMs);
      expect(child.exitCode, `round ${round}: the platform could not start again`).toBeNull();
      await kill(child);
      lastKillAt = Date.now();
      if (!isReady) killedWhileStarting += 1;
      await until(
        `round ${round}: no process is left on the data`,
        async () => (await processesOnData()).length === 0,
        {
          timeoutMs: 5000,
          everyMs: 20,
        },
      );
    }

    const last = startPlatform();
    const ready = await last.ready;
    const late = startPlatform();
    await expect(late.ready).rejects.toThrow(`is in use by process ${last.child.pid}`);

    const run = await until(
      'the run ends',
      async () => {
        const seen = await describeRun(ready);
        return seen.status === 'RUNNING' ? undefined : seen;
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED' });
    expect(JSON.parse(run.output ?? '')).toEqual({
      sum: (10 * itemCount * (itemCount + 1)) / 2,
      count: itemCount,
      timers: [
        ['short', 'until'],
        ['short', 'until'],
      ],
      mark: 'marked',
    });
    expect(run.stopDate?.getTime(), 'the kills fell into the run').toBeGreaterThan(lastKillAt);

    const history = await historyOf(ready);
    expect(history.map(({ id }) => id)).toEqual(history.map((_, index) => index + 1));
    expect(countByType(history.map(({ type }) => type))).toEqual(undisturbed);

    const { started, ...times } = await recorded(ready);
    expect(started).toBe(1);
    expect(Object.keys(times)).toHaveLength(itemCount);
    const repeats = Object.values(times).reduce((sum, count) => sum + count - 1, 0);
    console.log(`${kills} kills, ${killedWhileStarting} of them during a start; ${repeats} effects were repeated`);

    const stopped = once(last.child, 'exit');
    last.child.kill('SIGTERM');
    expect((await stopped)[0]).toBe(0);
    expect(await processesOnData()).toEqual([]);
  });
});
