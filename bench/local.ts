import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import { type Platform, startPlatform } from '#local/platform/start-platform.ts';

const usage = `Measures the local platform on this machine: its start, its memory, and each function's cold and warm time.

Usage: node bench/local.ts [--assembly DIR] [--starts N] [--json]

  --assembly DIR  a cloud assembly (default cdk.out: npm run synth writes it)
  --starts N      how often to start; the median counts (default 5)
  --json          print one line of JSON
`;

/** What a start with a cached template may take. */
const startLimitMs = 2000;
const warmInvocations = 20;

interface StartFigures {
  readonly readyMs: number;
  /** Of the platform's process, right after it is ready. */
  readonly platformMb: number;
  /** Of the engine and its guard. */
  readonly engineMb: number;
}

interface FunctionFigures {
  readonly name: string;
  /** Its initialisation and first event. */
  readonly coldMs: number;
  readonly warmMs: number;
  /** By how much the process grew with its first environment. */
  readonly memoryMb: number;
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

const listProcesses = async (): Promise<readonly { pid: number; parent: number; mb: number }[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,rss=']);
  return stdout.split('\n').map((line) => {
    const [pid = 0, parent = 0, kilobytes = 0] = line.trim().split(/\s+/).map(Number);
    return { pid, parent, mb: kilobytes / 1024 };
  });
};

const memoryOf = async (pid: number): Promise<Omit<StartFigures, 'readyMs'>> => {
  const processes = await listProcesses();
  const guards = processes.filter(({ parent }) => parent === pid);
  const guardIds = new Set(guards.map((guard) => guard.pid));
  const engine = [...guards, ...processes.filter(({ parent }) => guardIds.has(parent))];
  return {
    platformMb: processes.find((one) => one.pid === pid)?.mb ?? 0,
    engineMb: engine.reduce((sum, { mb }) => sum + mb, 0),
  };
};

/** Starts the platform as a user does, in a process of its own, and ends it. */
const measureStart = async (assembly: string): Promise<StartFigures> => {
  const startedAt = performance.now();
  const parameters = ['local/cli.ts', '--assembly', assembly, '--port', '0', '--json', '--quiet'];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited]);
  const readyMs = performance.now() - startedAt;
  if (child.exitCode !== null) throw new Error(`the platform ended with ${child.exitCode}`);
  const memory = await memoryOf(child.pid ?? 0);
  child.kill('SIGTERM');
  await exited;
  return { readyMs, ...memory };
};

/** One invocation, however it ends: a handler that refuses the empty event has been loaded all the same. */
const invoke = async ({ endpointUrl, region, credentials }: Platform, name: string): Promise<number> => {
  const startedAt = performance.now();
  const scope = `${credentials.accessKeyId}/20260101/${region}/lambda/aws4_request`;
  const answer = await fetch(`${endpointUrl}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
    body: '{}',
  });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${name} was not invoked: ${answer.status}`);
  return performance.now() - startedAt;
};

const measureFunctions = async (assemblyDirectory: string): Promise<FunctionFigures[]> => {
  await using platform = await startPlatform({ assemblyDirectory, port: 0, log: () => undefined });
  const figures: FunctionFigures[] = [];
  for (const { name, invocations } of platform.describe().functions) {
    if (invocations > 0) continue;
    const before = process.memoryUsage().rss;
    const coldMs = await invoke(platform, name);
    const memoryMb = (process.memoryUsage().rss - before) / 2 ** 20;
    const warm: number[] = [];
    for (let count = 0; count < warmInvocations; count += 1) warm.push(await invoke(platform, name));
    figures.push({ name, coldMs, warmMs: median(warm), memoryMb });
  }
  return figures;
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      assembly: { type: 'string', default: 'cdk.out' },
      starts: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const starts: StartFigures[] = [];
  while (starts.length < Number(values.starts)) starts.push(await measureStart(values.assembly));
  const readyMs = median(starts.map((start) => start.readyMs));
  const platformMb = median(starts.map((start) => start.platformMb));
  const engineMb = median(starts.map((start) => start.engineMb));
  const functions = await measureFunctions(values.assembly);
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ readyMs, platformMb, engineMb, functions })}\n`);
    return;
  }
  const share = (readyMs / startLimitMs).toFixed(2);
  process.stdout.write(`Start, median of ${starts.length}: ${readyMs.toFixed(0)} ms, ${share} of the limit of 2 s\n`);
  process.stdout.write(`Memory: platform ${platformMb.toFixed(0)} MB, engine ${engineMb.toFixed(0)} MB\n\n`);
  for (const { name, coldMs, warmMs, memoryMb } of functions) {
    const figures = `cold ${coldMs.toFixed(0).padStart(4)} ms, warm ${warmMs.toFixed(1).padStart(5)} ms, ${memoryMb.toFixed(0).padStart(3)} MB`;
    process.stdout.write(`${name.padEnd(48)} ${figures}, cold : warm ${(coldMs / warmMs).toFixed(0)}\n`);
  }
};

await main();
