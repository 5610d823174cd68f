import { describe, expect, it } from 'vitest';
import { clientFrames } from '#core/contract/client-frames.ts';
import { errorCodeNames, errorCodes } from '#core/contract/error-codes.ts';
import { allows, frameScopes, Scope, scopesOfRole } from '#core/contract/roles.ts';
import { routes } from '#core/contract/routes.ts';

describe('scopesOfRole', () => {
  it('gives nobody a scope that the administrator does not have, and every scope to him', () => {
    expect(scopesOfRole('admin')).toEqual(Scope.options);
  });
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

  it('let a viewer read and change nothing, but for a ticket to watch with', () => {
    const open = routes.filter(({ scope }) => allows('viewer', scope)).map(({ key }): string => key);
    expect(open.filter((key) => !key.startsWith('GET '))).toEqual(['POST /v1/tickets']);
  });
});

describe('errorCodes', () => {
  it('are listed in full', () => expect([...errorCodeNames].toSorted()).toEqual(Object.keys(errorCodes).toSorted()));

  it('are retryable only where the same request may succeed later', () => {
    const retryable = errorCodeNames.filter((code) => errorCodes[code].retryable).toSorted();
    expect(retryable).toEqual([
      'CONFLICT',
      'INTERNAL',
      'MAILBOX_FULL',
      'QUOTA_EXCEEDED',
      'RATE_LIMITED',
      'SHUTTING_DOWN',
      'SYSTEM_STOPPED',
      'UNAVAILABLE',
    ]);
  });

  it('have an HTTP status of an error', () => {
    for (const { status } of Object.values(errorCodes)) expect(status).toBeGreaterThanOrEqual(400);
  });
});
