import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { taskIds } from '../fake-platform.ts';
import { apiKey, CliFixture, problem } from './cli-fixture.ts';

const [taskId = ''] = taskIds;

let cli: CliFixture;

beforeEach(async () => {
  cli = await CliFixture.start();
});

afterEach(() => cli.stop());

describe('exit codes', () => {
  it.each([
    { status: 404, code: 'NOT_FOUND', exit: 3 },
    { status: 401, code: 'UNAUTHENTICATED', exit: 4 },
    { status: 403, code: 'FORBIDDEN', exit: 4 },
    { status: 400, code: 'INVALID_FIELD', exit: 5 },
    { status: 409, code: 'ALREADY_TERMINAL', exit: 5 },
    { status: 503, code: 'UNAVAILABLE', exit: 6 },
    { status: 503, code: 'SHUTTING_DOWN', exit: 6 },
  ])('answers $exit for $code', async ({ status, code, exit }) => {
    cli.platform.http = () => problem(status, code, 'What happened, and what to do.');
    const said = await cli.run(`task show ${taskId}`);
    expect(said.code).toBe(exit);
    expect(said.stdout).toBe('');
    expect(said.stderr).toContain(`error: What happened, and what to do. [${code}]\n`);
  });

  it('answers 6 when nobody is there, after it has tried again', async () => {
    const said = await cli.run('task ls', { env: { MUSTER_URL: 'http://127.0.0.1:1/v1', MUSTER_API_KEY: apiKey } });
    expect(said.code).toBe(6);
    expect(said.stderr).toContain('http://127.0.0.1:1/v1/tasks');
    expect(said.stderr).toContain('`muster doctor` looks');
  });

  it('names the field and the limit of a refusal, and is JSON with --json', async () => {
    cli.platform.http = () => problem(413, 'PAYLOAD_TOO_LARGE', 'Too much.', { field: 'input', limit: 24_576 });
    expect((await cli.run(`task show ${taskId}`)).stderr).toContain('  field: input\n  limit: 24576\n');
    const { stdout, stderr } = await cli.run(`task show ${taskId} --json`);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'PAYLOAD_TOO_LARGE', message: 'Too much.', field: 'input', limit: 24_576, exitCode: 5 },
    });
  });

  it('says that something else answers at the address', async () => {
    cli.platform.http = () => ({ text: '<html>Welcome</html>' });
    expect(await cli.run('task ls')).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('Something else than Muster'),
    });
  });
});

describe('what cannot be left out', () => {
  it('is named as such where it is missing, and in the help', async () => {
    const { code, stderr } = await cli.run('keys create --print');
    expect(code).toBe(2);
    expect(stderr).toContain('--name: is needed\n');
    expect(stderr).toContain('--role: is needed\n');
    const { stdout } = await cli.run('keys create --help');
    expect(stdout).toMatch(/--name <name> +what people know it by \(needed\)/);
    expect(stdout).not.toMatch(/--expires.*\(needed\)/);
  });

  it('says of a workflow that is none which file it is', async () => {
    const { stderr } = await cli.run(['workflow', 'put', '{"name":"w","mode":"sequential"}']);
    expect(stderr).toContain('What was given is no workflow');
    expect(stderr).not.toContain('<file>');
  });

  it('is told under the name of the group that was meant', async () => {
    expect((await cli.run('agent spawn --help')).stdout).toContain('Usage: muster agent spawn [options]');
    expect((await cli.run('agents drain --help')).stdout).toContain('Usage: muster agents drain');
  });
});

describe('did you mean', () => {
  it.each([
    ['agnts ls', 'Did you mean agents?'],
    ['task sumbit x', 'Did you mean submit?'],
    ['task ls --staus FAILED', 'Did you mean --status?'],
    ['task ls --status FAILD', 'Did you mean FAILED?'],
    ['submit', 'There is `muster task submit`.'],
    ['explian x', 'There is `muster task explain`.'],
  ])('helps with muster %s', async (words, help) => {
    expect(await cli.run(words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(help) });
    expect(cli.platform.calls).toEqual([]);
  });

  it('is JSON with --json, as every other error', async () => {
    const { code, stderr } = await cli.run('agnts ls --json');
    expect(code).toBe(2);
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('agents') });
  });
});
