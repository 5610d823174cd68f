import { links, type Row } from './row.ts';

const pass = (source: string): Record<string, unknown> => ({
  P: { Type: 'Pass', Output: `{% ${source} %}`, End: true },
});
const gives = (rule: string, source: string, output: unknown): Row => ({
  rule,
  link: links.measured,
  states: pass(source),
  expect: { status: 'SUCCEEDED', output },
});
const about = (source: string): string =>
  `An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression '${source}' specified for the field 'Output'`;
const failed = (rule: string, source: string, end: string): Row => ({
  rule,
  link: links.measured,
  states: pass(source),
  expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: `${about(source)} ${end}` },
});
const undefinedResult = (rule: string, source: string): Row => failed(rule, source, 'returned nothing (undefined).');
const throws = (rule: string, source: string, message: string): Row =>
  failed(rule, source, `threw an error during evaluation. ${message}`);
const stops = (rule: string, source: string, message: string): Row =>
  failed(rule, source, `threw an error during evaluation: ${message}`);

const memory = 'Expression evaluation memory limit exceeded: Check for excessive memory usage';
const stack =
  'Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive';
const recursion = (depth: number): string => `($f := function($x){ $x <= 0 ? 0 : 1 + $f($x-1) }; $f(${depth}))`;

const unknown = '$randomSeeded($states.input.seed)';

