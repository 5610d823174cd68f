import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexKeys, keys, stageIdOf, sweepShards } from '#core/contract/keys.ts';

const tenant = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,5}$/);
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,5}$/);
const number = fc.nat({ max: 300 });

/** Every kind of key with what makes it, tenant first. */
const makers = {
  connection: fc.tuple(id).map(([a]) => [keys.connection(a), ['connection', a]] as const),
  link: fc.tuple(id).map(([a]) => [keys.link(a), ['link', a]] as const),
  lateAnswer: fc.tuple(tenant, id, id).map(([t, a, b]) => [keys.lateAnswer(t, a, b), ['answer', t, a, b]] as const),
  ticket: fc.tuple(id).map(([a]) => [keys.ticket(a), ['ticket', a]] as const),
  apiKey: fc.tuple(tenant, id).map(([t, a]) => [keys.apiKey(t, a), ['apiKey', t, a]] as const),
  profile: fc.tuple(tenant, id).map(([t, a]) => [keys.profile(t, a), ['profile', t, a]] as const),
  slots: fc.tuple(tenant, id).map(([t, a]) => [keys.slots(t, a), ['slots', t, a]] as const),
  agentName: fc.tuple(tenant, id).map(([t, a]) => [keys.agentName(t, a), ['agentName', t, a]] as const),
  roster: fc.tuple(tenant, id, id).map(([t, a, b]) => [keys.roster(t, a, b), ['roster', t, a, b]] as const),
  task: fc.tuple(tenant, id).map(([t, a]) => [keys.task(t, a), ['task', t, a]] as const),
  lateResult: fc.tuple(tenant, id, number).map(([t, a, n]) => [keys.lateResult(t, a, n), ['late', t, a, n]] as const),
  signature: fc.tuple(tenant, id).map(([t, a]) => [keys.signature(t, a), ['signature', t, a]] as const),
  version: fc
    .tuple(tenant, id, number)
    .map(([t, a, n]) => [keys.workflowVersion(t, a, n), ['version', t, a, n]] as const),
  newest: fc.tuple(tenant, id).map(([t, a]) => [keys.workflowNewest(t, a), ['newest', t, a]] as const),
  runCounts: fc.tuple(tenant, id).map(([t, a]) => [keys.runCounts(t, a), ['runCounts', t, a]] as const),
  run: fc.tuple(tenant, id).map(([t, a]) => [keys.run(t, a), ['run', t, a]] as const),
  stage: fc.tuple(tenant, id, number).map(([t, a, n]) => [keys.stage(t, a, n), ['stage', t, a, n]] as const),
  trigger: fc.tuple(tenant, id).map(([t, a]) => [keys.trigger(t, a), ['trigger', t, a]] as const),
  note: fc.tuple(tenant, id, id).map(([t, a, b]) => [keys.note(t, a, b), ['note', t, a, b]] as const),
  marker: fc
    .tuple(tenant, id, number, number)
    .map(([t, a, n, m]) => [keys.marker(t, stageIdOf(a, n), m), ['marker', t, a, n, m]] as const),
  audit: fc
    .tuple(tenant, number, id)
    .map(([t, n, a]) => [keys.audit(t, n * 86_400_000, a), ['audit', t, n, a]] as const),
  tenant: fc.tuple(tenant).map(([t]) => [keys.tenant(t), ['tenant', t]] as const),
  reply: fc.tuple(tenant, id).map(([t, a]) => [keys.reply(t, a), ['reply', t, a]] as const),
  usage: fc.tuple(tenant).map(([t]) => [keys.usage(t), ['usage', t]] as const),
  rate: fc.tuple(tenant, number).map(([t, n]) => [keys.rate(t, n), ['rate', t, n]] as const),
  settings: fc.tuple(tenant).map(([t]) => [keys.settings(t), ['settings', t]] as const),
  logEntry: fc.tuple(tenant, id, number).map(([t, a, n]) => [keys.logEntry(t, a, n), ['logEntry', t, a, n]] as const),
  loggedChange: fc
    .tuple(tenant, id, id)
    .map(([t, a, b]) => [keys.loggedChange(t, a, b), ['loggedChange', t, a, b]] as const),
  mail: fc.tuple(tenant, id, id).map(([t, a, b]) => [keys.mail(t, a, b), ['mail', t, a, b]] as const),
  sentFrame: fc.tuple(tenant, id, id).map(([t, a, b]) => [keys.sentFrame(t, a, b), ['sentFrame', t, a, b]] as const),
  audience: fc
    .tuple(tenant, fc.constantFrom('GROUP' as const, 'TOPIC' as const), id, id)
    .map(([t, kind, a, b]) => [keys.audience(t, kind, a, b), ['audience', t, kind, a, b]] as const),
  membership: fc
    .tuple(tenant, id, fc.constantFrom('GROUP' as const, 'TOPIC' as const), id)
    .map(([t, a, kind, b]) => [keys.membership(t, a, kind, b), ['membership', t, a, kind, b]] as const),
  statePart: fc.tuple(tenant, id, id).map(([t, a, b]) => [keys.statePart(t, a, b), ['statePart', t, a, b]] as const),
  children: fc.tuple(tenant, id).map(([t, a]) => [keys.children(t, a), ['children', t, a]] as const),
  stateScope: fc.tuple(tenant, id).map(([t, a]) => [keys.stateScope(t, a), ['stateScope', t, a]] as const),
  conflict: fc.tuple(tenant, id).map(([t, a]) => [keys.conflict(t, a), ['conflict', t, a]] as const),
  value: fc
    .tuple(tenant, id, id, number)
    .map(([t, a, b, n]) => [keys.value(t, a, b, n), ['value', t, a, b, n]] as const),
  watcher: fc.tuple(tenant, id, id).map(([t, a, b]) => [keys.watcher(t, a, b), ['watcher', t, a, b]] as const),
};
/** All but the sweep's own mark, which is one fixed key. */
const { sweepMark: _sweepMark, ...tenantKeys } = keys;
const anyKey = fc.oneof(...Object.values(makers));

