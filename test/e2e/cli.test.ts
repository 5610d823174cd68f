import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runCli } from '#cli/main.ts';
import { surroundingsOf } from '#cli/surroundings.ts';
import { until } from './support/until.ts';

const escape = String.fromCharCode(27);
const entry = join(import.meta.dirname, '..', '..', 'sdk', 'bin', 'muster.mjs');
const Ready = z.strictObject({
  http: z.url(),
  ws: z.string(),
  profile: z.literal('local'),
  aws: z.looseObject({ endpointUrl: z.url(), region: z.string() }),
  outputs: z.looseObject({ BusName: z.string() }),
});
/** Read freely: each test says what it expects. */
const Body = z.any();
const ProfileFile = z.looseObject({ profiles: z.record(z.string(), z.looseObject({ apiKey: z.string() })) });

let home: string;
let dev: ChildProcess;
let devOutput = '';
let ready: z.infer<typeof Ready>;
let apiKey: string;

const environment = (): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  XDG_STATE_HOME: join(home, 'state'),
  TERM: 'xterm-256color',
});

/** What a command said and answered. */
interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in this process, without a terminal. */
const muster = async (...words: string[]): Promise<Said> => {
  const said = { stdout: '', stderr: '' };
  const code = await runCli(words, {
    ...surroundingsOf(entry),
    stdin: process.stdin,
    stdout: { write: (text) => void (said.stdout += text) },
    stderr: { write: (text) => void (said.stderr += text) },
    env: environment(),
    directory: home,
    home,
    onInterrupt: () => () => undefined,
  });
  return { code, ...said };
};

