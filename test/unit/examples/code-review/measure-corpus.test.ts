import { describe, expect, it } from 'vitest';
import { ANALYSERS } from '../../../../examples/code-review/analysers/analysers.ts';
import { Finding } from '../../../../examples/code-review/analysers/finding.ts';
import { loadCorpus } from '../../../../examples/code-review/corpus/load-corpus.ts';
import { measureCorpus } from '../../../../examples/code-review/corpus/measure-corpus.ts';

const cases = loadCorpus();
const scores = measureCorpus(cases);

describe('the labelled corpus', () => {
  it('holds at least 40 true and 40 look-alike snippets', () => {
    expect(cases.filter((each) => each.lines.length > 0).length).toBeGreaterThanOrEqual(40);
    expect(cases.filter((each) => each.lines.length === 0).length).toBeGreaterThanOrEqual(40);
  });

  it('has true and look-alike snippets of every rule', () => {
    const poor = scores.filter((score) => score.trueCases < 5 || score.alikeCases < 5);
    expect(poor.map((score) => score.rule)).toEqual([]);
  });

  it.each(scores)('shows that $rule finds and spares at least 95 of 100', (score) => {
    const passes = score.precision >= 0.95 && score.recall >= 0.95;
    expect(passes ? [] : score.misses).toEqual([]);
  });

  it('counts a finding that is not expected and an expectation that is not found', () => {
    // Prepare
    const files = [{ path: 'src/a.js', text: 'export const f = (a) => eval(a);\n' }];
    const wrong = { rule: 'security/dynamic-code', name: 'mislabelled', lines: [], files };
    const missing = { rule: 'security/dynamic-code', name: 'elsewhere', lines: [2], files };
    // Act
    const [score] = measureCorpus([wrong, missing]);
    // Assess
    expect(score).toMatchObject({ precision: 0, recall: 0 });
    expect(score?.misses).toHaveLength(3);
  });
});

describe('every analyser', () => {
  it.each(Object.entries(ANALYSERS))('%s points at lines that exist and follows the schema', (name, analyse) => {
    for (const { files } of cases) {
      for (const finding of analyse(files)) {
        expect(Finding.parse(finding).agent).toBe(name);
        const lines = files.find((file) => file.path === finding.file)?.text.split('\n').length ?? 0;
        expect(finding.line).toBeLessThanOrEqual(lines);
        expect(finding.endLine ?? finding.line).toBeLessThanOrEqual(lines);
        expect(finding.endLine ?? finding.line).toBeGreaterThanOrEqual(finding.line);
      }
    }
  });

  it.each(Object.entries(ANALYSERS))('%s never repeats a credential in full', (_name, analyse) => {
    const secret = ['ghp', '9sKd72LqXvTz4RmWbYcN8pHj3FgA6eUi1oEw'].join('_');
    const files = [{ path: 'src/a.js', text: `export const token = '${secret}';\nexport const f = (a) => eval(a);\n` }];
    expect(JSON.stringify(analyse(files))).not.toContain(secret.slice(0, 12));
  });
});
