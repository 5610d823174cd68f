import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentId, type HttpCall, runId, taskIds } from '../fake-platform.ts';
import { apiKey, CliFixture, problem } from './cli-fixture.ts';

const [taskId = ''] = taskIds;
const now = 1_800_000_000_000;

const agent = (rest: object = {}) => ({
  agentId,
  name: 'reviewer-1',
  type: 'reviewer',
  status: 'active',
  state: 'running',
  connected: true,
  capabilities: [{ name: 'code_review', confidence: 0.9 }],
  labels: { region: 'eu' },
  maxConcurrency: 4,
  freeSlots: 3,
  load: 1,
  tasks: [{ taskId, attempt: 1, type: 'review' }],
  priority: 50,
  performance: { review: { count: 10, successRate: 0.9, averageMs: 1234 } },
  createdAt: now - 60_000,
  updatedAt: now,
  version: '1',
  seenAt: now - 5000,
  ...rest,
});

const task = (status: string, rest: object = {}) => ({
  taskId,
  kind: 'work',
  type: 'review',
  status,
  priority: 'normal',
  attempt: 1,
  maxAttempts: 3,
  requirements: { capabilities: [] },
  input: { file: 'a.ts' },
  createdAt: now - 10_000,
  deadlineAt: now + 60_000,
  rev: 1,
  ...rest,
});

const run = (status: string, rest: object = {}) => ({
  runId,
  workflow: 'review',
  version: 2,
  mode: 'sequential',
  status,
  input: null,
  steps: [
    {
      step: 'read',
      status: 'SUCCEEDED',
      tasks: [{ taskId, type: 'read', status: 'SUCCEEDED', attempt: 1, agentName: 'reader' }],
    },
    { step: 'rate', status: 'PENDING', tasks: [] },
  ],
  createdAt: now - 4000,
  ...rest,
});

let cli: CliFixture;

beforeEach(async () => {
  cli = await CliFixture.start();
});

afterEach(() => cli.stop());

const bodyOf = (call: HttpCall | undefined): unknown => JSON.parse(String(call?.body));

describe('muster agents', () => {
  it('lists agents as a table, and as JSON', async () => {
    cli.answer({ 'GET /v1/agents': { items: [agent()] } });
    const { code, stdout, stderr } = await cli.run('agents ls --capability code_review --status ACTIVE');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^NAME +STATE +LOAD/);
    expect(stdout).toMatch(/reviewer-1 +running +1\/4 +yes +5\.0 s ago +agt_/);
    const [call] = cli.calls('GET /v1/agents');
    expect(call?.path).toContain('capability=code_review');
    expect(call?.path).toContain('status=active');
    expect(JSON.parse((await cli.run('agents ls --json')).stdout).items[0].name).toBe('reviewer-1');
  });

  it.each([
    [{ state: 'error', reason: 'disconnected', connected: false }, 'disconnected +1/4 +no'],
    [{ state: 'error', reason: 'silent' }, 'silent +1/4 +yes'],
    [{ status: 'draining', state: 'terminating', reason: 'draining' }, 'draining +1/4 +yes'],
  ])('says of %j why it is not at work', async (changes, shown) => {
    cli.answer({ 'GET /v1/agents': { items: [{ ...agent(), ...changes }] } });
    expect((await cli.run('agents ls')).stdout).toMatch(new RegExp(`reviewer-1 +${shown}`));
  });

  it('shows an agent by its name, and says which was probably meant', async () => {
    cli.answer({ 'GET /v1/agents': { items: [agent()] }, [`GET /v1/agents/${agentId}`]: agent() });
    expect((await cli.run('agents show reviewer-1')).stdout).toContain('10 done, 90 % well, 1.2 s on average');
    expect(await cli.run('agents show reviewr-1')).toEqual({
      code: 3,
      stdout: '',
      stderr: 'error: There is no agent reviewr-1.\nhint: Did you mean reviewer-1?\n',
    });
  });

  it.each(['drain', 'pause', 'resume'])('tells an agent to %s', async (action) => {
    cli.answer({ [`GET /v1/agents/${agentId}`]: agent(), [`POST /v1/agents/${agentId}/${action}`]: agent() });
    expect(await cli.run(`agents ${action} ${agentId}`)).toMatchObject({ code: 0, stderr: '' });
    expect(cli.calls(`POST /v1/agents/${agentId}/${action}`)).toHaveLength(1);
  });

  it('stops an agent at once when a reason is given, and says what lets it back', async () => {
    const route = `POST /v1/agents/${agentId}/stop`;
    cli.answer({ 'GET /v1/agents': { items: [agent()] }, [`GET /v1/agents/${agentId}`]: agent(), [route]: agent() });
    const said = await cli.run(['agents', 'stop', 'reviewer-1', '--reason', 'It runs amok.']);
    expect(said.stdout).toBe('reviewer-1 is stopped; `muster agents resume reviewer-1` lets it come back.\n');
    expect(JSON.parse(String(cli.calls(route)[0]?.body))).toEqual({ reason: 'It runs amok.' });
  });
});

