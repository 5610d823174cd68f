import { describe, expect, it } from 'vitest';
import { expectedFailures } from '#test/deploy/expected-failures.ts';
import { judge, type Outcome, type StepName } from '#test/deploy/judge.ts';
import { steps } from '#test/deploy/steps.ts';

const needed: StepName = { id: 'needed', title: 'it deploys', isRequired: true };
const optional: StepName = { id: 'optional', title: 'it shines', isRequired: false };
const both = [needed, optional];
const reason = 'The other implementation knows no shine at all.';
const passes = (step: StepName): Outcome => ({ step, seconds: 1 });
const fails = (step: StepName): Outcome => ({ step, seconds: 1, error: 'dull' });

const counts = (...parameters: Parameters<typeof judge>) => {
  const { passed, failed, skipped } = judge(...parameters);
  return { passed, failed, skipped };
};

describe('judge', () => {
  it('counts what passes and what fails', () => {
    expect(counts(both, [passes(needed), fails(optional)], [])).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('counts an expected failure as skipped and says why', () => {
    const verdict = judge(both, [passes(needed), fails(optional)], [{ step: 'optional', reason }]);
    expect(verdict).toMatchObject({ passed: 1, failed: 0, skipped: 1 });
    expect(verdict.lines.join('\n')).toContain(reason);
  });

  it('fails when an expected failure passes', () => {
    const verdict = judge(both, both.map(passes), [{ step: 'optional', reason }]);
    expect(verdict).toMatchObject({ passed: 1, failed: 1, skipped: 0 });
  });

  it.each([
    ['names no step', { step: 'gone', reason }],
    ['has no reason', { step: 'optional', reason: ' ' }],
    ['excuses a step that must pass', { step: 'needed', reason }],
  ])('fails for an entry that %s', (_what, entry) => {
    expect(judge(both, [fails(needed), fails(optional)], [entry]).failed).toBeGreaterThan(1);
  });
});

describe('the list of expected failures', () => {
  it('excuses no step without which the check says nothing', () => {
    const required = steps.filter(({ isRequired }) => isRequired).map(({ id }) => id);
    for (const id of ['deploy', 'connect', 'submit-over-sockets', 'one-stage-run', 'event-run', 'redeploy', 'destroy'])
      expect(required).toContain(id);
    expect(expectedFailures.filter(({ step }) => required.includes(step))).toEqual([]);
  });
});
