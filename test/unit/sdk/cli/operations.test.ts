import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentId, type HttpCall, runId, taskIds } from '../fake-platform.ts';
import { CliFixture } from './cli-fixture.ts';
import { now, task, taskId } from './failed-task.ts';

let cli: CliFixture;

beforeEach(async () => {
  cli = await CliFixture.start();
});

afterEach(() => cli.stop());

const bodyOf = (call: HttpCall | undefined): unknown => JSON.parse(String(call?.body));

describe('muster trigger', () => {
  const definition = { name: 'nightly', workflow: 'review', schedule: { expression: 'cron(0 3 * * ? *)' } };
  const view = {
    ...definition,
    schedule: { ...definition.schedule, timeZone: 'UTC' },
    version: 2,
    enabled: true,
    createdAt: now,
  };

  it('puts, lists, shows and removes triggers', async () => {
    cli.answer({
      'POST /v1/triggers': view,
      'GET /v1/triggers': { items: [view] },
      'GET /v1/triggers/nightly': view,
      'DELETE /v1/triggers/nightly': () => ({ status: 204 }),
    });
    const put = await cli.run(['trigger', 'put', JSON.stringify(definition)]);
    expect(put.stdout).toBe('nightly starts review v2 on cron(0 3 * * ? *) UTC\n');
    expect((await cli.run('trigger ls')).stdout).toMatch(/nightly +review v2 +active +cron/);
    expect(JSON.parse((await cli.run('trigger show nightly')).stdout)).toEqual(view);
    expect((await cli.run('trigger rm nightly')).stdout).toBe('nightly is removed.\n');
  });

  it('refuses what can be no trigger before it asks', async () => {
    const said = await cli.run(['trigger', 'put', '{"name":"x","workflow":"w"}']);
    expect(said).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exactly one of eventPattern and schedule'),
    });
    expect(cli.platform.calls).toEqual([]);
  });
});

describe('muster escalation', () => {
  it('lists what waits, and whom it is put before', async () => {
    const input = { severity: 'high', issue: 'Two reviewers disagree.' };
    const chain = { position: 0, contact: 'on-call', what: 'asked', since: now, nextAt: now, history: [] };
    const raised = task({ kind: 'approval', type: 'escalation', status: 'PENDING', input, chain });
    cli.answer({ 'GET /v1/escalations': { items: [raised] } });
    expect((await cli.run('escalation ls')).stdout).toMatch(/high +on-call +Two reviewers disagree\./);
    expect(cli.calls('GET /v1/escalations')[0]?.path).toContain('open=true');
  });
});

