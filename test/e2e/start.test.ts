import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReviewReport } from '../../examples/code-review/analysers/report/build-report.ts';
import { innocent, lineCountOf, planted, plantProject } from './support/planted-project.ts';
import { until } from './support/until.ts';

const repository = join(import.meta.dirname, '..', '..');
const script = join(repository, 'scripts', 'start.ts');

/** The script as `npm start` runs it. */
class Start {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(parameters: readonly string[], caller: string) {
    this.child = spawn(process.execPath, [script, ...parameters], {
      cwd: repository,
      env: {
        ...process.env,
        INIT_CWD: caller,
        NODE_COMPILE_CACHE: join(repository, 'node_modules', '.cache', 'node'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#closed = once(this.child, 'close');
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** The exit code, once everything that it has started has let go of its output. */
  async end(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }
}

/** What a process has started, directly or not. */
const descendantsOf = async (root: number): Promise<{ pid: number; command: string }[]> => {
  const parents = new Map<number, { parent: number; command: string }>();
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), { parent: Number(parent), command });
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || isBelow(parents.get(pid)?.parent));
  return [...parents]
    .filter(([, { parent }]) => isBelow(parent))
    .map(([pid, { command }]) => ({ pid, command: command.replaceAll('\0', ' ') }));
};

const outputOf = async (
  command: string,
  parameters: readonly string[],
): Promise<{ stdout: string; status: unknown }> => {
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [[status], stdout] = await Promise.all([once(child, 'close'), text(child.stdout)]);
  return { stdout, status };
};

/** Runs Node on a terminal; where the system has no `script` to make one, on a stream that says it is one. */
const onTerminal = async (parameters: readonly string[]) => {
  const command = [process.execPath, ...parameters].map((word) => `'${word}'`).join(' ');
  const claim = 'data:text/javascript,process.stdout.isTTY=true';
  return outputOf('script', ['-qec', command, '/dev/null']).catch(() =>
    outputOf(process.execPath, ['--import', claim, ...parameters]),
  );
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const readReport = async (path: string): Promise<ReviewReport> =>
  ReviewReport.parse(JSON.parse(await readFile(path, 'utf8')));

const placesOf = ({ findings }: ReviewReport): string[] =>
  findings.map(({ rule, file, line }) => `${rule} ${file}:${line}`);

/** Who is asked before nothing can change any more is chance; what is decided is not. */
const decided = ({ consensus, ...report }: ReviewReport) => ({ ...report, decision: consensus?.decision });

let caller: string;
let project: string;
let first: { code: number | null; run: Start; report: ReviewReport };

beforeAll(async () => {
  caller = await realpath(await mkdtemp(join(tmpdir(), 'muster-start-')));
  project = join(caller, 'project');
  await plantProject(project);
  // A part of the platform's own sources makes the review last long enough to be disturbed.
  await cp(join(repository, 'core', 'contract'), join(project, 'vendored'), { recursive: true });
  const run = new Start(['--once', '--path', 'project', '--report', 'report.json'], caller);
  const code = await run.end();
  first = { code, run, report: await readReport(join(caller, 'report.json')) };
});

afterAll(() => rm(caller, { recursive: true, force: true }));

describe('npm start -- --once --path DIR --report FILE', () => {
  it('ends well, having written a report of the published shape to where the caller is', () => {
    expect(first).toMatchObject({ code: 0 });
    expect(first.run.stderr).toContain(`Report written to ${join(caller, 'report.json')}`);
    expect(first.run.stderr).not.toContain('ended unexpectedly');
  });

  it('finds everything planted, with file and line', () => {
    expect(placesOf(first.report)).toEqual(expect.arrayContaining([...planted]));
  });

  it('finds nothing in look-alikes', () => {
    expect(placesOf(first.report).filter((place) => innocent.some((file) => place.includes(` ${file}:`)))).toEqual([]);
    const unplanted = placesOf(first.report).filter((place) => place.includes(' src/') && !planted.includes(place));
    expect(unplanted).toEqual([]);
  });

  it('points at lines that exist, in files that it counted', async () => {
    expect(first.report.findings.length).toBeGreaterThan(0);
    for (const { file, line, endLine = line } of first.report.findings) {
      expect(endLine).toBeGreaterThanOrEqual(line);
      expect(endLine).toBeLessThanOrEqual(await lineCountOf(project, file));
    }
  });

  it('asks for changes together, as planted secrets make the security agent veto', () => {
    expect(first.report.consensus?.decision).toBe('request_changes');
    expect(first.run.stdout).toContain('TOGETHER: changes requested');
  });

  it('says of every file it leaves out why', () => {
    const reasons = new Map(first.report.skipped.map(({ path, reason }) => [path, reason]));
    expect(reasons.get('odd/binary.ts')).toBe('binary');
    expect(reasons.get('odd/huge.ts')).toContain('larger than');
    expect(reasons.get('loop')).toBe('symbolic link');
    expect(reasons.get('odd/back')).toBe('symbolic link');
    expect(reasons.get('LICENSE')).toBe('not a source file');
  });

  it('shows plain lines when nobody watches: step, agent, state, elapsed', () => {
    expect(first.run.stdout).not.toContain('\u001b');
    expect(first.run.stdout).not.toMatch(/[█░]/);
    expect(first.run.stdout).toMatch(/^ {2}syntax +syntax +running +\d+\.\d s/m);
    expect(first.run.stdout).toMatch(/^ {2}report +reporter +succeeded +\d+\.\d s$/m);
  });
});

// Side by side: each waits for a platform of its own.
describe.concurrent('npm start -- --once', () => {
  it('reports the same when one of two equal agents is killed in the middle', async () => {
    const run = new Start(['--once', '--path', 'project', '--report', 'killed.json', '--copies', '2'], caller);
    const line = await until(
      'a task of complexity-2 runs',
      () => /^ {2}(complexity(?: \d+)?) +complexity-2 +running/m.exec(run.stdout)?.[1],
      { timeoutMs: 100_000, everyMs: 2 },
    );
    const agents = (await descendantsOf(run.child.pid ?? 0)).filter(({ command }) =>
      command.includes('agents/complexity.ts'),
    );
    const names = await Promise.all(agents.map(({ pid }) => readFile(`/proc/${pid}/environ`, 'utf8')));
    const victim = agents[names.findIndex((environment) => environment.includes('MUSTER_AGENT_NAME=complexity-2'))];
    process.kill(victim?.pid ?? Number.NaN, 'SIGKILL');
    expect(await run.end()).toBe(0);
    expect(run.stderr).toContain('[complexity-2] ended unexpectedly');
    expect(run.stdout).toMatch(new RegExp(`^ {2}${line} +complexity(?:-2)? +succeeded`, 'm'));
    expect(decided(await readReport(join(caller, 'killed.json')))).toEqual(decided(first.report));
  });

  it('shows a bar on a terminal', async () => {
    const { stdout, status } = await onTerminal([script, '--once', '--path', join(project, 'src')]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\[█*░+\] \d+ of 8 tasks/);
    expect(stdout).toContain('\u001b[2K');
  });

  it.each([
    { parameters: ['--path', 'nowhere'], says: 'nowhere is not a directory' },
    { parameters: ['--path', 'project', '--report', 'nowhere/report.json'], says: 'nowhere/report.json cannot be' },
    { parameters: ['--path', 'project', '--report', 'project'], says: 'project cannot be written' },
    { parameters: ['--data', 'project/LICENSE'], says: '--data' },
    { parameters: ['--copies', '0'], says: '--copies must be a whole number from 1 to 20, not "0"' },
    { parameters: ['--copies', 'two'], says: 'not "two"' },
    { parameters: ['--port', '65536'], says: '--port must be a whole number from 0 to 65535' },
    { parameters: ['--speed', '9'], says: "Unknown option '--speed'" },
  ])('refuses $parameters before anything starts', async ({ parameters, says }) => {
    const run = new Start(['--once', ...parameters], caller);
    expect(await run.end()).toBe(1);
    expect(run.stderr).toContain(says);
    expect(run.stderr).not.toMatch(/^ +at /m);
    expect(run.stderr).not.toContain('Starting the platform');
  });

  it('refuses a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const run = new Start(['--once', '--path', 'project', '--port', port], caller);
    expect(await run.end()).toBe(1);
    expect(run.stderr).toContain(port);
    expect(run.stderr).not.toMatch(/^ +at /m);
    server.close();
  });
});

describe('npm start', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves no process behind after %s', async (signal) => {
    const run = new Start(['--path', 'project/src', '--port', '0'], caller);
    await until('the platform serves', () => run.stderr.includes('keeps serving'), { timeoutMs: 100_000 });
    const below = await descendantsOf(run.child.pid ?? 0);
    expect(below.filter(({ command }) => command.includes('/agents/'))).toHaveLength(7);
    expect(below.some(({ command }) => command.includes('--db-path'))).toBe(true);
    run.child.kill(signal);
    await run.end();
    expect(run.child.exitCode).toBe({ SIGINT: 130, SIGTERM: 143, SIGKILL: null }[signal]);
    await until('every process is gone', () => below.every(({ pid }) => !isRunning(pid)));
  });
});
