import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '#cli/agent/agent-records.ts';
import { apiKey, CliFixture } from './cli-fixture.ts';

let cli: CliFixture;
let checkout: string;
let bin: string;

beforeEach(async () => {
  cli = await CliFixture.start();
  checkout = await mkdtemp(join(tmpdir(), 'muster-checkout-'));
  bin = join(checkout, 'bin');
  await mkdir(bin);
  await writeFile(join(checkout, 'package.json'), '{"name":"muster"}');
  await writeFile(join(checkout, 'cdk.json'), '{}');
});

afterEach(async () => {
  await cli.stop();
  await rm(checkout, { recursive: true, force: true });
});

const profiles = async (): Promise<unknown> =>
  JSON.parse(await readFile(join(cli.home, '.config/muster/profiles.json'), 'utf8'));

describe('muster deploy', () => {
  const outputs = {
    HttpUrl: 'https://a.example/v1',
    SocketUrl: 'wss://b.example/ws',
    BootstrapSecretArn: 'arn:aws:secret',
  };

  /** A cdk on PATH that writes down how it was called, and answers as the real one does. */
  const recordCdk = async (exitCode = 0): Promise<void> => {
    const script = [
      '#!/bin/sh',
      `printf '%s\\n' "$PWD" "$AWS_REGION" "$@" > ${join(checkout, 'called')}`,
      'echo "cdk says hello"',
      `while [ $# -gt 0 ]; do [ "$1" = --outputs-file ] && printf '%s' '${JSON.stringify({ MusterStack: outputs })}' > "$2"; shift; done`,
      `exit ${exitCode}`,
    ];
    await writeFile(join(bin, 'cdk'), script.join('\n'));
    await chmod(join(bin, 'cdk'), 0o755);
  };
  const env = () => ({
    MUSTER_HOME: checkout,
    PATH: [bin, process.env['PATH']].join(delimiter),
    AWS_REGION: 'eu-west-1',
  });
  const called = async (): Promise<string[]> =>
    (await readFile(join(checkout, 'called'), 'utf8')).trimEnd().split('\n');

  it('runs the cdk on PATH in the checkout, and keeps the addresses as a profile', async () => {
    await recordCdk();
    const said = await cli.run('deploy --stage prod -c alarmEmail=a@b.example --yes --json -- --hotswap', {
      env: env(),
    });
    expect(said.code).toBe(0);
    const [directory, region, ...words] = await called();
    expect({ directory, region }).toEqual({ directory: checkout, region: 'eu-west-1' });
    expect(words.toSpliced(2, 1)).toEqual([
      'deploy',
      '--outputs-file',
      '-c',
      'stage=prod',
      '-c',
      'alarmEmail=a@b.example',
      '--require-approval',
      'never',
      '--hotswap',
    ]);
    expect(JSON.parse(said.stdout)).toMatchObject({ profile: 'prod', url: outputs.HttpUrl, secret: 'arn:aws:secret' });
    expect(said.stderr).toContain('cdk says hello');
    expect(await profiles()).toEqual({
      current: 'prod',
      profiles: { prod: { url: outputs.HttpUrl, socketUrl: outputs.SocketUrl } },
    });
    expect((await cli.run('deploy', { env: env() })).stdout).toContain(
      '| muster login --name deployed --url https://a.example/v1',
    );
  });

  it('asks about permissions unless told not to, and answers 7 when cdk fails', async () => {
    await recordCdk(3);
    const said = await cli.run('deploy', { env: env() });
    expect(said).toMatchObject({ code: 7, stderr: expect.stringContaining('cdk ended with 3') });
    expect(await called()).not.toContain('--require-approval');
    await expect(profiles()).rejects.toThrow('ENOENT');
  });

  it('says after a failure what it may want: credentials where there are none, else the bootstrap stack', async () => {
    await recordCdk(1);
    const without = await cli.run('deploy', { env: env() });
    expect(without.stderr).toContain('There are no AWS credentials here');
    const having = await cli.run('deploy', { env: { ...env(), AWS_PROFILE: 'work' } });
    expect(having.stderr).toContain('cdk bootstrap');
    expect(having.stderr).not.toContain('credentials');
  });

  it('knows two stages, and asks no cdk about another', async () => {
    await recordCdk();
    const said = await cli.run('deploy --stage production', { env: env() });
    expect(said).toMatchObject({ code: 2, stderr: expect.stringMatching(/production.*dev, prod/) });
    await expect(called()).rejects.toThrow('ENOENT');
  });

  it('says what it needs where there is no cdk, and no checkout', async () => {
    const noCdk = await cli.run('deploy', { env: { MUSTER_HOME: checkout, PATH: bin } });
    expect(noCdk).toMatchObject({ code: 7, stderr: expect.stringContaining('There is no cdk') });
    const noCheckout = await cli.run('deploy', { env: { MUSTER_HOME: cli.home, PATH: bin } });
    expect(noCheckout).toMatchObject({ code: 2, stderr: expect.stringContaining('is no checkout of Muster') });
  });
});

