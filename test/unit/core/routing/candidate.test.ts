import { describe, expect, it } from 'vitest';
import { limits, timings } from '#core/contract/limits.ts';
import { Requirements } from '#core/contract/task.ts';
import { lacksOf, whyNotFit, whyNotNow, whyNotThis } from '#core/routing/candidate.ts';
import { requirementSignature } from '#core/routing/signature.ts';
import { agentIdOf } from '../world.ts';
import { type CandidateInput, candidateOf, nowMs } from './candidates.ts';

const { agent } = candidateOf('a', {
  capabilities: [
    ['x', 1],
    ['y', 0.5],
  ],
  labels: { zone: 'eu' },
});
const fit = (requirements: Partial<Requirements>) =>
  whyNotFit({ requirements: Requirements.parse({ capabilities: [], ...requirements }), type: 'any' }, agent);

describe('whyNotFit', () => {
  it('finds nothing against an agent that meets every requirement', () => {
    expect(fit({})).toBeUndefined();
    expect(
      fit({
        capabilities: ['x', 'y'],
        minConfidence: 0.5,
        labels: { zone: 'eu' },
        agentType: 'agent',
        agentId: agentIdOf('a'),
      }),
    ).toBeUndefined();
  });

  const reasons: readonly (readonly [string, Partial<Requirements>])[] = [
    ['capability_missing', { capabilities: ['x', 'z'] }],
    ['confidence_too_low', { capabilities: ['x', 'y'], minConfidence: 0.6 }],
    ['label_mismatch', { labels: { zone: 'us' } }],
    ['label_mismatch', { labels: { rack: 1 } }],
    ['wrong_type', { agentType: 'robot' }],
    ['pinned_to_another', { agentId: agentIdOf('b') }],
  ];
  it.each(reasons)('says %s for %o', (reason, requirements) => expect(fit(requirements)).toBe(reason));
});

describe('the type of a task', () => {
  const none = Requirements.parse({});
  const reader = { ...agent, taskTypes: ['read', 'list'] };

  it('rules out an agent that says which types it does, and not one that does not say', () => {
    expect(whyNotFit({ requirements: none, type: 'read' }, reader)).toBeUndefined();
    expect(whyNotFit({ requirements: none, type: 'write' }, reader)).toBe('no_handler');
    expect(whyNotFit({ requirements: none, type: 'write' }, agent)).toBeUndefined();
    expect([...lacksOf({ requirements: none, type: 'write' }, reader)]).toEqual([
      { why: 'no_handler', what: 'write; it does read, list' },
    ]);
  });

  it('rules out an agent that has declined one, as long as it is registered so', () => {
    const { slots } = candidateOf('a');
    const wanted = { requirements: none, type: 'write', slotCost: 1 };
    expect(whyNotThis(wanted, slots, nowMs)).toBeUndefined();
    expect(whyNotThis(wanted, { ...slots, unhandled: ['read', 'write'] }, nowMs)).toBe('no_handler');
    expect(whyNotThis(wanted, { ...slots, unhandled: ['read'] }, nowMs)).toBeUndefined();
  });

  it('does not rule out the agent that a task is pinned to', () => {
    const pinned = { requirements: { ...none, agentId: agent.agentId }, type: 'write', slotCost: 1 };
    expect(whyNotFit(pinned, reader)).toBeUndefined();
    expect(whyNotThis(pinned, { ...candidateOf('a').slots, unhandled: ['write'] }, nowMs)).toBeUndefined();
  });
});

describe('whyNotNow', () => {
  const now = (slots: CandidateInput, cost = 1) => whyNotNow(cost, candidateOf('a', slots).slots, nowMs);

  it('finds nothing against a live agent with room', () => expect(now({})).toBeUndefined());

  const reasons: readonly (readonly [string, CandidateInput])[] = [
    ['draining', { status: 'draining' }],
    ['inactive', { status: 'inactive' }],
    ['paused', { paused: true }],
    ['offline', { connection: undefined }],
    ['silent', { seenAt: nowMs - timings.silentAfterMs - 1 }],
    ['full', { maxConcurrency: 2, load: [1, 1] }],
  ];
  it.each(reasons)('says %s', (reason, slots) => expect(now(slots)).toBe(reason));

  it('takes an agent that was heard exactly two heartbeats ago', () =>
    expect(now({ seenAt: nowMs - timings.silentAfterMs })).toBeUndefined());

  it('never finds an agent too full for a vote', () =>
    expect(now({ maxConcurrency: 1, load: [1] }, 0)).toBeUndefined());

  it('finds an agent full that holds as many votes as one may', () => {
    const votes = (count: number) => ({ load: Array.from({ length: count }, () => 0) });
    expect(now(votes(limits.claimsPerAgent - 1), 0)).toBeUndefined();
    expect(now(votes(limits.claimsPerAgent), 0)).toBe('full');
  });

  it('needs room for the whole cost', () => {
    expect(now({ maxConcurrency: 3, load: [1] }, 2)).toBeUndefined();
    expect(now({ maxConcurrency: 3, load: [1] }, 3)).toBe('full');
  });
});

describe('requirementSignature', () => {
  const sign = (requirements: unknown, type?: string) =>
    requirementSignature({ requirements: Requirements.parse(requirements), type });

  it('is the same for the same requirements in any order, and another for others', () => {
    expect(sign({ capabilities: ['a', 'b'], agentType: 't' })).toBe(sign({ agentType: 't', capabilities: ['b', 'a'] }));
    const different = [
      {},
      { capabilities: ['a'] },
      { capabilities: ['a'], minConfidence: 0.5 },
      { agentType: 'a' },
      { labels: { a: 1 } },
      { labels: { a: '1' } },
      { agentId: agentIdOf('a') },
    ].map((requirements) => sign(requirements));
    expect(new Set(different).size).toBe(different.length);
  });

  it('tells types apart, but for a pinned task: its backlog is its agent’s', () => {
    expect(sign({}, 'read')).not.toBe(sign({}, 'write'));
    expect(sign({}, 'read')).not.toBe(sign({}));
    expect(sign({ agentId: agentIdOf('a') }, 'read')).toBe(sign({ agentId: agentIdOf('a') }, 'write'));
  });
});
