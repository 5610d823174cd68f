import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANALYSERS } from '../../../../examples/code-review/analysers/analysers.ts';
import { analyseComplexity } from '../../../../examples/code-review/analysers/complexity/analyse-complexity.ts';
import { unsupportedLanguage } from '../../../../examples/code-review/analysers/file-kind.ts';
import { LineIndex } from '../../../../examples/code-review/analysers/line-index.ts';
import { analyseSecurity } from '../../../../examples/code-review/analysers/security/analyse-security.ts';
import { analyseStyle } from '../../../../examples/code-review/analysers/style/analyse-style.ts';
import { analyseSyntax } from '../../../../examples/code-review/analysers/syntax/analyse-syntax.ts';
import { locateJsonError } from '../../../../examples/code-review/analysers/syntax/locate-json-error.ts';
import { analyseTests } from '../../../../examples/code-review/analysers/test-reach/analyse-tests.ts';

function branches(count: number): string {
  return `export function f(a) {\n${Array.from({ length: count }, (_each, at) => `  if (a === ${at}) return ${at};`).join('\n')}\n}\n`;
}

describe('analyseComplexity', () => {
  it('passes a function of exactly 15 and reports 16 with the measured value', () => {
    expect(analyseComplexity([{ path: 'a.js', text: branches(14) }])).toEqual([]);
    const [finding] = analyseComplexity([{ path: 'a.js', text: branches(15) }]);
    expect(finding).toMatchObject({ line: 1, endLine: 17, severity: 'medium' });
    expect(finding?.message).toContain('Function f has a cyclomatic complexity of 16 (limit 15)');
  });
});

describe('analyseSyntax', () => {
  it('locates the error after characters outside the basic plane', () => {
    const text = `const smile = '😀😀😀';\nconst é = '\u{1F600}';\nconst broken = ;\n`;
    expect(analyseSyntax([{ path: 'a.ts', text }])).toMatchObject([{ line: 3, severity: 'critical' }]);
  });

  it('reports a file that cannot be read without stopping at it', () => {
    const files = [
      { path: 'src/broken.ts', text: 'export function (' },
      { path: 'src/a.ts', text: 'export function f(a: string) {\n  return eval(a) == 1;\n}\n' },
    ];
    expect(analyseSyntax(files).map((finding) => finding.file)).toEqual(['src/broken.ts']);
    expect(analyseSecurity(files)).toMatchObject([{ file: 'src/a.ts', line: 2, rule: 'security/dynamic-code' }]);
    expect(analyseStyle(files)).toMatchObject([{ file: 'src/a.ts', line: 2 }]);
    expect(analyseTests(files)).toMatchObject([{ file: 'src/a.ts', line: 1 }]);
  });
});

describe('locateJsonError', () => {
  it('agrees with JSON.parse on every JSON value and on every cut of it', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', ']', '"', ':', ' ', '1', 'a'),
        (json, at, inserted) => {
          const cut = at % (json.length + 1);
          for (const text of [json, json.slice(0, cut), json.slice(0, cut) + inserted + json.slice(cut)]) {
            expect([text, locateJsonError(text) === undefined]).toEqual([text, isJson(text)]);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds the place', () => {
    expect(locateJsonError('{"a": 1,}')).toMatchObject({ offset: 8 });
    expect(locateJsonError('[1 2]')).toMatchObject({ offset: 3 });
    expect(locateJsonError('')).toMatchObject({ offset: 0 });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('analyseSecurity', () => {
  it('rates what comes from a request or the command line as critical', () => {
    const at = (code: string): string | undefined => analyseSecurity([{ path: 'src/a.js', text: code }])[0]?.severity;
    expect(at('export const f = (req) => eval(req.query.q);')).toBe('critical');
    expect(at('console.log(eval(process.argv[2]));')).toBe('critical');
    expect(at('export const f = (rows) => eval(rows);')).toBe('high');
  });

  it('reads secrets of a language that it does not parse', () => {
    const files = [{ path: 'tool/a.py', text: 'import os\n\ndb_password = "vX9-mK2-pL7qR"\n' }];
    expect(analyseSecurity(files)).toMatchObject([{ line: 3, rule: 'security/hardcoded-secret' }]);
    expect(unsupportedLanguage('tool/a.py')).toBe('Python');
  });
});

describe('every analyser', () => {
  it.each(Object.entries(ANALYSERS))('%s answers any text under any name without throwing', (_name, analyse) => {
    const names = [
      'a.ts',
      'a.tsx',
      'a.js',
      'a.d.ts',
      'a.json',
      'package.json',
      'tsconfig.json',
      '.env',
      'a.py',
      'test/a.test.js',
    ];
    const pieces = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '`',
      '${',
      '"',
      '\n',
      'eval',
      'import',
      ' from ',
      '"./a"',
      'class',
      '=>',
      '=',
      ';',
      '/',
      '*',
      '<a>',
      'é😀',
      '\u0000',
      '\u2028',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.oneof(pieces, fc.string()), { maxLength: 40 }),
        (path, parts) => {
          const text = parts.join('');
          const lineCount = text.split('\n').length;
          for (const finding of analyse([{ path, text }])) expect(finding.line).toBeLessThanOrEqual(lineCount);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['brackets', '['.repeat(60_000)],
    ['parentheses', `x = ${'('.repeat(60_000)}1${')'.repeat(60_000)}`],
    ['conditions', 'if(a)'.repeat(60_000)],
    ['conditional expressions', `x = ${'b?1:'.repeat(60_000)}1`],
    ['templates', '`${'.repeat(60_000)],
    ['arrow functions', `x = ${'a=>'.repeat(60_000)}1`],
    ['type arguments', `type A = ${'B<'.repeat(60_000)}`],
    ['alternatives', `if(a){}${' else if(a){}'.repeat(30_000)}`],
    ['sums', `x = ${'1+'.repeat(20_000)}1`],
  ])('survives %s nested beyond what the parser does', (_name, text) => {
    const files = [{ path: 'src/a.ts', text: `const a = 1;\n${text}` }];
    const findings = Object.values(ANALYSERS).flatMap((analyse) => analyse(files));
    expect(findings.every((finding) => finding.line <= 2)).toBe(true);
  });
});

describe('LineIndex', () => {
  it('agrees with counting line breaks and never leaves the text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', '\n', '\r\n', 'é')), fc.nat(60), (parts, offset) => {
        const text = parts.join('');
        const lines = new LineIndex(text);
        const line = lines.lineAt(offset);
        const breaks = text.slice(0, offset).split('\n').length;
        expect(line).toBe(Math.min(breaks, lines.lineCount));
        expect(lines.lineCount).toBe(Math.max(1, text.replace(/\n$/, '').split('\n').length));
      }),
    );
  });
});