describe('muster dev', () => {
  const platform = (body: string): Promise<void> =>
    mkdir(join(checkout, 'scripts')).then(() => writeFile(join(checkout, 'scripts', 'with-packages.mjs'), body));
  const aws = { endpointUrl: 'http://127.0.0.1:2', region: 'eu-west-1', accessKeyId: 'AKIA1', secretAccessKey: 'here' };
  const ready = JSON.stringify({
    http: 'http://127.0.0.1:1/v1',
    ws: 'ws://127.0.0.1:1/ws',
    apiKey,
    aws,
    outputs: { BusName: 'the-bus' },
  });

  it('runs the platform of the checkout until Ctrl-C, keeps its key and does not print it', async () => {
    await platform(`import { writeFileSync } from 'node:fs';
writeFileSync(new URL('../called', import.meta.url), JSON.stringify([...process.argv.slice(2), process.env.INIT_CWD]));
console.log(${JSON.stringify(ready)});
process.on('SIGTERM', () => process.exit(143));
setInterval(() => {}, 1000);`);
    const running = cli.run('dev --port 0 --data here', { env: { MUSTER_HOME: checkout } });
    await expect.poll(profiles, { timeout: 15_000 }).toMatchObject({ current: 'local' });
    cli.interrupt();
    const { code, stdout, stderr } = await running;
    expect(code).toBe(0);
    expect(stdout).toContain('http://127.0.0.1:1/v1');
    expect(stdout).toContain('AWS_ENDPOINT_URL=http://127.0.0.1:2 AWS_REGION=eu-west-1');
    expect(stdout).toMatch(/BusName +the-bus/);
    expect(stdout + stderr).not.toContain('veryprivate');
    expect(await profiles()).toEqual({
      current: 'local',
      profiles: { local: { url: 'http://127.0.0.1:1/v1', socketUrl: 'ws://127.0.0.1:1/ws', apiKey } },
    });
    const called: unknown = JSON.parse(await readFile(join(checkout, 'called'), 'utf8'));
    expect(called).toEqual(['node', 'scripts/dev.ts', '--json', '--port', '0', '--data', 'here', cli.home]);
  });

  it('answers 7 when the platform does not come up', async () => {
    await platform('console.error("port taken"); process.exit(1);');
    const said = await cli.run('dev', { env: { MUSTER_HOME: checkout } });
    expect(said).toMatchObject({ code: 7, stderr: expect.stringContaining('The local platform ended with 1') });
  });
});

