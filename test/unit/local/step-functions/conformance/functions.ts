import { links, type Row } from './row.ts';

const pass = (output: unknown): Record<string, unknown> => ({ P: { Type: 'Pass', Output: output, End: true } });

/** What Step Functions adds to JSONata, and what it takes away. */
export const functionRows: readonly Row[] = [
  {
    rule: '$partition cuts an array into pieces; the last may be shorter.',
    link: links.functions,
    states: pass('{% $partition([1,2,3,4,5,6,7,8,9], 4) %}'),
    expect: { status: 'SUCCEEDED', output: [[1, 2, 3, 4], [5, 6, 7, 8], [9]] },
  },
  {
    rule: '$range includes its end when a step lands on it.',
    link: links.functions,
    states: pass('{% $range(0, 10, 2) %}'),
    expect: { status: 'SUCCEEDED', output: [0, 2, 4, 6, 8, 10] },
  },
  {
    rule: '$range may go down.',
    link: links.functions,
    states: pass('{% $range(3, 1, -1) %}'),
    expect: { status: 'SUCCEEDED', output: [3, 2, 1] },
  },
  {
    rule: '$hash MD5.',
    link: links.functions,
    states: pass("{% $hash('input data', 'MD5') %}"),
    expect: { status: 'SUCCEEDED', output: '812f45842bc6d66ee14572ce20db8e86' },
  },
  {
    rule: '$hash SHA-1 (the value in the documentation of States.Hash).',
    link: links.functions,
    states: pass("{% $hash('input data', 'SHA-1') %}"),
    expect: { status: 'SUCCEEDED', output: 'aaff4a450a104cd177d28d18d74485e8cae074b7' },
  },
  {
    rule: '$hash SHA-256.',
    link: links.functions,
    states: pass("{% $hash('', 'SHA-256') %}"),
    expect: { status: 'SUCCEEDED', output: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  },
  {
    rule: '$hash refuses another algorithm.',
    link: links.functions,
    states: pass("{% $hash('a', 'SHA-3') %}"),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: /D3137: Hash algorithm 'SHA-3' must be one of/,
    },
  },
  {
    rule: '$uuid gives a version 4 UUID.',
    link: links.functions,
    states: pass('{% $contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) %}'),
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: '$random gives a number from 0 to below 1.',
    link: links.functions,
    states: pass('{% ($n := $random(); $n >= 0 and $n < 1) %}'),
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: '$random with a seed gives the same number again.',
    link: links.functions,
    states: pass('{% $random(7) = $random(7) and $random(7) != $random(8) %}'),
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: '$parse reads JSON.',
    link: links.functions,
    states: pass(`{% $parse('{"a":[1,null]}') %}`),
    expect: { status: 'SUCCEEDED', output: { a: [1, null] } },
  },
  {
    rule: '$parse of what is not JSON is an error.',
    link: links.functions,
    states: pass("{% $parse('{a}') %}"),
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: /D3137: Invalid JSON$/ },
  },
  {
    rule: '$string is the way back.',
    link: links.jsonata,
    states: pass('{% $string($states.input) %}'),
    input: { a: [1] },
    expect: { status: 'SUCCEEDED', output: '{"a":[1]}' },
  },
  {
    rule: '$eval does not exist: calling it fails when it is run.',
    link: links.measured,
    states: pass("{% $eval('1') %}"),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: /threw an error during evaluation\. T1006: Attempted to invoke a non-function$/,
    },
  },
  {
    rule: '$millis and $now agree within one expression.',
    link: links.jsonata,
    states: pass('{% $toMillis($now()) = $millis() %}'),
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: '$merge, $map, $filter, $reduce, $sort and $distinct are JSONata’s.',
    link: links.jsonata,
    states: pass(
      "{% {'m': $merge([{'a': 1}, {'b': 2}]), 'map': $map([1,2], function($v, $i) { $v * $i }), 'f': $filter([1,2,3], function($v) { $v > 1 }), 'r': $reduce([1,2,3], function($a, $b) { $a + $b }), 's': $sort([3,1,2]), 'd': $distinct([1,1,2])} %}",
    ),
    expect: {
      status: 'SUCCEEDED',
      output: { m: { a: 1, b: 2 }, map: [0, 2], f: [2, 3], r: 6, s: [1, 2, 3], d: [1, 2] },
    },
  },
  {
    rule: '$now takes a picture and a time zone.',
    link: links.jsonata,
    states: pass(
      "{% $contains($now('[Y0001]-[M01]-[D01] [H01]:[m01] [Z]', '+0100'), /^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d \\+01:00$/) %}",
    ),
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: '$fromMillis and $toMillis convert times.',
    link: links.jsonata,
    states: pass("{% [$fromMillis(0), $toMillis('1970-01-01T00:00:01Z')] %}"),
    expect: { status: 'SUCCEEDED', output: ['1970-01-01T00:00:00.000Z', 1000] },
  },
];
