import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKey, CliFixture, problem } from './cli-fixture.ts';

let cli: CliFixture;
let file: string;

beforeEach(async () => {
  cli = await CliFixture.start();
  file = join(cli.home, '.config', 'muster', 'profiles.json');
  cli.answer({ 'GET /v1/system/health': { status: 'ok', time: 1 }, 'GET /v1/tasks': { items: [] } });
});

afterEach(() => cli.stop());

const login = (name: string, stdin = apiKey) =>
  cli.run(`login --name ${name} --url ${cli.platform.url} --key-stdin`, { env: {}, stdin });

describe('muster login', () => {
  it('tries the key, keeps it for the owner alone, and never prints it', async () => {
    const said = await login('home');
    expect(said).toMatchObject({ code: 0 });
    expect(said.stdout + said.stderr).not.toContain('veryprivate');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      current: 'home',
      profiles: { home: { url: cli.platform.url, socketUrl: cli.platform.socketUrl, apiKey } },
    });
    expect((await cli.run('task ls', { env: {} })).code).toBe(0);
    expect(cli.calls('GET /v1/tasks')[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
  });

  it('takes the JSON of the stack’s secret for a key', async () => {
    await login('home', '{"tenant":"acme","keyId":"k","secret":"veryprivate"}\n');
    expect(await readFile(file, 'utf8')).toContain(apiKey);
  });

  it('keeps nothing when the key is refused, or is none', async () => {
    expect(await login('home', 'hunter2')).toMatchObject({ code: 2, stderr: expect.not.stringContaining('hunter2') });
    cli.platform.http = () => problem(401, 'UNAUTHENTICATED', 'The key is not known.');
    expect((await login('home')).code).toBe(4);
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  it('asks nobody where there is no terminal', async () => {
    expect(await cli.run(`login --url ${cli.platform.url}`, { env: {} })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--key-stdin'),
    });
  });
});

describe('muster profile', () => {
  it('lists, uses and forgets profiles, and says which was probably meant', async () => {
    await login('home');
    await login('prod');
    const { stdout } = await cli.run('profile ls', { env: {} });
    expect(stdout).toMatch(/^\* +prod +yes/m);
    expect(stdout).not.toContain('veryprivate');
    expect((await cli.run('profile ls --json', { env: {} })).stdout).not.toContain('veryprivate');
    expect((await cli.run('profile use home', { env: {} })).code).toBe(0);
    expect(await cli.run('profile use hom', { env: {} })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean home?'),
    });
    expect((await cli.run('profile rm home', { env: {} })).code).toBe(0);
    expect((await cli.run('task ls', { env: {} })).stderr).toContain('No platform is known here');
    expect((await cli.run('task ls --profile prod', { env: {} })).code).toBe(0);
    expect((await cli.run('logout --profile prod', { env: {} })).code).toBe(0);
    expect((await cli.run('profile ls', { env: {} })).stdout).toContain('No profiles');
  });

  it('says so when the file is something else, without showing what is in it', async () => {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, `{"profiles":{"home":{"url":"${apiKey}"}}}`);
    await chmod(file, 0o600);
    const said = await cli.run('task ls', { env: {} });
    expect(said).toMatchObject({ code: 2, stderr: expect.stringContaining('is no file of profiles') });
    expect(said.stderr).not.toContain('veryprivate');
  });
});

describe('which platform', () => {
  it('never sends a profile’s key to another address', async () => {
    await login('home');
    const said = await cli.run('task ls --url http://127.0.0.1:1/v1', { env: {} });
    expect(said).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no key for http://127.0.0.1:1/v1'),
    });
    expect((await cli.run('task ls', { env: { MUSTER_URL: 'http://127.0.0.1:1' } })).stderr).toContain(
      'There is no key',
    );
  });

  it('takes the address of the socket as well, where it is on this machine', async () => {
    const env = { MUSTER_URL: cli.platform.socketUrl, MUSTER_API_KEY: apiKey };
    expect((await cli.run('task ls', { env })).code).toBe(0);
    const elsewhere = { MUSTER_URL: 'wss://x.example/ws', MUSTER_API_KEY: apiKey };
    expect((await cli.run('task ls', { env: elsewhere })).stderr).toContain('needs its HTTP address too');
    const wrong = { MUSTER_URL: 'platform', MUSTER_API_KEY: apiKey };
    expect((await cli.run('task ls', { env: wrong })).stderr).toContain(
      'MUSTER_URL must be an address of the platform',
    );
  });

  it('goes by a named profile rather than the environment', async () => {
    await login('home');
    const env = { MUSTER_URL: 'http://127.0.0.1:1/v1', MUSTER_API_KEY: 'mst_other_k_s' };
    expect((await cli.run('task ls --profile home', { env })).code).toBe(0);
    expect(cli.calls('GET /v1/tasks')[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
  });
});
