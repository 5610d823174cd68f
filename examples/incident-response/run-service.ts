import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { type Call, CallOutcome, type Service } from './incident.ts';

/** A version of a service: its files. */
export type Version = Service['files'];

const timeLimitMs = 5000;
const versionLimitMs = 1500;
const maxOutputBytes = 20 * 1024 * 1024;

/**
 * Calls each version of a service and tells what came of it: undefined for a version that did not end in time. They run
 * in a process that may read their folder and do nothing else: no network, no files, no further process.
 */
export async function replay(
  versions: readonly Version[],
  { entry, calls, signal }: { readonly entry: string; readonly calls: readonly Call[]; readonly signal: AbortSignal },
): Promise<(CallOutcome[] | undefined)[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'muster-incident-')));
  try {
    for (const [index, files] of versions.entries()) await writeTree(join(folder, String(index)), files);
    await writeFile(join(folder, 'calls.json'), JSON.stringify(calls));
    await writeFile(join(folder, 'harness.mjs'), harness);
    const run = (from: number, to: number, limitMs: number): Promise<string | undefined> =>
      runNode(folder, { parameters: [entry, String(from), String(to)], limitMs, signal });
    const together = parse(await run(0, versions.length, timeLimitMs));
    if (together !== undefined) return together;
    const alone: (CallOutcome[] | undefined)[] = [];
    for (const index of versions.keys()) alone.push(parse(await run(index, index + 1, versionLimitMs))?.[0]);
    return alone;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const Outcomes = z.array(z.array(CallOutcome));

function parse(said: string | undefined): CallOutcome[][] | undefined {
  if (said === undefined) return undefined;
  try {
    return Outcomes.safeParse(JSON.parse(said)).data;
  } catch {
    return undefined;
  }
}

async function writeTree(folder: string, files: Version): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), files['package.json'] ?? '{"type":"module"}');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function runNode(
  folder: string,
  {
    parameters,
    limitMs,
    signal,
  }: { readonly parameters: readonly string[]; readonly limitMs: number; readonly signal: AbortSignal },
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const guard = ['--permission', `--allow-fs-read=${folder}/*`, '--no-warnings'];
    const child = spawn(process.execPath, [...guard, join(folder, 'harness.mjs'), ...parameters], {
      cwd: folder,
      env: {},
      signal,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.length > maxOutputBytes) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? said : undefined);
    });
  });
}

/** Runs inside the guarded process. A place in a stack is told relative to the version's folder. */
const harness = `
import { readFileSync } from 'node:fs';
const [, , entry, from, to] = process.argv;
const calls = JSON.parse(readFileSync(new URL('./calls.json', import.meta.url), 'utf8'));
const write = process.stdout.write.bind(process.stdout);
console.log = console.info = console.warn = console.error = () => undefined;
const all = [];
for (let version = Number(from); version < Number(to); version += 1) {
  const base = new URL(version + '/', import.meta.url);
  const place = (error) => {
    const stack = String(error?.stack ?? '');
    const at = stack.indexOf(base.href);
    const found = at === -1 ? null : /^([^:]+):(\\d+):(\\d+)/.exec(stack.slice(at + base.href.length));
    return found === null ? {} : { file: found[1], line: Number(found[2]), column: Number(found[3]) };
  };
  const failure = (error) => ({ name: String(error?.name ?? 'Error'), message: String(error?.message ?? error), ...place(error) });
  const outcomes = [];
  try {
    const service = await import(new URL(entry, base));
    for (const call of calls) {
      try {
        const result = await service[call.name](...structuredClone(call.arguments));
        outcomes.push({ call, result: JSON.parse(JSON.stringify(result ?? null)) });
      } catch (error) {
        outcomes.push({ call, error: failure(error) });
      }
    }
  } catch (error) {
    for (const call of calls) outcomes.push({ call, error: failure(error) });
  }
  all.push(outcomes);
}
write(JSON.stringify(all));
`;
