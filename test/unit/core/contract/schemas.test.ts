import { describe, expect, it } from 'vitest';
import { AgentRegistration, Capabilities, Labels } from '#core/contract/agent.ts';
import { clientFrames, isClientFrameType } from '#core/contract/client-frames.ts';
import { Envelope, PlatformEnvelope } from '#core/contract/envelope.ts';
import { AgentId, EnvelopeId, Name, TaskId, TenantId } from '#core/contract/ids.ts';
import { jsonBytes } from '#core/contract/json.ts';
import { limits } from '#core/contract/limits.ts';
import { ClaimCheck, isClaimCheck } from '#core/contract/payload.ts';
import { platformFrames } from '#core/contract/platform-frames.ts';
import { TaskSubmission } from '#core/contract/task.ts';
import { RunRequest, WorkflowDefinition } from '#core/contract/workflow.ts';

const uuid = '01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';
const envelope = { v: 1, type: 'task.submit', id: 'e1', seq: 1, ts: 0, payload: {} };
const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe('ids', () => {
  it('take their own prefix and a lower-case UUID only', () => {
    expect(accepts(TaskId, `tsk_${uuid}`)).toBe(true);
    const wrong = [`agt_${uuid}`, uuid, `tsk_${uuid.toUpperCase()}`, `tsk_${uuid}x`, `tsk_${uuid}\n`, ''];
    expect(wrong.filter((id) => accepts(TaskId, id))).toEqual([]);
    expect(accepts(AgentId, `agt_${uuid}`)).toBe(true);
  });

  it('keep the separators of keys and API keys out of tenants', () => {
    for (const right of ['a', 'team-1', '9', 'x'.repeat(40)]) expect(accepts(TenantId, right)).toBe(true);
    const wrong = ['', 'A', 'a#b', 'a_b', '-a', 'x'.repeat(41), 'a b', 'a\n'];
    expect(wrong.filter((tenant) => accepts(TenantId, tenant))).toEqual([]);
  });

  it('keep the separator of keys out of names and envelope ids', () => {
    for (const right of ['a', 'code/review:v1.2_x-y']) expect(accepts(Name, right)).toBe(true);
    for (const wrong of ['', '#', 'a#b', '.a', 'a b', 'x'.repeat(129)]) expect(accepts(Name, wrong)).toBe(false);
    expect(accepts(EnvelopeId, 'a_.:-9')).toBe(true);
    for (const wrong of ['', 'a#b', 'x'.repeat(129)]) expect(accepts(EnvelopeId, wrong)).toBe(false);
  });
});

describe('Envelope', () => {
  it('takes the shortest envelope there is', () => expect(accepts(Envelope, envelope)).toBe(true));

  it.each([
    ['an unknown field', { ...envelope, extra: 1 }],
    ['from, which the platform writes', { ...envelope, from: 'agt' }],
    ['another version', { ...envelope, v: 2 }],
    ['a seq below 1', { ...envelope, seq: 0 }],
    ['a missing id', { v: 1, type: 'x', seq: 1, ts: 0, payload: {} }],
    ['a payload that is no JSON', { ...envelope, payload: () => 1 }],
    ['a malformed traceparent', { ...envelope, traceparent: '00-1-2-3' }],
  ])('refuses %s', (_what, value) => expect(accepts(Envelope, value)).toBe(false));

  it('names the unknown field', () => {
    const { error } = Envelope.safeParse({ ...envelope, extra: 1 });
    expect(error?.issues[0]).toMatchObject({ code: 'unrecognized_keys', keys: ['extra'] });
  });

  it('lets through what a newer platform adds', () =>
    expect(PlatformEnvelope.parse({ ...envelope, extra: 1 })).toMatchObject({ extra: 1 }));
});

describe('AgentRegistration', () => {
  it('needs a name only, and fills in the rest', () => {
    expect(AgentRegistration.parse({ name: 'a' })).toEqual({
      name: 'a',
      type: 'agent',
      capabilities: [],
      labels: {},
      maxConcurrency: 5,
      priority: 50,
      weight: 1,
    });
  });

  it('takes a capability as a plain string', () => {
    const { capabilities } = AgentRegistration.parse({
      name: 'a',
      capabilities: ['x', { name: 'y', confidence: 0.5 }],
    });
    expect(capabilities).toEqual([
      { name: 'x', confidence: 1 },
      { name: 'y', confidence: 0.5 },
    ]);
  });

  it('refuses a capability named twice, and more than there may be', () => {
    expect(accepts(Capabilities, ['x', { name: 'x' }])).toBe(false);
    const names = Array.from({ length: limits.capabilitiesPerAgent + 1 }, (_, index) => `c${index}`);
    expect(accepts(Capabilities, names)).toBe(false);
    expect(accepts(Capabilities, names.slice(1))).toBe(true);
  });

  it('takes as many labels as the limit says and no more', () => {
    const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 1]));
    expect(accepts(Labels, labels(limits.labelsPerAgent))).toBe(true);
    expect(accepts(Labels, labels(limits.labelsPerAgent + 1))).toBe(false);
  });

  it.each([
    ['maxConcurrency', 0],
    ['maxConcurrency', 101],
    ['maxConcurrency', 1.5],
    ['priority', -1],
    ['priority', 101],
    ['weight', 0],
    ['owner', 'me'],
    ['status', 'active'],
  ])('refuses %s %s', (field, value) => expect(accepts(AgentRegistration, { name: 'a', [field]: value })).toBe(false));
});

