import { describe, expect, it } from 'vitest';
import { judgeGrants, type NamedGrant, type UnusedGrants } from '../../../scripts/grants/judge-grants.ts';

const reason = 'Only the service itself does this, and never here.';
const read: NamedGrant = { role: 'http/tasks', action: 'dynamodb:GetItem', resource: 'table/Table' };
const write: NamedGrant = { ...read, action: 'dynamodb:PutItem' };
const log: NamedGrant = { role: 'http/tasks', action: 'logs:PutLogEvents', resource: 'log-group:Logs' };
const otherLog: NamedGrant = { ...log, role: 'http/runs' };
const excuse = (more: Partial<UnusedGrants> = {}): UnusedGrants => ({
  roles: 'all',
  actions: ['logs:PutLogEvents'],
  reason,
  ...more,
});
const judge = (used: readonly NamedGrant[], ...excuses: readonly UnusedGrants[]) =>
  judgeGrants([read, write, log, otherLog], (grant) => used.includes(grant), excuses);

describe('judgeGrants', () => {
  it('counts what was used and what is excused', () => {
    expect(judge([read, write], excuse())).toEqual({ used: 2, excused: 2, faults: [] });
  });

  it('names the grant that nothing used', () => {
    expect(judge([read], excuse()).faults).toEqual([
      'http/tasks may dynamodb:PutItem on table/Table, and no end-to-end test used it.',
    ]);
  });

  it('excuses the named roles and the named resource alone', () => {
    expect(judge([read, write], excuse({ roles: ['http/runs'] })).faults).toHaveLength(1);
    expect(judge([read, write], excuse({ resource: 'log-group:Other' })).faults).toHaveLength(3);
    expect(judge([read, write], excuse({ resource: log.resource })).faults).toEqual([]);
  });

  it('lets a test use what is excused as chance, and still wants it to be granted', () => {
    const entry = excuse({ roles: ['http/tasks'], actions: ['dynamodb:PutItem'], isByChance: true });
    expect(judge([read, write], excuse(), entry).faults).toEqual([]);
    expect(judge([read], excuse(), entry)).toEqual({ used: 1, excused: 3, faults: [] });
    expect(judge([read, write], excuse(), { ...entry, actions: ['dynamodb:Gone'] }).faults).not.toEqual([]);
  });

  it.each([
    ['what was used', [read, write], excuse({ roles: ['http/tasks'], actions: ['dynamodb:PutItem'] })],
    ['a role that has no such grant', [read, write], excuse({ roles: ['http/tasks', 'http/gone'] })],
    ['an action that nobody has', [read, write], excuse({ actions: ['logs:PutLogEvents', 'logs:Gone'] })],
    ['nothing that it explains', [read, write], excuse({ reason: ' ' })],
  ])('refuses an entry for %s', (_what, used, entry) => {
    const { faults } = judge(used, excuse(), entry);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every((fault) => fault.includes('unused grants'))).toBe(true);
  });
});
