import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../examples/code-review/analysers/finding.ts';
import { buildReport, ReviewReport } from '../../../../examples/code-review/analysers/report/build-report.ts';
import { mergeFindings } from '../../../../examples/code-review/analysers/report/merge-findings.ts';
import { recommend } from '../../../../examples/code-review/analysers/report/recommend.ts';
import { renderReport } from '../../../../examples/code-review/analysers/report/render-report.ts';

function finding(part: Partial<Finding>): Finding {
  return { rule: 'style/no-var', severity: 'low', file: 'src/a.ts', line: 1, message: 'm', agent: 'style', ...part };
}

const sample: Finding[] = [
  finding({ line: 4 }),
  finding({
    rule: 'security/dynamic-code',
    severity: 'critical',
    line: 9,
    agent: 'security',
    message: 'eval runs text',
  }),
  finding({ rule: 'complexity/cyclomatic', severity: 'medium', file: 'src/b.ts', line: 2, agent: 'complexity' }),
];

describe('mergeFindings', () => {
  it('keeps one of several findings of a topic on a line: the gravest', () => {
    const merged = mergeFindings([
      finding({ rule: 'security/sql-injection', severity: 'high', line: 3 }),
      finding({ rule: 'security/command-injection', severity: 'critical', line: 3 }),
      finding({ rule: 'security/sql-injection', severity: 'high', line: 3 }),
      finding({ rule: 'security/sql-injection', severity: 'high', line: 4 }),
    ]);
    expect(merged.map(({ rule, line }) => [rule, line])).toEqual([
      ['security/command-injection', 3],
      ['security/sql-injection', 4],
    ]);
  });

  it('keeps two different secrets of one line', () => {
    const secret = { rule: 'security/hardcoded-secret', severity: 'critical' } as const;
    expect(
      mergeFindings([finding({ ...secret, evidence: 'ghp_…' }), finding({ ...secret, evidence: 'AKIA…' })]),
    ).toHaveLength(2);
  });

  it('ranks by severity, then by how sure the rule is', () => {
    const rules = mergeFindings([
      finding({ rule: 'security/hardcoded-secret', severity: 'critical', line: 1 }),
      finding({ rule: 'syntax/parse-error', severity: 'critical', line: 2 }),
      finding({ severity: 'info' }),
      finding({ rule: 'security/dynamic-code', severity: 'critical', line: 3 }),
    ]).map((each) => each.rule);
    expect(rules).toEqual(['syntax/parse-error', 'security/dynamic-code', 'security/hardcoded-secret', 'style/no-var']);
  });

  it('answers the same for every order of the input and for its own result', () => {
    const any = fc.record({
      rule: fc.constantFrom(
        'style/no-var',
        'security/sql-injection',
        'security/command-injection',
        'complexity/cyclomatic',
      ),
      severity: fc.constantFrom('critical', 'high', 'low'),
      file: fc.constantFrom('a.ts', 'b.ts'),
      line: fc.integer({ min: 1, max: 3 }),
      message: fc.constantFrom('x', 'y'),
      agent: fc.constantFrom('s', 't'),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (findings) => {
        const merged = mergeFindings(findings);
        expect(mergeFindings(findings.toReversed())).toEqual(merged);
        expect(mergeFindings(merged)).toEqual(merged);
      }),
    );
  });
});

describe('recommend', () => {
  it('makes one piece of work of each rule, the gravest first', () => {
    const recommendations = recommend([...sample, finding({ file: 'src/c.ts' })]);
    expect(recommendations.map(({ rule, priority }) => [rule, priority])).toEqual([
      ['security/dynamic-code', 1],
      ['complexity/cyclomatic', 2],
      ['style/no-var', 3],
    ]);
    expect(recommendations[2]).toMatchObject({
      occurrences: 2,
      effort: 'small',
      effortMinutes: 4,
      files: ['src/a.ts', 'src/c.ts'],
    });
  });

  it('has nothing to say about nothing', () => {
    expect(recommend([])).toEqual([]);
  });
});

describe('buildReport', () => {
  it('counts what it lists and follows its schema', () => {
    const report = buildReport({ findings: [...sample, ...sample], recommendations: recommend(sample), files: 7 });
    expect(ReviewReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report.summary).toEqual({
      bySeverity: { critical: 1, high: 0, medium: 1, low: 1, info: 0 },
      byRule: { 'security/dynamic-code': 1, 'complexity/cyclomatic': 1, 'style/no-var': 1 },
      findings: 3,
      files: 7,
      filesWithFindings: 2,
    });
  });
});

describe('renderReport', () => {
  const report = buildReport({
    findings: sample,
    recommendations: recommend(sample),
    files: 7,
    skipped: [{ path: 'a.png', reason: 'binary' }],
    notAnalysed: [{ path: 'a.py', language: 'Python' }],
  });

  it('shows each finding with file and line, grave ones first, without colour unless asked', () => {
    const text = renderReport(report);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('Reviewed 7 files: 3 findings in 2 files (1 critical, 1 medium, 1 low)');
    expect(text.indexOf('src/a.ts:9')).toBeLessThan(text.indexOf('src/b.ts:2'));
    expect(text.indexOf('src/b.ts:2')).toBeLessThan(text.indexOf('src/a.ts:4'));
    expect(text).toContain('language not analysed: Python (1)');
    expect(renderReport(report, { color: true })).toContain('\u001b[1;31mCRITICAL (1)\u001b[0m');
  });

  it('keeps lines within the width, save for a path that is longer', () => {
    const long = finding({ message: 'word '.repeat(80).trim() });
    const text = renderReport(buildReport({ findings: [long], recommendations: [], files: 1 }), { width: 60 });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it('counts what it leaves out', () => {
    const many = Array.from({ length: 30 }, (_each, at) => finding({ line: at + 1 }));
    expect(renderReport(buildReport({ findings: many, recommendations: [], files: 1 }))).toContain(
      '… and 18 more of style/no-var',
    );
  });

  it('passes no control characters of a file on to the terminal', () => {
    const evil = finding({ message: 'a\u001b[2Jb', file: 'src/\u0007a.ts' });
    const text = renderReport(buildReport({ findings: [evil], recommendations: [], files: 1 }));
    expect(text).toContain('src/ a.ts:1');
    expect(text).not.toContain('\u001b');
  });

  it('says so when there is nothing', () => {
    expect(renderReport(buildReport({ findings: [], recommendations: [], files: 2 }))).toBe(
      'Reviewed 2 files: no findings\n',
    );
  });
});