describe('muster agent spawn', () => {
  const env = () => ({
    MUSTER_URL: cli.platform.url,
    MUSTER_API_KEY: apiKey,
    XDG_STATE_HOME: join(cli.home, 'state'),
    PATH: process.env['PATH'] ?? '',
  });

  it('leaves a process that does tasks until it is stopped, without its key and configuration in the list of processes', async () => {
    const config = JSON.stringify({ capabilities: ['count'], maxConcurrency: 3, command: ['wc', '-c'] });
    const spawning = cli.run(
      ['agent', 'spawn', '--type', 'command', '--name', 'counter', '--config', config, '--json'],
      { env: env() },
    );
    const connection = await cli.platform.connection();
    expect((await connection.next('agent.register')).payload).toMatchObject({
      name: 'counter',
      type: 'command',
      maxConcurrency: 3,
      capabilities: [{ name: 'count', confidence: 1 }],
    });
    const { code, stdout } = await spawning;
    expect(code).toBe(0);
    const { pid, log } = JSON.parse(stdout);
    const proc = `/proc/${pid}/cmdline`;
    const ps = () => spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
    const words = existsSync(proc) ? await readFile(proc, 'utf8') : ps();
    expect(words).toContain('counter');
    expect(words).not.toMatch(/veryprivate|wc/);
    expect((await stat(log)).mode & 0o777).toBe(0o600);

    connection.assign({ type: 'anything', input: 'hello' });
    expect((await connection.next('task.result')).payload).toMatchObject({ output: 7 });
    expect((await cli.run('agent ps', { env: env() })).stdout).toMatch(/counter +command +\d+ .* running/);
    const again = await cli.run(['agent', 'spawn', '--type', 'echo', '--name', 'counter'], { env: env() });
    expect(again).toMatchObject({ code: 5, stderr: expect.stringContaining('runs here already') });

    expect((await cli.run('agent stop counter', { env: env() })).stdout).toBe('counter is stopped.\n');
    expect(isAlive({ pid, mark: 'counter' })).toBe(false);
    expect((await cli.run('agent ps', { env: env() })).stdout).toContain('No agents were started here');
  });

  it('starts a file of yours, and shows the last words of one that does not come up', async () => {
    await writeFile(
      join(cli.home, 'mine.mjs'),
      `console.log(process.env.MUSTER_AGENT_NAME + ' ' + process.env.MUSTER_AGENT_CONFIG + ' ' + process.env.MUSTER_URL);
console.log('ready');
setInterval(() => {}, 1000);`,
    );
    const { stdout } = await cli.run(
      ['agent', 'spawn', '--type', './mine.mjs', '--config', '{"a":1}', '--name', 'me', '--json'],
      { env: env() },
    );
    expect(await readFile(JSON.parse(stdout).log, 'utf8')).toBe(`me {"a":1} ${cli.platform.socketUrl}\nready\n`);
    expect((await cli.run('agent stop me', { env: env() })).code).toBe(0);
    await writeFile(join(cli.home, 'broken.mjs'), 'throw new Error("no model here")');
    const broken = await cli.run('agent spawn --type ./broken.mjs', { env: env() });
    expect(broken).toMatchObject({ code: 7, stderr: expect.stringContaining('no model here') });
  });

  it.each([
    ['agent spawn --type ehco', 'Did you mean echo?'],
    ['agent spawn --type code-review/sintax', 'Did you mean code-review/syntax?'],
    ['agent spawn', '--type: is needed'],
    ['agent spawn --type ./nowhere.mjs', 'nowhere.mjs is not there'],
    ['agent spawn --type command --config {}', 'An example: --config'],
    ['agent spawn --type http --config {"url":"ftp://x"}', '--config does not fit http'],
    ['agent spawn --type module --config {"module":"./nowhere.mjs"}', 'cannot be loaded'],
    ['agent stop nobody', 'No agent nobody was started here'],
  ])('refuses muster %s before anything starts', async (words, says) => {
    const said = await cli.run(words, { env: env() });
    expect(said.code).toBe(words.startsWith('agent stop') ? 3 : 2);
    expect(said.stderr).toContain(says);
    expect(cli.platform.handshakes).toBe(0);
  });

  it('lists templates and the agents of the examples', async () => {
    const { stdout } = await cli.run('agent types', { env: env() });
    for (const type of ['echo', 'command', 'http', 'module', 'code-review/syntax'])
      expect(stdout).toMatch(new RegExp(`^${type} `, 'm'));
  });
});

