import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';

const repository = join(import.meta.dirname, '..', '..');
const installMs = 180_000;

const Ready = z.looseObject({
  http: z.url(),
  ws: z.string().startsWith('ws://'),
  apiKey: z.string().startsWith('mst_'),
});

/** Runs a command to its end. @throws Error with its output when it fails. */
const run = (directory: string, command: string, ...parameters: string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, parameters, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};

/** The code block of a document that holds a text, exactly as printed. */
const codeBlockOf = async (document: string, text: string): Promise<string> => {
  const blocks = (await readFile(join(repository, document), 'utf8')).matchAll(/^```\w+\n(.*?)^```$/gms);
  const found = [...blocks].flatMap(([, block = '']) => (block.includes(text) ? [block] : []));
  if (found.length !== 1) throw new Error(`${found.length} code blocks of ${document} contain ${text}`);
  return found[0] ?? '';
};

const consumer = `import { Agent, Client, MockAgent, type TaskHandler, type TaskView } from '@muster/sdk';

const reverse: TaskHandler = async (task, context) => {
  context.signal.throwIfAborted();
  context.progress(50, 'half way');
  return String(task.input).length;
};
export const agent = new Agent({ url: 'ws://127.0.0.1:1/ws', apiKey: 'mst_a_b_c', name: 'a', capabilities: ['x'] });
agent.handle('reverse', reverse);
export const wait = (client: Client, taskId: string): Promise<TaskView> => client.waitForTask(taskId);
export const mock = new MockAgent({ handler: reverse });
// @ts-expect-error An agent has a name.
export const nameless = new Agent({ url: 'ws://127.0.0.1:1/ws', apiKey: 'mst_a_b_c', capabilities: ['x'] });
// @ts-expect-error A task has a type.
export const typeless = (client: Client) => client.submit({ input: 1 });
`;

/** Prints the packages that `import '@muster/sdk'` loads. */
const loadedPackages = `import { registerHooks } from 'node:module';
const loaded = new Set();
registerHooks({
  resolve(specifier, context, next) {
    const isOfPackage = /^[a-z]/.test(specifier) && !specifier.startsWith('node:') && !context.parentURL.includes('/ws/');
    if (isOfPackage) loaded.add(specifier);
    return next(specifier, context);
  },
});
await import('@muster/sdk');
loaded.delete('@muster/sdk');
console.log(JSON.stringify([...loaded].sort()));
`;

const compilerOptions = { target: 'ES2024', strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [] };

let work: string;
let project: string;
let archive: string;
let dev: ChildProcess;
let ready: z.infer<typeof Ready>;

/** Packs a copy, so that nothing is built where others may look. */
const pack = async (): Promise<string> => {
  const copy = join(work, 'repository');
  const manifests = ['package.json', 'sdk/package.json', 'tsconfig.json', 'sdk/tsconfig.json', 'sdk/README.md'];
  for (const part of [...manifests, 'core', 'sdk/bin', 'sdk/cli', 'sdk/src'])
    await cp(join(repository, part), join(copy, part), { recursive: true });
  for (const packages of ['node_modules', 'sdk/node_modules'])
    await symlink(join(repository, packages), join(copy, packages));
  run(copy, 'npm', 'pack', '-w', 'sdk', '--pack-destination', work);
  const [file = ''] = (await readdir(work)).filter((name) => name.endsWith('.tgz'));
  return join(work, file);
};

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'muster-package-'));
  archive = await pack();
  project = join(work, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run(project, 'npm', 'install', '--no-audit', '--no-fund', archive);
  dev = spawn(process.execPath, [join(repository, 'scripts', 'dev.ts'), '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (dev.stdout === null) throw new Error('no standard output');
  const [line] = await once(createInterface({ input: dev.stdout }), 'line');
  ready = Ready.parse(JSON.parse(String(line)));
}, installMs);

afterAll(async () => {
  dev.kill('SIGTERM');
  await once(dev, 'exit');
  await rm(work, { recursive: true, force: true });
});

describe('npm run dev -- --port 0 --json', () => {
  it('says where the platform answers, and with which key', async () => {
    const health = (apiKey: string) =>
      fetch(`${ready.http}/system/health`, { headers: { authorization: `Bearer ${apiKey}` } });
    expect((await health(ready.apiKey)).status).toBe(200);
    expect((await health('mst_default_bootstrap_wrong')).status).toBeGreaterThanOrEqual(401);
  });
});

describe('the package of the SDK', () => {
  it('brings code and types alone, and nothing of AWS', async () => {
    const names = run(work, 'tar', '-tzf', archive).trim().split('\n');
    const expected = /^package\/(?:dist\/.*\.(?:js|d\.ts)|bin\/muster\.mjs|package\.json|README\.md)$/;
    expect(names.filter((name) => !expected.test(name))).toEqual([]);
    const installed = await readdir(join(project, 'node_modules'));
    expect(installed.filter((name) => name.startsWith('@'))).toEqual(['@clack', '@muster']);
    expect(installed).not.toContain('aws-sdk');
  });

  it.each([{ module: 'NodeNext' }, { module: 'Node16' }, { module: 'ESNext', moduleResolution: 'Bundler' }])(
    'gives a consumer types that hold with $module',
    async (resolution) => {
      await writeFile(join(project, 'consumer.ts'), consumer);
      const config = { compilerOptions: { ...compilerOptions, ...resolution }, files: ['consumer.ts'] };
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
      expect(run(project, join(repository, 'node_modules', '.bin', 'tsc'), '-p', 'tsconfig.json')).toBe('');
    },
  );

  it('brings the command, whose libraries an agent does not load', async () => {
    const muster = join(project, 'node_modules', '.bin', 'muster');
    const env = { ...process.env, XDG_CONFIG_HOME: project, MUSTER_URL: ready.http, MUSTER_API_KEY: ready.apiKey };
    const { status, stdout, stderr } = spawnSync(muster, ['agents', 'ls', '--json'], {
      cwd: project,
      encoding: 'utf8',
      env,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ items: [] });
    await writeFile(join(project, 'loaded.js'), loadedPackages);
    const loaded: unknown = JSON.parse(run(project, process.execPath, 'loaded.js'));
    expect(loaded).toEqual(['ws', 'zod']);
  });

  it('runs the agent that README.md prints', async () => {
    const printed = await codeBlockOf('README.md', 'await agent.start();');
    // Where the platform listens is all that differs from one start to the next.
    const source = printed.replaceAll('127.0.0.1:4577', new URL(ready.http).host);
    await writeFile(join(project, 'agent.js'), source);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['agent.js'], {
      cwd: project,
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, MUSTER_API_KEY: ready.apiKey },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'retsum\n', stderr: '' });
  });
});
