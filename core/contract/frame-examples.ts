import type { ClientFrameType } from './client-frames.ts';
import type { Json } from './json.ts';

const taskId = 'tsk_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';
const runId = 'run_01980f3e-7c1a-7d2e-9b1f-3a5c6d7e8f90';

/** A payload of each frame that a client may send, as the generated description shows it. Each is valid. */
export const frameExamples: Readonly<Record<ClientFrameType, Json>> = {
  'agent.register': {
    name: 'reviewer-1',
    type: 'reviewer',
    capabilities: ['code_review', { name: 'security_audit', confidence: 0.88, specialties: ['OWASP'] }],
    maxConcurrency: 4,
  },
  'agent.update': { status: 'draining' },
  'agent.heartbeat': { tasks: [{ taskId, attempt: 1, percent: 40 }], metrics: { cpu: 0.3, memory: 0.5 } },
  'task.accept': { taskId, attempt: 1 },
  'task.reject': { taskId, attempt: 1, reason: 'The repository is not mine.' },
  'task.progress': { taskId, attempt: 1, percent: 40, message: 'Half of the files are read.' },
  'task.result': {
    taskId,
    attempt: 1,
    output: { findings: [] },
    usage: { inputTokens: 1200, outputTokens: 300, costUsd: 0.004 },
    confidence: 0.9,
  },
  'task.fail': {
    taskId,
    attempt: 1,
    error: { code: 'CLONE_FAILED', message: 'The repository could not be read.', retryable: true },
  },
  'task.released': { taskId, attempt: 1 },
  'task.submit': { task: { type: 'review', input: { pullRequest: 17 } } },
  'task.handoff': {
    taskId,
    attempt: 1,
    toCapability: 'security_audit',
    reason: 'needs_specialist',
    workState: { read: 12 },
    blockingIssues: ['The signing key is not in the repository.'],
    recommendations: ['Look at the token handling first.'],
  },
  'task.wait': { taskId, attempt: 1, children: [taskId], workState: { read: 12 } },
  'secret.get': { taskId, attempt: 1, name: 'github-token' },
  'collaboration.request': {
    capability: 'security_audit',
    purpose: 'Look at the token handling.',
    input: { file: 'auth.ts' },
  },
  'resource.request': { resource: 'gpu-hours', amount: 4, purpose: 'Fine-tune the classifier.' },
  'escalation.raise': {
    severity: 'high',
    issue: 'Two reviewers disagree on whether the migration is safe.',
    attemptedResolutions: ['A second round of votes.'],
    recommendedAction: 'Ask the database team.',
  },
  'task.cancel': { taskId, reason: 'No longer needed.' },
  watch: { runId },
  unwatch: { runId },
  'message.send': {
    messages: [
      { id: 'msg-1', to: 'reviewer-1', content: { kind: 'direct', text: 'Pull request 17 is yours.' } },
      { id: 'msg-2', topic: 'reviews.security.done', content: { pullRequest: 17 } },
    ],
  },
  'message.ack': { refs: ['key:ci#001767225600000#frame-1'] },
  'message.pull': {},
  'topic.join': { pattern: 'reviews.*.done', where: { kind: ['report'] } },
  'topic.leave': { pattern: 'reviews.*.done' },
  'group.join': { name: 'security' },
  'group.leave': { name: 'security' },
  'payload.prepare': {
    bytes: 1_000_000,
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  'state.patch': {
    scope: 'review-17',
    ops: [
      { op: 'increment', name: 'files', by: 3 },
      { op: 'addToSet', name: 'languages', value: 'typescript' },
      { op: 'setMap', name: 'findings', key: 'src/a.ts', value: { severity: 'low' } },
    ],
  },
  'state.pull': { scope: 'review-17' },
  'conflict.report': {
    type: 'design',
    severity: 'high',
    positions: [
      { agentId: 'architect', position: 'REST', confidence: 0.8, evidence: ['All clients speak it.'] },
      { agentId: 'backend', position: 'gRPC', confidence: 0.9, evidence: ['A benchmark.'] },
    ],
  },
};