describe('muster completion', () => {
  it('completes in bash', async () => {
    await writeFile(join(cli.home, 'completion'), (await cli.run('completion bash')).stdout);
    const script = `muster() { "${process.execPath}" "${join(import.meta.dirname, '../../../../sdk/bin/muster.mjs')}" "$@"; }
source '${join(cli.home, 'completion')}'
COMP_WORDS=(muster task sub); COMP_CWORD=2
_muster; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, XDG_CONFIG_HOME: cli.home };
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env });
    expect({ stdout, stderr }).toEqual({ stdout: 'submit\n', stderr: '' });
  });

  it('knows commands, options, values and profiles, and not what is hidden', async () => {
    const ask = async (...words: string[]) =>
      (await cli.run(['complete', '--', ...words], { env: {} })).stdout.trimEnd().split('\n');
    expect(await ask('')).toEqual(expect.arrayContaining(['agents', 'task', 'doctor', 'login']));
    expect(await ask('')).not.toContain('complete');
    expect(await ask('agent', 'spawn', '--type', 'ec')).toEqual(['echo']);
    expect(await ask('task', 'ls', '--st')).toEqual(['--status']);
    await mkdir(join(cli.home, '.config/muster'), { recursive: true });
    await writeFile(
      join(cli.home, '.config/muster/profiles.json'),
      '{"profiles":{"prod":{"url":"https://a.example/v1"}}}',
    );
    expect(await ask('profile', 'use', '')).toEqual(['prod']);
    expect(await ask('task', 'ls', '--profile', 'p')).toEqual(['prod']);
  });

  it.each(['zsh', 'fish'])('prints a script for %s', async (shell) => {
    expect((await cli.run(`completion ${shell}`)).stdout).toContain('muster complete --');
  });
});

describe('the command where it was started by npm', () => {
  it('is interrupted when npm is gone, which passes no signal on', async () => {
    const [script, mark] = [join(cli.home, 'waits.ts'), join(cli.home, 'interrupted')];
    const surroundings = fileURLToPath(new URL('../../../../sdk/cli/surroundings.ts', import.meta.url));
    await writeFile(
      script,
      `import { writeFileSync } from 'node:fs';
import { surroundingsOf } from ${JSON.stringify(surroundings)};
surroundingsOf('x').onInterrupt(() => {
  writeFileSync(${JSON.stringify(mark)}, '');
  process.exit();
});
setInterval(() => {}, 1000);
console.log('up');`,
    );
    const npm = spawn('sh', ['-c', `"${process.execPath}" --no-warnings "${script}"; true`], {
      env: { ...process.env, npm_lifecycle_event: 'npx' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => npm.stdout.once('data', resolve));
    npm.kill('SIGTERM');
    await expect.poll(() => existsSync(mark), { timeout: 15_000 }).toBe(true);
  });
});

describe('the command where not all of its packages are installed', () => {
  it('says what to do', async () => {
    const bin = fileURLToPath(new URL('../../../../sdk/bin/muster.mjs', import.meta.url));
    const parts = join(cli.home, 'dist', 'sdk', 'cli');
    await mkdir(join(cli.home, 'bin'), { recursive: true });
    await mkdir(parts, { recursive: true });
    await copyFile(bin, join(cli.home, 'bin', 'muster.mjs'));
    await writeFile(join(cli.home, 'package.json'), '{"type":"module"}');
    await writeFile(join(parts, 'main.js'), "import 'not-there-at-all';\n");
    await writeFile(join(parts, 'surroundings.js'), '');
    const { status, stderr } = spawnSync(process.execPath, [join(cli.home, 'bin', 'muster.mjs'), 'agents', 'ls'], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toContain('not-there-at-all');
    expect(stderr).toContain('What to do: `npm install`');
    expect(stderr).not.toContain('    at ');
  });
});