/** As {@link muster}; it must have gone well, and have said JSON. */
const json = async (...words: string[]): Promise<z.infer<typeof Body>> => {
  const { code, stdout, stderr } = await muster(...words, '--json');
  if (code !== 0) throw new Error(`muster ${words.join(' ')} answered ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
};

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

interface TerminalOptions {
  readonly typed?: { readonly after: string; readonly keys: string };
  readonly env?: Readonly<Record<string, string>>;
}

/** The command as a process in a terminal of its own; what is typed waits until what is asked was shown. */
const inTerminal = async (words: readonly string[], { typed, env }: TerminalOptions = {}): Promise<Said> => {
  const command = [process.execPath, entry, ...words].map(quoted).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...environment(), ...env },
    cwd: home,
    timeout: 40_000,
  });
  let shown = '';
  let isTyped = typed === undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (isTyped || typed === undefined || !shown.includes(typed.after)) return;
    isTyped = true;
    child.stdin.write(typed.keys);
  });
  const [code] = await once(child, 'close');
  return { code, stdout: shown, stderr: '' };
};

const workflow = {
  name: 'welcome',
  mode: 'sequential',
  steps: [
    { id: 'greet', type: 'greet', requirements: { capabilities: ['echo'] }, input: { hello: '{{ input }}' } },
    { id: 'ship', approval: {}, input: 'ship it?' },
    {
      id: 'each',
      type: 'count',
      forEach: '{{ input }}',
      requirements: { capabilities: ['count'] },
      input: '{{ item }}',
    },
  ],
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-cli-'));
  dev = spawn(process.execPath, [entry, 'dev', '--port', '0', '--json'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { stdout, stderr } = dev;
  if (stdout === null || stderr === null) throw new Error('no output');
  for (const stream of [stdout, stderr]) stream.on('data', (text: Buffer) => (devOutput += text.toString()));
  const [line] = await once(createInterface({ input: stdout }), 'line');
  ready = Ready.parse(JSON.parse(String(line)));
  const file = ProfileFile.parse(JSON.parse(await readFile(join(home, 'config/muster/profiles.json'), 'utf8')));
  apiKey = file.profiles['local']?.apiKey ?? '';
  const counting = JSON.stringify({ capabilities: ['count'], command: ['wc', '-c'] });
  await Promise.all([
    json('agent', 'spawn', '--type', 'echo', '--name', 'echo-1'),
    json('agent', 'spawn', '--type', 'command', '--name', 'counter', '--config', counting),
    json('agent', 'spawn', '--type', 'tech-debt/scanner'),
    writeFile(join(home, 'welcome.json'), JSON.stringify(workflow)),
  ]);
});

afterAll(async () => {
  const names = z.array(z.looseObject({ name: z.string() })).parse(await json('agent', 'ps'));
  if (names.length > 0) await json('agent', 'stop', ...names.map(({ name }) => name));
  dev.kill('SIGINT');
  if (dev.exitCode === null) await once(dev, 'exit');
  await rm(home, { recursive: true, force: true });
});

describe.concurrent('muster against the local platform', () => {
  it('has started it, and kept its key for the owner alone', async () => {
    expect(apiKey).toMatch(/^mst_/);
    expect(devOutput).not.toContain(apiKey);
    expect((await stat(join(home, 'config/muster/profiles.json'))).mode & 0o777).toBe(0o600);
  });

  it('has started agents of templates and examples that stay, and complete tasks', async () => {
    const { items } = await json('agents', 'ls');
    expect(
      items.map(({ name, connected }: { name: string; connected: boolean }) => [name, connected]).toSorted(),
    ).toEqual([
      ['counter', true],
      ['echo-1', true],
      [expect.stringMatching(/^scanner-/), true],
    ]);
    const done = await json('task', 'submit', 'count', '--input', '"hello"', '--capability', 'count', '--wait');
    expect(done).toMatchObject({ status: 'SUCCEEDED', agentName: 'counter', output: 7 });
    const tailed = await muster('task', 'tail', done.taskId);
    expect(tailed).toMatchObject({ code: 0, stdout: expect.stringContaining('SUCCEEDED  counter') });
  });

  it('asks for a key in a terminal without showing it', async () => {
    const typed = { after: 'API key', keys: `${apiKey}\r` };
    const env = { XDG_CONFIG_HOME: join(home, 'other') };
    const { code, stdout } = await inTerminal(['login', '--name', 'typed', '--url', ready.http], { typed, env });
    expect(code).toBe(0);
    expect(stdout).not.toContain(apiKey);
    expect(stripVTControlCharacters(stdout)).toContain('typed is in use');
    expect(await readFile(join(home, 'other/muster/profiles.json'), 'utf8')).toContain(apiKey);
  });

  it('shows a run as a tree with a bar in a terminal, in plain lines elsewhere, and asks a person', async () => {
    await json('workflow', 'put', 'welcome.json');
    const watching = inTerminal(['workflow', 'run', 'welcome', '--input', '["a","bb"]', '--watch']);
    const asked = await until('an approval', async () => (await json('approval', 'ls')).items[0]);
    const answered = await inTerminal(['approval', 'answer', asked.taskId], {
      typed: { after: 'Your decision', keys: '\r' },
    });
    expect({ code: answered.code, said: stripVTControlCharacters(answered.stdout) }).toEqual({
      code: 0,
      said: expect.stringContaining(`${asked.taskId} is approved.`),
    });
    const { code, stdout } = await watching;
    expect(code).toBe(0);
    // Drawn again in place, in colours.
    expect(stdout).toContain(`${escape}[2K`);
    expect(stdout).toContain(`${escape}[36mRUNNING`);
    const drawn = stripVTControlCharacters(stdout);
    expect(drawn).toMatch(/[█░]{30} \d of \d/);
    expect(drawn).toContain('├─ greet  SUCCEEDED');
    expect(drawn).toContain('└─ each  SUCCEEDED  2 of 2');

    const second = muster('workflow', 'run', 'welcome', '--input', '["a"]', '--watch');
    const again = await until('another approval', async () => (await json('approval', 'ls')).items[0]);
    expect(await muster('approval', 'answer', again.taskId, 'denied')).toMatchObject({ code: 0 });
    const denied = await second;
    expect(denied.code).toBe(1);
    expect(denied.stdout + denied.stderr).not.toContain(escape);
    expect(denied.stderr).toMatch(/^greet {2}(?:ASSIGNED|RUNNING|SUCCEEDED) .*echo-1$/m);
    expect(denied.stdout).toMatch(/^run_\S+ {2}FAILED/);

    const [run] = (await json('run', 'ls')).items.toReversed();
    expect((await muster('run', 'timeline', run.runId)).stdout).toContain('critical path');
    expect(await json('cost', '--run', run.runId)).toMatchObject({ runs: 1, workflows: [{ name: 'welcome' }] });
  });

  it('lists in colours in a terminal, and plainly elsewhere', async () => {
    const { code, stdout } = await inTerminal(['agents', 'ls']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${escape}\\[3[26]m(?:idle|running)`));
    expect((await muster('agents', 'ls')).stdout).toMatch(/^echo-1 +(?:idle|running) +\d\/5 +yes/m);
  });

  it('gives another role no more than it has, and nothing once its key is revoked', async () => {
    const { keyId } = await json('keys', 'create', '--name', 'look', '--role', 'viewer', '--save', 'viewer');
    expect((await muster('agents', 'ls', '--profile', 'viewer')).code).toBe(0);
    expect(await muster('agents', 'drain', 'echo-1', '--profile', 'viewer')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('[FORBIDDEN]'),
    });
    expect((await json('keys', 'ls')).items).toEqual(
      expect.arrayContaining([expect.objectContaining({ keyId, name: 'look' })]),
    );
    expect((await muster('keys', 'revoke', keyId)).code).toBe(0);
  });

  it('does dead letters again', async () => {
    const failing = { type: 'impossible', requirements: { capabilities: ['gpu'] }, timeoutSeconds: 1 };
    const { taskId } = await json('task', 'submit', '--file', JSON.stringify(failing));
    expect((await muster('task', 'explain', taskId)).stdout).toContain('gpu');
    const letters = await until('a dead letter', async () => {
      const { items } = await json('dlq', 'ls', '--type', 'impossible');
      return items.length > 0 && items;
    });
    expect(letters[0]).toMatchObject({ taskId, status: 'TIMED_OUT' });
    expect((await json('dlq', 'redrive', '--type', 'impossible')).redriven).toEqual([
      expect.objectContaining({ taskId }),
    ]);
  });

  it('finds nothing wrong with a platform that is well', async () => {
    const { isHealthy, checks } = await json('doctor');
    expect(checks.filter(({ status }: { status: string }) => status === 'failing')).toEqual([]);
    expect(isHealthy).toBe(true);
    expect(checks.map(({ check }: { check: string }) => check)).toEqual(
      expect.arrayContaining(['socket', 'version', 'state']),
    );
  });
});