describe('keys', () => {
  it('are all tried here', () => expect(Object.keys(makers)).toHaveLength(Object.keys(tenantKeys).length));

  it('differ whenever what they stand for differs', () => {
    fc.assert(
      fc.property(anyKey, anyKey, ([left, leftOf], [right, rightOf]) => {
        const sameKey = JSON.stringify(left) === JSON.stringify(right);
        expect(sameKey).toBe(JSON.stringify(leftOf) === JSON.stringify(rightOf));
      }),
      { numRuns: 3000 },
    );
  });

  it('begin with the tenant, but for connections, tickets and links', () => {
    fc.assert(
      fc.property(anyKey, ([key, [kind, first]]) => {
        const exceptions = new Map([
          ['connection', 'CONN#'],
          ['ticket', 'TICKET#'],
          ['link', 'LINK#'],
        ]);
        const begins = exceptions.get(kind) ?? `${first}#`;
        expect(key.pk.startsWith(begins)).toBe(true);
      }),
    );
  });

  it('never let one tenant name a partition of another', () => {
    fc.assert(
      fc.property(tenant, tenant, id, (one, two, name) => {
        fc.pre(one !== two);
        expect(keys.task(one, name).pk.startsWith(`${two}#`)).toBe(false);
      }),
    );
  });
});

describe('indexKeys', () => {
  it('begin with the tenant, but for what only the sweep reads', () => {
    const key = keys.task('acme', 'x');
    expect(indexKeys.backlog('acme', 's', 5, 'x').backlogKey).toBe('acme#s');
    expect(indexKeys.list('acme', 'TASKS', 's').listKey).toBe('acme#TASKS');
    for (const { sweepKey, sweepSort } of [indexKeys.live(key), indexKeys.open(key), indexKeys.due(key, 60_000)]) {
      expect(sweepKey).toMatch(/^(LIVE|OPEN|DUE)#/);
      expect(sweepSort.startsWith('acme#')).toBe(true);
    }
  });

  it('sort texts of times as the times', () => {
    const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(time, time, (one, two) => {
        fc.pre(one !== two);
        const [left, right] = [one, two].map((at) => indexKeys.backlog('t', 's', at, 'same').backlogSort);
        expect((left ?? '') < (right ?? '')).toBe(one < two);
        expect(indexKeys.byTime(one, 'same') < indexKeys.byTime(two, 'same')).toBe(one < two);
      }),
    );
  });

  it('put no time before the first one, however large the head start', () =>
    expect(indexKeys.byTime(-5, 'x')).toBe(indexKeys.byTime(0, 'x')));

  it('put every live and open thing into a shard that the sweep reads', () => {
    const read = Array.from({ length: sweepShards }, (_, shard) => shard);
    fc.assert(
      fc.property(id, (name) => {
        expect(read.map(indexKeys.liveShard)).toContain(indexKeys.live(keys.slots('t', name)).sweepKey);
        expect(read.map(indexKeys.openShard)).toContain(indexKeys.open(keys.run('t', name)).sweepKey);
      }),
    );
  });

  it('keep the stages and the run of one partition apart in the sweep', () => {
    const sorts = [keys.run('t', 'r'), keys.stage('t', 'r', 0), keys.stage('t', 'r', 1)].map(
      (key) => indexKeys.open(key).sweepSort,
    );
    expect(new Set(sorts).size).toBe(3);
  });
});