describe('TaskSubmission', () => {
  it('needs a type only, and fills in the rest', () => {
    expect(TaskSubmission.parse({ type: 'work' })).toEqual({
      kind: 'work',
      type: 'work',
      input: null,
      priority: 'normal',
      requirements: { capabilities: [] },
      slotCost: 1,
      timeoutSeconds: 900,
      retry: { maxAttempts: 3, backoffMs: 1000, maxBackoffMs: 60_000, nonRetryableCodes: [] },
      publishEvent: false,
    });
  });

  it.each([
    ['an unknown field', { agentId: 'x' }],
    ['an unknown requirement', { requirements: { agent: 'x' } }],
    ['no time', { timeoutSeconds: 0 }],
    ['more than a week', { timeoutSeconds: limits.maxTaskTimeoutSeconds + 1 }],
    ['a negative cost', { slotCost: -1 }],
    ['no attempts', { retry: { maxAttempts: 0 } }],
    ['an unknown strategy', { strategy: 'best' }],
    ['an unknown priority', { priority: 'urgent' }],
    ['an acceptance within less than a second', { ackTimeoutMs: 999 }],
  ])('refuses %s', (_what, part) => expect(accepts(TaskSubmission, { type: 'work', ...part })).toBe(false));
});

describe('clientFrames', () => {
  it('refuse an unknown field in every payload', () => {
    const samples: Record<string, object> = {
      'agent.register': { name: 'a' },
      'agent.update': {},
      'agent.heartbeat': { tasks: [] },
      'task.accept': { taskId: `tsk_${uuid}`, attempt: 1 },
      'task.reject': { taskId: `tsk_${uuid}`, attempt: 1 },
      'task.progress': { taskId: `tsk_${uuid}`, attempt: 1 },
      'task.result': { taskId: `tsk_${uuid}`, attempt: 1, output: null },
      'task.fail': { taskId: `tsk_${uuid}`, attempt: 1, error: { code: 'X', message: '' } },
      'task.released': { taskId: `tsk_${uuid}`, attempt: 1 },
      'task.wait': { taskId: `tsk_${uuid}`, attempt: 1, children: [`tsk_${uuid}`] },
      'task.handoff': { taskId: `tsk_${uuid}`, attempt: 1, reason: 'blocked' },
      'task.submit': { task: { type: 'work' } },
      'secret.get': { taskId: `tsk_${uuid}`, attempt: 1, name: 'x' },
      'collaboration.request': { agent: 'a', purpose: 'x' },
      'resource.request': { resource: 'x', amount: 1, purpose: 'x' },
      'escalation.raise': { severity: 'low', issue: 'x' },
      'task.cancel': { taskId: `tsk_${uuid}` },
      watch: { taskId: `tsk_${uuid}` },
      unwatch: {},
      'message.send': { messages: [{ id: 'm', content: null }] },
      'message.ack': { refs: ['r'] },
      'message.pull': {},
      'topic.join': { pattern: 'a.#' },
      'topic.leave': { pattern: 'a.#' },
      'group.join': { name: 'g' },
      'group.leave': { name: 'g' },
      'state.patch': { scope: 's', ops: [{ op: 'increment', name: 'n' }] },
      'state.pull': { scope: 's' },
      'conflict.report': {
        type: 'x',
        severity: 'low',
        positions: [1, 2].map((position) => ({ agentId: 'a', position, confidence: 1 })),
      },
      'payload.prepare': { bytes: 1, sha256: '0'.repeat(64) },
    };
    const types = Object.entries(clientFrames);
    const tooStrict = types.filter(([type, schema]) => !accepts(schema, samples[type]));
    const tooLoose = types.filter(([type, schema]) => accepts(schema, { ...samples[type], extra: 1 }));
    expect([...tooStrict, ...tooLoose].map(([type]) => type)).toEqual([]);
  });

  it('tell of at most so many metrics, each a number that the table keeps', () => {
    const beat = (metrics: object) => accepts(clientFrames['agent.heartbeat'], { tasks: [], metrics });
    const named = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, 1]));
    expect(beat(named(limits.metricsPerAgent))).toBe(true);
    expect(beat(named(limits.metricsPerAgent + 1))).toBe(false);
    for (const value of [1e16, -1e300, Infinity, '1']) expect(beat({ load: value })).toBe(false);
    expect(beat({ '': 1 })).toBe(false);
  });

  it('list every task that an agent may hold, in one frame', () => {
    const tasks = Array.from({ length: limits.tasksPerHeartbeat }, () => ({
      taskId: `tsk_${uuid}`,
      attempt: 20,
      percent: 99,
    }));
    expect(accepts(clientFrames['agent.heartbeat'], { tasks })).toBe(true);
    expect(accepts(clientFrames['agent.heartbeat'], { tasks: [...tasks, tasks[0]] })).toBe(false);
    expect(limits.tasksPerHeartbeat).toBeGreaterThan(limits.claimsPerAgent + 50);
    expect(jsonBytes({ tasks })).toBeLessThan(limits.frameBytes - 1024);
  });

  it('watch exactly one thing', () => {
    expect(accepts(clientFrames.watch, {})).toBe(false);
    expect(accepts(clientFrames.watch, { taskId: `tsk_${uuid}`, runId: `run_${uuid}` })).toBe(false);
  });

  it('are known by their own names alone', () => {
    expect(isClientFrameType('task.submit')).toBe(true);
    for (const other of ['task.assigned', 'toString', '__proto__', '']) expect(isClientFrameType(other)).toBe(false);
  });

  it('treat a failure as retryable unless the agent says otherwise', () => {
    const { error } = clientFrames['task.fail'].parse({
      taskId: `tsk_${uuid}`,
      attempt: 1,
      error: { code: 'X', message: 'x' },
    });
    expect(error.retryable).toBe(true);
  });
});