describe('muster approval', () => {
  it('makes a link for one person, and prints nothing but it', async () => {
    const url = 'https://api.example/v1/answers/abc';
    cli.answer({ [`POST /v1/approvals/${taskId}/links`]: { url, for: 'ada', expiresAt: now } });
    const made = await cli.run(['approval', 'link', taskId, '--for', 'ada', '--expires', '3600']);
    expect(made).toMatchObject({ code: 0, stdout: `${url}\n` });
    expect(bodyOf(cli.calls(`POST /v1/approvals/${taskId}/links`)[0])).toEqual({ for: 'ada', expiresInSeconds: 3600 });
  });

  const approval = task({
    kind: 'approval',
    status: 'QUEUED',
    approval: { options: ['ship', 'wait'] },
    endedAt: undefined,
  });

  it('lists what is open, and answers it', async () => {
    cli.answer({
      'GET /v1/approvals': { items: [approval] },
      [`GET /v1/tasks/${taskId}`]: approval,
      [`POST /v1/approvals/${taskId}`]: task({ status: 'SUCCEEDED' }),
    });
    expect((await cli.run('approval ls')).stdout).toMatch(/ship, wait +\{"change":17\}/);
    expect(cli.calls('GET /v1/approvals')[0]?.path).toContain('open=true');
    expect((await cli.run(['approval', 'answer', taskId, 'ship', '--comment', 'looks good'])).code).toBe(0);
    expect(bodyOf(cli.calls(`POST /v1/approvals/${taskId}`)[0])).toEqual({ decision: 'ship', comment: 'looks good' });
  });

  it('refuses another answer, and one that nobody is there to give', async () => {
    cli.answer({ [`GET /v1/tasks/${taskId}`]: approval });
    expect(await cli.run(`approval answer ${taskId} shipp`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean ship?'),
    });
    expect(await cli.run(`approval answer ${taskId}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ship, wait'),
    });
  });
});

describe('muster dlq', () => {
  it('lists what failed, and does it again', async () => {
    cli.answer({
      'GET /v1/dead-letters': { items: [task({ error: { code: 'BAD', message: 'it broke', retryable: false } })] },
      'POST /v1/dead-letters/redrive': { redriven: [{ taskId, retriedAs: taskIds[1] }], refused: [], hasMore: true },
    });
    expect((await cli.run('dlq ls --type review')).stdout).toContain('BAD: it broke');
    const { code, stdout } = await cli.run('dlq redrive --type review --limit 5 --stagger 0');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 task done again.\nThere are more: redrive again.\n' });
    expect(bodyOf(cli.calls('POST /v1/dead-letters/redrive')[0])).toEqual({ type: 'review', limit: 5, staggerMs: 0 });
  });

  it('answers 1 when one was refused', async () => {
    cli.answer({
      'POST /v1/dead-letters/redrive': { redriven: [], refused: [{ taskId, code: 'CONFLICT' }], hasMore: false },
    });
    expect(await cli.run('dlq redrive')).toMatchObject({ code: 1, stdout: expect.stringContaining('CONFLICT') });
  });
});

describe('muster keys', () => {
  const key = { keyId: 'k1', name: 'ci', role: 'submitter', createdBy: 'admin', createdAt: now - 1000 };
  const created = { ...key, apiKey: 'mst_acme_k1_newsecret' };

  it('writes the secret into a file of its own, a profile, or where it was asked for, and nowhere else', async () => {
    cli.answer({ 'POST /v1/keys': created });
    const words = [
      'keys',
      'create',
      '--name',
      'ci',
      '--role',
      'submitter',
      '--scope',
      'tasks:submit',
      '--expires',
      '90d',
    ];
    const out = await cli.run([...words, '--out', 'ci.key']);
    expect(out.stdout + out.stderr).not.toContain('newsecret');
    expect(await readFile(join(cli.home, 'ci.key'), 'utf8')).toBe('mst_acme_k1_newsecret\n');
    expect((await stat(join(cli.home, 'ci.key'))).mode & 0o777).toBe(0o600);
    expect(bodyOf(cli.calls('POST /v1/keys')[0])).toEqual({
      name: 'ci',
      role: 'submitter',
      scopes: ['tasks:submit'],
      expiresInSeconds: 7_776_000,
    });
    const saved = await cli.run([...words, '--save', 'ci', '--json']);
    expect(saved.stdout).not.toContain('newsecret');
    expect(await readFile(join(cli.home, '.config/muster/profiles.json'), 'utf8')).toContain('newsecret');
    expect((await cli.run([...words, '--print'])).stdout).toBe('mst_acme_k1_newsecret\n');
  });

  it('makes no key whose secret would have no place', async () => {
    cli.answer({ 'POST /v1/keys': created });
    await writeFile(join(cli.home, 'there.key'), '');
    const words = ['keys', 'create', '--name', 'ci', '--role', 'submitter'];
    expect(await cli.run(words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--save, --out and --print'),
    });
    expect(await cli.run([...words, '--out', 'there.key'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is there already'),
    });
    expect(await cli.run([...words, '--print', '--role', 'submiter'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean submitter?'),
    });
    expect(cli.platform.calls).toEqual([]);
  });

  it('lists and revokes keys by their ids', async () => {
    cli.answer({
      'GET /v1/keys': { items: [key, { ...key, keyId: 'k2', revokedAt: now }] },
      'DELETE /v1/keys/k1': () => ({ status: 204 }),
    });
    expect((await cli.run('keys ls')).stdout).toMatch(/k1 +ci +submitter +good[^]*k2 +ci +submitter +revoked/);
    expect((await cli.run('keys revoke k1')).stdout).toBe('k1 is revoked.\n');
    expect(await cli.run('keys revoke mst_acme_k1_secret')).toMatchObject({
      code: 2,
      stderr: expect.not.stringContaining('k1_secret'),
    });
  });
});

describe('muster keys revoke', () => {
  const key = (keyId: string, name: string, rest: object = {}) => ({
    keyId,
    name,
    role: 'viewer',
    createdBy: 'admin',
    createdAt: now - 1000,
    ...rest,
  });

  it('takes a name that one good key has, and asks which where several have it', async () => {
    const old = key('k0', 'dashboard', { revokedAt: now - 1 });
    cli.answer({
      'GET /v1/keys': { items: [key('k1', 'dashboard'), old, key('k2', 'twin'), key('k3', 'twin')] },
      'DELETE /v1/keys/k1': () => ({ status: 204 }),
    });
    expect((await cli.run('keys revoke dashboard')).stdout).toBe('k1 is revoked.\n');
    expect(await cli.run('keys revoke twin')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('2 keys are named twin: k2, k3.'),
    });
    expect((await cli.run('keys revoke nobody')).code).toBe(3);
    expect(cli.calls('DELETE /v1/keys/k1')).toHaveLength(1);
  });
});

describe('muster cost', () => {
  it('counts every attempt for the agent that made it, from when it was given the task', async () => {
    const attempts = [
      {
        attempt: 1,
        agentId,
        agentName: 'slow',
        assignedAt: now - 9000,
        endedAt: now - 4000,
        outcome: 'failed',
      },
      {
        attempt: 2,
        agentId,
        agentName: 'quick',
        assignedAt: now - 3000,
        endedAt: now - 1000,
        outcome: 'succeeded',
      },
    ];
    cli.answer({
      'GET /v1/runs': { items: [] },
      'GET /v1/tasks': { items: [task({ agentName: 'quick', usage: { costUsd: 0.25 }, attempts })] },
    });
    expect(JSON.parse((await cli.run('cost --json')).stdout)).toMatchObject({
      workflows: [{ name: 'task review', costUsd: 0.25, workMs: 7000, tasks: 1 }],
      agents: [
        { name: 'quick', costUsd: 0.25, workMs: 2000, tasks: 1 },
        { name: 'slow', costUsd: 0, workMs: 5000, tasks: 0 },
      ],
    });
  });

  it('sums what agents reported by workflow and by agent, the dearest first', async () => {
    const entry = (agentName: string, costUsd: number) => ({
      taskId,
      step: 'a',
      stage: 0,
      status: 'SUCCEEDED',
      agentName,
      readyAt: now,
      waitMs: 0,
      queuedMs: 0,
      workMs: 1000,
      costUsd,
      isCritical: true,
    });
    const summary = { wallMs: 1, workMs: 1, costUsd: 1, overheadMs: 0, parallelism: 1 };
    const run = {
      runId,
      workflow: 'review',
      version: 1,
      mode: 'parallel',
      status: 'SUCCEEDED',
      input: null,
      createdAt: now,
    };
    cli.answer({
      'GET /v1/runs': { items: [run] },
      [`GET /v1/runs/${runId}/timeline`]: {
        runId,
        status: 'SUCCEEDED',
        entries: [entry('cheap', 0.5), entry('dear', 1.5)],
        criticalPath: [],
        ...summary,
      },
      'GET /v1/tasks': {
        items: [
          task({
            usage: { costUsd: 0.25 },
            attempts: [
              {
                attempt: 1,
                agentId,
                agentName: 'cheap',
                startedAt: now - 3000,
                endedAt: now - 1000,
                outcome: 'succeeded',
              },
            ],
          }),
        ],
      },
    });
    const { stdout } = await cli.run('cost --json');
    expect(JSON.parse(stdout)).toEqual({
      totalUsd: 2.25,
      runs: 1,
      tasks: 1,
      workflows: [
        { name: 'review', costUsd: 2, workMs: 2000, tasks: 2 },
        { name: 'task review', costUsd: 0.25, workMs: 2000, tasks: 1 },
      ],
      agents: [
        { name: 'dear', costUsd: 1.5, workMs: 1000, tasks: 1 },
        { name: 'cheap', costUsd: 0.75, workMs: 3000, tasks: 2 },
      ],
    });
    expect((await cli.run('cost')).stdout).toContain('$2.25 in 1 run and 1 task by themselves.');
  });
});

describe('muster workflow put --dry-run', () => {
  it('tells what a run would take, and what nobody would do', async () => {
    cli.answer({
      'POST /v1/workflows': {
        name: 'w',
        mode: 'sequential',
        definition: {},
        steps: [
          {
            step: 'a',
            stage: 0,
            kind: 'work',
            type: 'echo',
            tasks: 1,
            agents: { eligible: 2, live: 0 },
            expectedSeconds: 4,
          },
        ],
        unserved: [{ step: 'a', reason: 'not_live', capabilities: ['echo'] }],
        estimate: {
          tasks: 1,
          transitions: 2,
          maxTransitions: 2,
          platformUsd: 0.0001,
          agentsUsd: 0.5,
          totalUsd: 0.5001,
          criticalPath: ['a'],
          criticalPathSeconds: 4,
          expectedSeconds: 4,
          unknownDurations: [],
        },
      },
    });
    const { stdout } = await cli.run([
      'workflow',
      'put',
      '{"name":"w","mode":"sequential","steps":[{"id":"a","type":"echo"}]}',
      '--dry-run',
    ]);
    expect(cli.calls('POST /v1/workflows')[0]?.path).toContain('dryRun=true');
    expect(stdout).toMatch(/a +echo +1 +0 of 2 +4\.0 s/);
    expect(stdout).toContain('a: not_live (echo)');
  });
});
