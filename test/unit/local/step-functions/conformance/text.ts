import { links, type Row } from './row.ts';

const pass = (output: unknown): Record<string, unknown> => ({ P: { Type: 'Pass', Output: output, End: true } });

/** Escapes and regular expressions in JSONata. */
export const textRows: readonly Row[] = [
  {
    rule: 'A literal " in Output stays one character.',
    link: links.recorded,
    states: {
      P: { Type: 'Pass', Output: '"', Next: 'Check' },
      Check: { Type: 'Pass', Output: "{% $states.input = '\"' %}", End: true },
    },
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: 'Escapes inside a JSONata string follow JSON.',
    link: links.jsonata,
    states: pass("{% 'a\\nb\\t\\u0041\\\\' %}"),
    expect: { status: 'SUCCEEDED', output: 'a\nb\tA\\' },
  },
  {
    rule: 'Double quotes may delimit a JSONata string.',
    link: links.jsonata,
    states: pass('{% "it\'s" %}'),
    expect: { status: 'SUCCEEDED', output: "it's" },
  },
  {
    rule: 'An unknown escape is refused at creation.',
    link: links.jsonata,
    states: pass("{% '\\q' %}"),
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /INVALID_JSONATA_EXPRESSION: Unsupported escape sequence: .* at \/States\/P\/Output/,
    },
  },
  {
    rule: 'Backquotes quote a name with other characters.',
    link: links.jsonata,
    states: pass('{% $states.input.`a b`.`c-d` %}'),
    input: { 'a b': { 'c-d': 5 } },
    expect: { status: 'SUCCEEDED', output: 5 },
  },
  {
    rule: '$contains takes a regular expression.',
    link: links.recorded,
    states: pass("{% $contains('2024-01-31', /^\\d{4}-\\d{2}-\\d{2}$/) %}"),
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: 'A regular expression that does not match is false, not undefined.',
    link: links.recorded,
    states: pass('{% $contains("abc", /^x/) %}'),
    expect: { status: 'SUCCEEDED', output: false },
  },
  {
    rule: '$match gives match, index and groups.',
    link: links.jsonata,
    states: pass("{% $match('ab12', /([a-z]+)(\\d+)/) %}"),
    expect: { status: 'SUCCEEDED', output: { match: 'ab12', index: 0, groups: ['ab', '12'] } },
  },
  {
    rule: '$replace fills in groups.',
    link: links.jsonata,
    states: pass("{% $replace('john smith', /(\\w+)\\s(\\w+)/, '$2, $1') %}"),
    expect: { status: 'SUCCEEDED', output: 'smith, john' },
  },
  {
    rule: 'The flag i ignores case.',
    link: links.jsonata,
    states: pass("{% $split('aXbxc', /x/i) %}"),
    expect: { status: 'SUCCEEDED', output: ['a', 'b', 'c'] },
  },
  {
    rule: 'A pattern that matches nothing of no length is an evaluation error.',
    link: links.jsonata,
    states: pass("{% $split('abc', /x*/) %}"),
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: /D1004/ },
  },
  {
    rule: 'An empty regular expression is refused at creation.',
    link: links.jsonata,
    states: pass("{% $contains('a', //) %}"),
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /Empty regular expressions are not allowed/ },
  },
  {
    rule: 'A regular expression alone is a function and no result.',
    link: links.errors,
    states: pass('{% /a/ %}'),
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: /returned an unsupported result type/ },
  },
  {
    rule: 'Unicode beyond the basic plane is kept.',
    link: links.jsonata,
    states: pass("{% $uppercase('é') & '😀' %}"),
    expect: { status: 'SUCCEEDED', output: 'É😀' },
  },
];
