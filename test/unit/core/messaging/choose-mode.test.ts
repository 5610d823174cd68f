import { describe, expect, it } from 'vitest';
import { chooseMode } from '#core/messaging/choose-mode.ts';

describe('chooseMode', () => {
  it.each([
    [{ to: 'ada' }, 'direct', { kind: 'agent', to: 'ada' }],
    [{ to: 'ada', correlationId: 'q-1' }, 'reply', { kind: 'agent', to: 'ada' }],
    [{ group: 'security' }, 'multicast', { kind: 'group', group: 'security' }],
    [{ topic: 'a.b' }, 'publish', { kind: 'topic', topic: 'a.b' }],
    [{ filter: { type: 'reviewer' } }, 'broadcast', { kind: 'all', filter: { type: 'reviewer' } }],
    [{ filter: {} }, 'broadcast', { kind: 'all', filter: {} }],
    [{ to: 'agent.ada' }, 'direct', { kind: 'agent', to: 'ada' }],
    [{ to: 'broadcast.all' }, 'broadcast', { kind: 'all', filter: {} }],
    [{ to: 'broadcast.code_review' }, 'broadcast', { kind: 'all', filter: { capability: 'code_review' } }],
  ])('RT-14: goes by the audience that a message names: %j', (message, mode, audience) => {
    expect(chooseMode({ mode: 'auto', ...message })).toEqual({ mode, audience });
  });

  it('takes an agent’s name as it is where the mode is said', () => {
    expect(chooseMode({ mode: 'direct', to: 'broadcast.all' }).audience).toEqual({
      kind: 'agent',
      to: 'broadcast.all',
    });
  });

  it('sends nothing to everybody that does not say so', () => {
    const message = expect.stringMatching(/to .*group, topic or filter.*mode broadcast/);
    expect(() => chooseMode({ mode: 'auto' })).toThrow(
      expect.objectContaining({ code: 'INVALID_FIELD', field: 'to', message }),
    );
    expect(() => chooseMode({ mode: 'auto', correlationId: 'q-1' })).toThrow(
      expect.objectContaining({ code: 'INVALID_FIELD', field: 'to' }),
    );
    expect(chooseMode({ mode: 'broadcast' }).audience).toEqual({ kind: 'all', filter: {} });
  });

  it.each([
    ['to', { mode: 'direct' as const }],
    ['to', { mode: 'request' as const, group: 'g' }],
    ['group', { mode: 'multicast' as const, topic: 'a' }],
    ['topic', { mode: 'publish' as const }],
    ['correlationId', { mode: 'reply' as const, to: 'ada' }],
    ['topic', { mode: 'auto' as const, to: 'ada', topic: 'a' }],
    ['to', { mode: 'broadcast' as const, to: 'ada' }],
  ])('refuses what does not say whom it is for: %s of %j', (field, message) => {
    expect(() => chooseMode(message)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD', field }));
  });
});