describe('platformFrames', () => {
  it('keep what a newer platform adds', () => {
    expect(platformFrames.ack.parse({ id: 'x', more: 1 })).toEqual({ id: 'x', more: 1 });
  });
});

describe('WorkflowDefinition', () => {
  const step = { id: 's', type: 'work' };

  it('fills in what is left out', () => {
    expect(WorkflowDefinition.parse({ mode: 'parallel', name: 'p', tasks: [step] })).toMatchObject({
      completion: 'all',
      maxParallelAgents: 10,
      timeoutSeconds: 24 * 3600,
      priority: 'normal',
      tasks: [{ input: null, slotCost: 1, requirements: { capabilities: [] } }],
    });
  });

  it.each([
    ['an unknown mode', { mode: 'swarm', name: 'p', tasks: [step] }],
    ['no steps', { mode: 'sequential', name: 'p', steps: [] }],
    ['a step id with a dot', { mode: 'sequential', name: 'p', steps: [{ ...step, id: 'a.b' }] }],
    ['dependencies of a parallel task', { mode: 'parallel', name: 'p', tasks: [{ ...step, dependsOn: ['x'] }] }],
    ['a threshold of 0', { mode: 'parallel', name: 'p', tasks: [step], completion: { threshold: 0 } }],
    ['an unknown field of a step', { mode: 'parallel', name: 'p', tasks: [{ ...step, agent: 'x' }] }],
    ['more steps than there may be', { mode: 'parallel', name: 'p', tasks: Array.from({ length: 201 }, () => step) }],
  ])('refuses %s', (_what, definition) => expect(accepts(WorkflowDefinition, definition)).toBe(false));

  it('takes a run request without input', () => expect(RunRequest.parse({ workflow: 'p' }).input).toBeNull());
});

describe('ClaimCheck', () => {
  const check = { $payload: { ref: `acme/${uuid}`, bytes: 1, sha256: '0'.repeat(64) } };

  it('is told from a value that only looks like one', () => {
    expect(isClaimCheck(check)).toBe(true);
    for (const value of [
      null,
      {},
      { $payload: {} },
      { ...check, more: 1 },
      { $payload: { ...check.$payload, ref: '../x' } },
    ])
      expect(isClaimCheck(value)).toBe(false);
    expect(accepts(ClaimCheck, { $payload: { ...check.$payload, bytes: -1 } })).toBe(false);
  });
});

describe('jsonBytes', () => {
  it('counts UTF-8 bytes of the JSON', () => {
    expect(jsonBytes('é')).toBe(4);
    expect(jsonBytes(undefined)).toBe(0);
    expect(jsonBytes({ a: [1] })).toBe('{"a":[1]}'.length);
  });
});
