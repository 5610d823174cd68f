import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentId } from '../fake-platform.ts';
import { CliFixture, problem } from './cli-fixture.ts';
import { now, task, taskId } from './failed-task.ts';

let cli: CliFixture;

beforeEach(async () => {
  cli = await CliFixture.start();
});

afterEach(() => cli.stop());

describe('muster doctor', () => {
  const agent = (rest: object = {}) => ({
    agentId,
    name: 'reviewer-1',
    type: 'reviewer',
    status: 'active',
    state: 'idle',
    connected: true,
    capabilities: [{ name: 'code_review', confidence: 1 }],
    labels: {},
    maxConcurrency: 4,
    freeSlots: 4,
    load: 0,
    tasks: [],
    priority: 50,
    performance: {},
    createdAt: now,
    updatedAt: now,
    version: '1',
    ...rest,
  });
  const fleet = {
    total: 1,
    available: 1,
    busy: 0,
    offline: 0,
    paused: 0,
    slots: { total: 4, free: 4 },
    tasks: { inFlight: 0, ended: 0, succeeded: 0 },
    byType: {},
    isComplete: true,
  };
  const quotas = { agents: 10, queuedTasks: 100, openRuns: 10, requestsPerMinute: 100, payloadBytes: 4096 };
  const healthy = {
    'GET /v1/system/health': { status: 'ok', time: now },
    'GET /v1/openapi.json': { info: { version: '0.1.0' } },
    'GET /v1/keys': { items: [] },
    'GET /v1/tenants/acme': {
      tenant: 'acme',
      state: 'open',
      quotas,
      usage: { agents: 1, queuedTasks: 2, openRuns: 0, at: now - 30_000 },
      version: '1',
    },
    'GET /v1/system/status': { state: 'open', agents: fleet, queued: 0 },
    'GET /v1/queue/status': { queued: 0, isExact: true, inFlight: 0, kinds: [] },
    'GET /v1/agents': { items: [agent()] },
    'GET /v1/dead-letters': { items: [] },
    'GET /v1/tasks': { items: [] },
    'GET /v1/runs': { items: [] },
  };
  const examine = async (changes: Readonly<Record<string, unknown>> = {}, words = 'doctor --json') => {
    cli.answer({ ...healthy, ...changes });
    const said = await cli.run(words);
    const checks: { check: string; status: string; detail: string; fix?: string }[] = JSON.parse(said.stdout).checks;
    return { ...said, find: (name: string) => checks.find(({ check }) => check === name), checks };
  };

  it('finds nothing where nothing is wrong', async () => {
    const { code, checks } = await examine();
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(code).toBe(0);
    expect(checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining([
        'address',
        'key',
        'clock',
        'caches',
        'socket',
        'version',
        'quotas',
        'sweep',
        'work',
        'state',
      ]),
    );
    expect((await cli.run('doctor')).stdout).toMatch(/^ok +profile +environment/);
  });

  it.each([
    {
      check: 'clock',
      status: 'failing',
      changes: { 'GET /v1/system/health': { status: 'ok', time: now - 120_000 } },
      says: 'ahead of the platform',
    },
    {
      check: 'version',
      status: 'warning',
      changes: { 'GET /v1/openapi.json': { info: { version: '9.0.0' } } },
      says: 'The platform is 9.0.0',
    },
    {
      check: 'quotas',
      status: 'failing',
      changes: {
        'GET /v1/tenants/acme': {
          tenant: 'acme',
          state: 'open',
          quotas,
          usage: { agents: 10, queuedTasks: 0, openRuns: 0, at: now },
          version: '1',
        },
      },
      says: '10 of 10 connected agents: used up',
    },
    {
      check: 'sweep',
      status: 'failing',
      changes: {
        'GET /v1/tenants/acme': {
          tenant: 'acme',
          state: 'open',
          quotas,
          usage: { agents: 0, queuedTasks: 0, openRuns: 0, at: now - 600_000 },
          version: '1',
        },
      },
      says: 'Nothing was counted for 10 min',
    },
    {
      check: 'work',
      status: 'failing',
      changes: { 'GET /v1/system/status': { state: 'shutting_down', agents: fleet, queued: 0 } },
      says: 'shutting down',
    },
    {
      check: 'work',
      status: 'failing',
      changes: { 'GET /v1/system/status': { state: 'stopped', agents: fleet, queued: 0 } },
      says: 'The system was stopped',
    },
    {
      check: 'work',
      status: 'warning',
      changes: {
        'GET /v1/queue/status': {
          queued: 3,
          isExact: true,
          inFlight: 0,
          kinds: [{ requirements: { capabilities: ['gpu'] }, queued: 3 }],
        },
      },
      says: '3 for gpu',
    },
    {
      check: 'dead letters',
      status: 'warning',
      changes: { 'GET /v1/dead-letters': { items: [task()] } },
      says: '1 task failed for good',
    },
    {
      check: 'key life',
      status: 'warning',
      changes: {
        'GET /v1/keys': {
          items: [{ keyId: 'k', name: 'n', role: 'admin', createdBy: 'x', createdAt: 1, endsAt: now + 3_600_000 }],
        },
      },
      says: 'ends in 1 h',
    },
    {
      check: 'state',
      status: 'failing',
      changes: {
        'GET /v1/agents': { items: [agent({ tasks: [{ taskId, attempt: 2 }] })] },
        [`GET /v1/tasks/${taskId}`]: task({ status: 'QUEUED', endedAt: undefined }),
      },
      says: `reviewer-1 holds ${taskId} (attempt 2), which is QUEUED (attempt 3)`,
    },
    {
      check: 'state',
      status: 'failing',
      changes: {
        'GET /v1/tasks': { items: [task({ status: 'RUNNING', agentId, agentName: 'reviewer-1', endedAt: undefined })] },
      },
      says: 'is RUNNING at reviewer-1, who does not hold it',
    },
    {
      check: 'quotas',
      status: 'skipped',
      changes: { 'GET /v1/tenants/acme': () => problem(403, 'FORBIDDEN', 'No.') },
      says: 'may not look',
    },
  ])('finds $status: $says', async ({ check, status, changes, says }) => {
    const { find, code } = await examine(changes);
    expect(find(check)).toMatchObject({ status, detail: expect.stringContaining(says) });
    expect(code).toBe(status === 'failing' ? 1 : 0);
    expect(status === 'skipped' || (find(check)?.fix ?? '') !== '').toBe(true);
  });

  it('takes state that moves while it looks for no divergence', async () => {
    let reads = 0;
    const { find } = await examine({
      'GET /v1/agents': { items: [agent({ tasks: [{ taskId, attempt: 3 }] })] },
      [`GET /v1/tasks/${taskId}`]: () => ({
        json: task({ status: ++reads === 1 ? 'QUEUED' : 'RUNNING', agentId, endedAt: undefined }),
      }),
    });
    expect(find('state')?.status).toBe('ok');
  });

  it('stops at what all else needs: an address that answers, a key that is known', async () => {
    const refused = await examine({ 'GET /v1/system/health': () => problem(401, 'UNAUTHENTICATED', 'No.') });
    expect(refused.find('key')).toMatchObject({ status: 'failing', fix: expect.stringContaining('muster login') });
    expect(refused.find('state')).toBeUndefined();
    const env = { MUSTER_URL: 'http://127.0.0.1:1/v1', MUSTER_API_KEY: 'mst_acme_k_s' };
    const { code, stdout } = await cli.run('doctor', { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/failing +address +http:\/\/127\.0\.0\.1:1\/v1 does not answer/);
    expect(stdout).toContain('→ Start it: muster dev');
  });

  it('mends what can be mended when asked to', async () => {
    const { find } = await examine(
      { 'POST /v1/queue/clear-stuck': { agents: 1, repaired: 2, ended: 0, cancelled: 0 } },
      'doctor --fix --json',
    );
    expect(find('mended')?.detail).toContain('2 claims freed');
  });
});