/** The functions of Step Functions with odd arguments, and the bounds of an evaluation, as measured on AWS. */
export const functionEdgeRows: readonly Row[] = [
  {
    ...throws('A function that does not exist is no function.', unknown, 'T1006: Attempted to invoke a non-function'),
    link: links.recorded,
  },
  gives('$partition without a size gives one piece.', '$partition([1,2,3])', [[1, 2, 3]]),
  gives('$partition cuts the fraction off its size.', '$partition([1,2,3,4,5], 2.9)', [[1, 2], [3, 4], [5]]),
  undefinedResult('$partition of nothing is undefined.', '$partition([], 2)'),
  undefinedResult('$partition into pieces of 0 is undefined.', '$partition([1,2,3], 0)'),
  undefinedResult('A size between -1 and 0 is 0.', '$partition([1,2,3], -0.5)'),
  throws(
    '$partition refuses a negative size.',
    '$partition([1,2,3], -1)',
    'D3137: Second argument must be zero or greater',
  ),
  throws(
    '$partition wants an array.',
    '$partition(null, 2)',
    'T0412: Argument 1 of function "partition" must be an array of undefined',
  ),
  gives('$range of one number is that number.', '$range(3, 3, 1)', 3),
  { ...gives('So is one whose step leads beyond its end.', '$range(1, 9, 9)', 1), link: links.recorded },
  { ...gives('$parse of a negative zero is zero.', "$parse('-0')", 0), link: links.recorded },
  gives('$range cuts fractions off.', '$range(1.7, 5, 1)', [1, 2, 3, 4, 5]),
  gives('It cuts them towards zero.', '[$range(-1.7, 2, 1), $range(5, 1, -1.5)]', [-1, 0, 1, 2, 5, 4, 3, 2, 1]),
  undefinedResult('$range with step 0 is undefined.', '$range(1, 5, 0)'),
  undefinedResult('$range in the wrong direction is undefined.', '$range(5, 1, 1)'),
  undefinedResult('$range without a step is undefined.', '$range(1, 5)'),
  throws(
    '$range needs an end.',
    '$range(1)',
    'T0410: Argument 2 of function "range" does not match function signature',
  ),
  gives('$range makes 360,145 numbers.', '$count($range(1, 360145, 1))', 360_145),
  stops('$range makes no more than that.', '$range(1, 360146, 1)', memory),
  gives(
    '$hash SHA-384.',
    "$hash('Hello', 'SHA-384')",
    '3519fe5ad2c596efe3e276a6f351b8fc0b03db861782490d45f7598ebd0ab5fd5520ed102f38c4a5ec834e98668035fc',
  ),
  gives(
    '$hash SHA-512.',
    "$hash('Hello', 'SHA-512')",
    '3615f80c9d293ed7402687f94b22d58e529b8cc7916f8fac7fddf7fbd5af4cf777d3d795a7a00a16bf7e7f3fb9561ee9baae480da9fe7a18769e71886b03f315',
  ),
  gives('$hash takes the bytes of UTF-8.', "$hash('ñ', 'MD5')", '94e9342ecbb1458b6043ecd3bfcbc192'),
  undefinedResult('$hash without an algorithm is undefined.', "$hash('Hello')"),
  throws(
    '$hash wants its algorithm as it is written.',
    "$hash('Hello', 'md5')",
    "D3137: Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5",
  ),
  throws(
    '$hash wants a string.',
    "$hash(42, 'MD5')",
    'T0410: Argument 1 of function "hash" does not match function signature',
  ),
  throws(
    '$uuid takes no argument.',
    "$uuid('a')",
    'T0410: Argument 1 of function "uuid" does not match function signature',
  ),
  gives(
    '$random with a seed draws as java.util.Random does.',
    '[$random(42), $random(0), $random(7)]',
    [0.7275636800328681, 0.730967787376657, 0.7306990420600421],
  ),
  gives('$random cuts the fraction off its seed.', '$random(0.9) = $random(0)', true),
  gives('$parse of null is null and no absence.', "$exists($parse('null'))", true),
  undefinedResult('$parse of nothing is undefined.', '$parse()'),
  throws(
    '$parse wants a string.',
    '$parse(null)',
    'T0410: Argument 1 of function "parse" does not match function signature',
  ),
  throws('$parse refuses an empty text.', "$parse('  ')", 'D3137: Invalid JSON'),
  throws('$parse refuses a second document.', "$parse('[1,2] [3,4]')", 'D3137: Invalid JSON'),
  throws('$parse refuses a repeated field.', `$parse('{"a":1,"a":2}')`, 'D3137: Invalid JSON'),
  throws('$parse refuses a number beyond a double.', "$parse('1e400')", 'D3137: Invalid JSON'),
  gives('$parse takes the same name in two objects.', `$parse('[{"a":{"a":1}},{"a":"{:}"}]')`, [
    { a: { a: 1 } },
    { a: '{:}' },
  ]),
  gives('$parse may be handed to another function.', `$map(['{"a":1}', '{"a":2}'], $parse).a`, [1, 2]),
  gives('$string writes whole numbers out below 1e21.', '[$string(1e20), $string(1e21)]', [
    '100000000000000000000',
    '1e+21',
  ]),
  gives('A number that is not finite becomes its name.', "[1/0, -1/0, {'k': 0/0}]", [
    'Infinity',
    '-Infinity',
    { k: 'NaN' },
  ]),
  gives('So it does alone.', '1/0', 'Infinity'),
  gives('$parseInteger gives NaN for a text that its picture cannot read.', "$parseInteger('abc', '0')", 'NaN'),
  throws('A bad square root.', '$sqrt(-1)', 'D3060: The sqrt function cannot be applied to a negative number: -1'),
  throws(
    'A bad count of parts.',
    "$split('a','b',-1)",
    'D3020: Third argument of split function must evaluate to a positive number',
  ),
  throws(
    'A comparison across types names operator and values.',
    "1 < 'a'",
    'T2009: The values 1 and "a" either side of operator "<" must be of the same data type',
  ),
  throws(
    'A number picture without a digit.',
    "$formatNumber(1, 'x')",
    'D3086: The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character',
  ),
  gives('A sum may have 100 terms.', `1${'+1'.repeat(99)}`, 100),
  stops('A sum may not have 101 terms.', `1${'+1'.repeat(100)}`, stack),
  gives('99 brackets may be nested.', `$type(${'('.repeat(98)}1${')'.repeat(98)})`, 'number'),
  stops('100 may not.', `${'('.repeat(100)}1${')'.repeat(100)}`, stack),
  gives('A function may call itself 31 times deep.', recursion(31), 31),
  stops('It may not 32 times.', recursion(32), stack),
  gives('A sequence may have 873,782 numbers.', '[1..873782] ~> $count()', 873_782),
  stops(
    'A string that doubles and doubles is refused.',
    "($p := function($s, $n) { $n = 0 ? $s : $p($s & $s, $n - 1) }; $length($p('x', 31)))",
    memory,
  ),
  stops('One more is refused.', '[1..873783] ~> $count()', memory),
];