describe('muster task', () => {
  it('submits what the options say, and prints the id alone', async () => {
    cli.answer({ 'POST /v1/tasks': task('QUEUED') });
    const words = [
      'task',
      'submit',
      'review',
      '--input',
      '{"file":"a.ts"}',
      '--capability',
      'code_review',
      'lint',
      '--priority',
      'high',
      '--timeout',
      '30',
      '--key',
      'once',
    ];
    expect(await cli.run(words)).toEqual({ code: 0, stdout: `${taskId}\n`, stderr: '' });
    const [call] = cli.calls('POST /v1/tasks');
    expect(call?.headers).toMatchObject({ 'idempotency-key': 'once', authorization: `Bearer ${apiKey}` });
    expect(bodyOf(call)).toMatchObject({
      type: 'review',
      input: { file: 'a.ts' },
      priority: 'high',
      timeoutSeconds: 30,
      requirements: { capabilities: ['code_review', 'lint'] },
    });
  });

  it('takes a task from a file, its input from standard input, and refuses what is none before it asks', async () => {
    cli.answer({ 'POST /v1/tasks': task('QUEUED') });
    await writeFile(join(cli.home, 'task.json'), JSON.stringify({ type: 'lint', slotCost: 2 }));
    expect((await cli.run('task submit --file task.json --input -', { stdin: '[1,2]' })).code).toBe(0);
    expect(bodyOf(cli.calls('POST /v1/tasks')[0])).toMatchObject({ type: 'lint', slotCost: 2, input: [1, 2] });
    await writeFile(join(cli.home, 'bad.json'), JSON.stringify({ typ: 'lint' }));
    const refused = await cli.run('task submit --file bad.json');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('typ: there is no such field');
    const noJson = await cli.run(['task', 'submit', 'lint', '--input', '{file: 1}']);
    expect(noJson).toMatchObject({ code: 2, stderr: expect.stringContaining('Strings and names need double quotes') });
    expect((await cli.run('task submit lint --input nowhere.json')).stderr).toContain('nowhere.json cannot be read');
    expect(cli.calls('POST /v1/tasks')).toHaveLength(1);
  });

  it('waits when asked to, and answers by how it ended', async () => {
    let reads = 0;
    cli.answer({
      'POST /v1/tasks': task('QUEUED'),
      [`GET /v1/tasks/${taskId}`]: () => ({
        json:
          ++reads < 3
            ? task('RUNNING')
            : task('FAILED', { error: { code: 'BAD', message: 'it broke', retryable: false } }),
      }),
    });
    const { code, stdout, stderr } = await cli.run('task submit review --wait --json');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'FAILED', error: { code: 'BAD' } });
  });

  it('shows, cancels, explains and repeats a task', async () => {
    cli.answer({
      [`GET /v1/tasks/${taskId}`]: task('SUCCEEDED', {
        output: { issues: 2 },
        agentName: 'reviewer-1',
        usage: { costUsd: 0.0123 },
      }),
      [`POST /v1/tasks/${taskId}/cancel`]: task('CANCELLED'),
      [`POST /v1/tasks/${taskId}/retry`]: task('QUEUED', { taskId: taskIds[1] }),
      [`GET /v1/tasks/${taskId}/explain`]: {
        taskId,
        status: 'QUEUED',
        agents: [
          { agentId, name: 'reviewer-1', whyNot: 'has no free slot' },
          { agentId, name: 'r2', whyNot: 'no_handler', lacks: ['no_handler: ehco; it does echo'] },
          { agentId, name: 'r3', whyNot: 'offline', lacks: ['wrong_type: a'] },
        ],
        complete: true,
        queue: { position: 3, isExact: true },
        wouldUnblock: ['a free slot of reviewer-1'],
      },
    });
    const shown = (await cli.run(`task show ${taskId}`)).stdout;
    expect(shown).toContain('"issues": 2');
    expect(shown).toContain('$0.0123');
    expect((await cli.run(['task', 'cancel', taskId, '--reason', 'no use'])).stdout).toContain('is cancelled');
    expect(bodyOf(cli.calls(`POST /v1/tasks/${taskId}/cancel`)[0])).toEqual({ reason: 'no use' });
    expect((await cli.run(`task retry ${taskId}`)).stdout).toBe(`${taskIds[1]}\n`);
    const explained = (await cli.run(`task explain ${taskId}`)).stdout;
    expect(explained).toContain('has no free slot');
    expect(explained).toMatch(/r2 +no_handler: ehco; it does echo/);
    expect(explained).toMatch(/r3 +offline; wrong_type: a/);
    expect(explained).toContain('a free slot of reviewer-1');
  });

  it('never lets what an agent wrote steer the terminal', async () => {
    const steering = '\u001b[2J\u009b31m\u202eevil';
    cli.answer({
      [`GET /v1/tasks/${taskId}`]: task('SUCCEEDED', { output: steering, agentName: steering, description: steering }),
    });
    for (const words of [`task show ${taskId}`, `task show ${taskId} --json`])
      expect((await cli.run(words)).stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe('muster workflow and run', () => {
  it('stores a workflow, and refuses one that can never be one', async () => {
    cli.answer({ 'POST /v1/workflows': { name: 'w', version: 4, mode: 'sequential', definition: {}, createdAt: now } });
    await writeFile(
      join(cli.home, 'w.json'),
      JSON.stringify({ name: 'w', mode: 'sequential', steps: [{ id: 'a', type: 'echo' }] }),
    );
    expect((await cli.run('workflow put w.json')).stdout).toBe('w v4 (sequential)\n');
    await writeFile(join(cli.home, 'w.json'), JSON.stringify({ name: 'w', mode: 'sequential', steps: [] }));
    const refused = await cli.run('workflow put w.json');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('steps');
  });

  it('stores a workflow whose mode is chosen, and says what was chosen and why', async () => {
    const choice = { mode: 'dag', why: 'its steps depend on one another' };
    cli.answer({
      'POST /v1/workflows': { name: 'w', version: 1, mode: 'dag', definition: {}, choice, createdAt: now },
    });
    await writeFile(
      join(cli.home, 'w.json'),
      JSON.stringify({ name: 'w', mode: 'auto', steps: [{ id: 'a', type: 'echo' }] }),
    );
    const { stdout, code } = await cli.run('workflow put w.json');
    expect([code, stdout]).toEqual([0, 'w v1 (dag, because its steps depend on one another)\n']);
  });

  it('starts a run, and names the workflow that was probably meant', async () => {
    cli.answer({
      'GET /v1/workflows': {
        items: [{ name: 'review', version: 1, mode: 'sequential', definition: {}, createdAt: now }],
      },
      'POST /v1/runs': (call: HttpCall) =>
        JSON.parse(String(call.body)).workflow === 'review'
          ? { json: run('STARTING') }
          : problem(404, 'NOT_FOUND', 'No such workflow.'),
    });
    expect((await cli.run('workflow run review')).stdout).toBe(`${runId}\n`);
    const { code, stderr } = await cli.run('workflow run reviw');
    expect(code).toBe(3);
    expect(stderr).toContain('Did you mean review?');
  });

  it('follows a run in plain lines on standard error, its output on standard output', async () => {
    let reads = 0;
    const done = {
      steps: [
        {
          step: 'read',
          status: 'SUCCEEDED',
          tasks: [
            {
              taskId,
              type: 'read',
              status: 'SUCCEEDED',
              attempt: 1,
              agentName: 'reader',
              startedAt: now - 3000,
              endedAt: now - 1000,
            },
          ],
        },
      ],
    };
    cli.answer({
      'POST /v1/runs': run('STARTING', { steps: [] }),
      [`GET /v1/runs/${runId}`]: () => ({
        json: ++reads < 3 ? run('RUNNING', { steps: [] }) : run('SUCCEEDED', { ...done, output: [1], endedAt: now }),
      }),
    });
    const { code, stdout, stderr } = await cli.run('workflow run review --watch');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '[\n  1\n]\n' });
    // Nobody heard of the assignment; the end tells of it.
    expect(stderr).toBe(`${runId}\nread  ASSIGNED  reader\nread  SUCCEEDED  2.0 s  reader\n`);
    reads = 0;
    const lines = (await cli.run('workflow run review --watch --json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ kind: 'end', run: { status: 'SUCCEEDED', output: [1] } });
    expect(lines[0]).toMatchObject({ kind: 'snapshot' });
  });

  it('answers 1 when a run that was followed did not succeed', async () => {
    cli.answer({
      [`GET /v1/runs/${runId}`]: run('FAILED', {
        error: { code: 'STEP_FAILED', message: 'rate broke', retryable: false },
      }),
    });
    const { code, stdout } = await cli.run(`run watch ${runId}`);
    expect(code).toBe(1);
    expect(stdout).toContain('STEP_FAILED: rate broke');
    const failedTask = { step: 'rate', taskId: 'tsk_7', agentName: 'bo', code: 'BROKE', message: 'no power' };
    const named = { code: 'MAP_FAILED', message: '1 of 9 failed', retryable: false, failedTask };
    const task = { taskId: 'tsk_7', type: 'rate', status: 'FAILED', attempt: 1, agentName: 'bo' };
    const steps = [
      { step: 'rate', status: 'FAILED', tasks: [{ ...task, error: { code: 'BROKE', message: 'no power' } }] },
    ];
    cli.answer({ [`GET /v1/runs/${runId}`]: run('FAILED', { error: named, steps }) });
    const lines = ['MAP_FAILED: 1 of 9 failed', 'step rate (tsk_7 on bo): BROKE: no power'];
    for (const line of lines) expect((await cli.run(`run watch ${runId}`)).stdout).toContain(line);
    const shown = (await cli.run(`run show ${runId}`)).stdout;
    for (const line of [...lines, /rate {2}FAILED {2}bo {2}BROKE: no power/]) expect(shown).toMatch(line);
  });

  it('stops following on Ctrl-C, and says that the work goes on', async () => {
    cli.answer({
      [`GET /v1/runs/${runId}`]: () => {
        cli.interrupt();
        return { json: run('RUNNING') };
      },
    });
    expect(await cli.run(`run watch ${runId}`)).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('the work goes on'),
    });
  });

  it('shows a run as a tree with what is done', async () => {
    cli.answer({ [`GET /v1/runs/${runId}`]: run('RUNNING') });
    const { stdout } = await cli.run(`run show ${runId}`);
    expect(stdout).toContain('├─ read  SUCCEEDED  reader');
    expect(stdout).toContain('└─ rate  PENDING');
    expect(stdout).toMatch(/█+░+ 1 of 2/);
  });

  it('pauses, resumes and cancels a run, and draws its timeline', async () => {
    const entry = {
      taskId,
      step: 'read',
      stage: 0,
      status: 'SUCCEEDED',
      agentName: 'reader',
      readyAt: now,
      waitMs: 500,
      queuedMs: 0,
      workMs: 1500,
      costUsd: 0.25,
      isCritical: true,
    };
    cli.answer({
      [`POST /v1/runs/${runId}/pause`]: run('PAUSED'),
      [`POST /v1/runs/${runId}/resume`]: run('RUNNING'),
      [`POST /v1/runs/${runId}/cancel`]: run('CANCELLING'),
      [`GET /v1/runs/${runId}/timeline`]: {
        runId,
        status: 'SUCCEEDED',
        entries: [entry],
        criticalPath: [taskId],
        wallMs: 2000,
        workMs: 1500,
        costUsd: 0.25,
        overheadMs: 500,
        pausedMs: 700,
        personMs: 3000,
        parallelism: 0.75,
      },
    });
    expect((await cli.run(`run pause ${runId}`)).stdout).toContain('is paused');
    expect((await cli.run(`run resume ${runId}`)).stdout).toContain('is running');
    expect((await cli.run(`run cancel ${runId}`)).stdout).toContain('is being cancelled');
    const { stdout } = await cli.run(`run timeline ${runId}`);
    expect(stdout).toMatch(/read +SUCCEEDED +reader +500 ms +1\.5 s +\$0\.2500 +\* +░{6}█{18}/);
    expect(stdout).toContain('coordinating   500 ms');
    expect(stdout).toMatch(/paused +700 ms\na person +3\.0 s/);
  });
});
