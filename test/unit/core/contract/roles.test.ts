import { describe, expect, it } from 'vitest';
import { clientFrames } from '#core/contract/client-frames.ts';
import { errorCodeNames, errorCodes } from '#core/contract/error-codes.ts';
import { allows, frameScopes, Role, type Scope } from '#core/contract/roles.ts';
import { routes } from '#core/contract/routes.ts';

/** The whole table, written out: who may do what. */
const mayDo: Record<Role, readonly Scope[]> = {
  viewer: ['agents:read', 'tasks:read', 'workflows:read', 'runs:read', 'system:read'],
  submitter: [
    ...(['agents:read', 'tasks:read', 'workflows:read', 'runs:read', 'system:read'] as const),
    ...(['tasks:submit', 'tasks:cancel', 'runs:start', 'runs:cancel', 'payloads:write'] as const),
  ],
  agent: ['agents:connect', 'tasks:work', 'tasks:submit', 'tasks:read', 'payloads:write', 'system:read'],
  operator: [
    ...(['agents:read', 'tasks:read', 'workflows:read', 'runs:read', 'system:read'] as const),
    ...(['tasks:submit', 'tasks:cancel', 'runs:start', 'runs:cancel', 'payloads:write'] as const),
    ...(['agents:write', 'workflows:write'] as const),
  ],
  admin: [
    ...(['agents:read', 'tasks:read', 'workflows:read', 'runs:read', 'system:read'] as const),
    ...(['tasks:submit', 'tasks:cancel', 'runs:start', 'runs:cancel', 'payloads:write'] as const),
    ...(['agents:write', 'workflows:write', 'agents:connect', 'tasks:work'] as const),
  ],
};
const scopes = [...new Set(Object.values(mayDo).flat())];

describe('allows', () => {
  for (const role of Role.options) {
    it(`gives a ${role} what the table says and nothing else`, () => {
      expect(scopes.filter((scope) => allows(role, scope)).toSorted()).toEqual(mayDo[role].toSorted());
    });
  }
});

describe('frameScopes', () => {
  it('names a scope for every frame that a client may send, and for no other', () => {
    expect(Object.keys(frameScopes).toSorted()).toEqual(Object.keys(clientFrames).toSorted());
  });

  it('lets an agent send what an agent sends', () => {
    const refused = Object.entries(frameScopes).filter(([, scope]) => !allows('agent', scope));
    expect(refused.map(([type]) => type)).toEqual(['task.cancel']);
  });
});

describe('routes', () => {
  it('are unique, and each can be reached by somebody', () => {
    expect(new Set(routes.map(({ key }) => key)).size).toBe(routes.length);
    expect(routes.filter(({ scope }) => !allows('admin', scope))).toEqual([]);
  });

  it('let a viewer read and change nothing', () => {
    const open = routes.filter(({ scope }) => allows('viewer', scope)).map(({ key }) => key);
    expect(open.every((key) => key.startsWith('GET '))).toBe(true);
  });
});

describe('errorCodes', () => {
  it('are listed in full', () => expect([...errorCodeNames].toSorted()).toEqual(Object.keys(errorCodes).toSorted()));

  it('are retryable only where the same request may succeed later', () => {
    const retryable = errorCodeNames.filter((code) => errorCodes[code].retryable).toSorted();
    expect(retryable).toEqual(['CONFLICT', 'INTERNAL', 'QUOTA_EXCEEDED', 'RATE_LIMITED', 'UNAVAILABLE']);
  });

  it('have an HTTP status of an error', () => {
    for (const { status } of Object.values(errorCodes)) expect(status).toBeGreaterThanOrEqual(400);
  });
});
