import { links, type Row } from './row.ts';

const pass = (fields: Record<string, unknown>): Record<string, unknown> => ({
  P: { Type: 'Pass', ...fields, End: true },
});
const undefinedIn = (field: string, source: string, state = 'P'): string =>
  `An error occurred while executing the state '${state}' (entered at the event id #2). The JSONata expression '${source}' specified for the field '${field}' returned nothing (undefined).`;

/** Input, Output, expressions and their failures. */
export const dataFlowRows: readonly Row[] = [
  {
    rule: 'A Pass without Output passes its input on.',
    link: links.pass,
    states: pass({}),
    input: { a: [1, null] },
    expect: {
      status: 'SUCCEEDED',
      output: { a: [1, null] },
      history: ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    },
  },
  {
    rule: 'Output may be any JSON value, without expressions too.',
    link: links.jsonata,
    states: pass({ Output: { n: null, i: 0, f: 0.1, l: [true, {}], s: '$states.input' } }),
    expect: { status: 'SUCCEEDED', output: { n: null, i: 0, f: 0.1, l: [true, {}], s: '$states.input' } },
  },
  {
    rule: 'Output null is an output, not an absent field.',
    link: links.jsonata,
    states: pass({ Output: null }),
    input: { a: 1 },
    expect: { status: 'SUCCEEDED', output: null },
  },
  {
    rule: 'A string is an expression only when {% and %} are its very first and last characters.',
    link: links.jsonata,
    states: pass({ Output: [' {% 1 %}', '{% 1 %} ', 'x {% 1 %}', '{%1%}'] }),
    expect: { status: 'SUCCEEDED', output: [' {% 1 %}', '{% 1 %} ', 'x {% 1 %}', 1] },
  },
  {
    rule: 'Expressions are evaluated at any depth of objects and arrays.',
    link: links.jsonata,
    states: pass({ Output: { a: [{ b: '{% $states.input.x * 2 %}' }] } }),
    input: { x: 21 },
    expect: { status: 'SUCCEEDED', output: { a: [{ b: 42 }] } },
  },
  {
    rule: 'Output may be one expression for the whole value.',
    link: links.jsonata,
    states: pass({ Output: '{% $states.input.x[$ > 1] %}' }),
    input: { x: [1, 2, 3] },
    expect: { status: 'SUCCEEDED', output: [2, 3] },
  },
  {
    rule: 'JSONata unwraps a sequence of one; the [] suffix keeps the array.',
    link: links.jsonata,
    states: pass({ Output: ['{% $states.input.x[$ > 2] %}', '{% $states.input.x[$ > 2][] %}'] }),
    input: { x: [1, 2, 3] },
    expect: { status: 'SUCCEEDED', output: [3, [3]] },
  },
  {
    rule: 'Keys are never evaluated.',
    link: links.jsonata,
    states: pass({ Output: { '{% 1 %}': '{% 1 %}' } }),
    expect: { status: 'SUCCEEDED', output: { '{% 1 %}': 1 } },
  },
  {
    rule: 'An undefined result fails with States.QueryEvaluationError naming expression and field.',
    link: links.errors,
    states: pass({ Output: '{% $states.input.missing %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: undefinedIn('Output', '$states.input.missing'),
      history: ['ExecutionStarted', 'PassStateEntered', 'EvaluationFailed', 'ExecutionFailed'],
    },
  },
  {
    rule: 'The field of an undefined result is its whole path.',
    link: links.errors,
    states: pass({ Output: { a: [0, { b: '{% $nope %}' }] } }),
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: undefinedIn('Output/a[1]/b', '$nope') },
  },
  {
    rule: 'An undefined variable is an undefined result.',
    link: links.variables,
    states: pass({ Assign: { x: '{% $y %}' } }),
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: undefinedIn('Assign/x', '$y') },
  },
  {
    rule: 'An undefined member inside an object that the expression builds is left out, and is no error.',
    link: links.jsonata,
    states: pass({ Output: "{% {'a': $states.input.missing, 'b': 1} %}" }),
    expect: { status: 'SUCCEEDED', output: { b: 1 } },
  },
  {
    rule: 'null is a defined result.',
    link: links.jsonata,
    states: pass({ Output: '{% $states.input.a %}' }),
    input: { a: null },
    expect: { status: 'SUCCEEDED', output: null },
  },
  {
    rule: 'A filter that matches nothing is undefined.',
    link: links.jsonata,
    states: pass({ Output: '{% $states.input.x[$ > 9] %}' }),
    input: { x: [1] },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: undefinedIn('Output', '$states.input.x[$ > 9]'),
    },
  },
  {
    rule: 'A function is not JSON.',
    link: links.errors,
    states: pass({ Output: '{% function($x) { $x } %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression 'function($x) { $x }' specified for the field 'Output' returned an unsupported result type.",
    },
  },
  {
    rule: 'A type error is States.QueryEvaluationError with JSONata’s code.',
    link: links.errors,
    states: pass({ Output: "{% 1 + 'a' %}" }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        /The JSONata expression '1 \+ 'a'' specified for the field 'Output' threw an error during evaluation\. T2002: The right side of the "\+" operator must evaluate to a number/,
    },
  },
  {
    rule: '$error stops with the given message.',
    link: links.errors,
    states: pass({ Output: "{% $error('no such order') %}" }),
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: /D3137: no such order/ },
  },
  {
    rule: '$assert fails when its condition is false.',
    link: links.errors,
    states: pass({ Output: "{% $assert($states.input.n > 3, 'too small') %}" }),
    input: { n: 1 },
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: /D3141: too small/ },
  },
  {
    rule: 'Calling what is no function is an evaluation error.',
    link: links.errors,
    states: pass({ Output: '{% $nothing(1) %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: /T1006: Attempted to invoke a non-function/,
    },
  },
  {
    rule: 'Endless recursion is stopped as an evaluation error.',
    link: links.errors,
    states: pass({ Output: '{% ($f := function($n) { 1 + $f($n) }; $f(1)) %}' }),
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError', cause: /: Stack overflow error: Check for/ },
  },
  {
    rule: '$states.result in a state that has no result is refused at creation.',
    link: links.jsonata,
    states: pass({ Output: '{% $exists($states.result) %}' }),
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /Field '\$states\.result' does not exist\. at \/States\/P\/Output/,
    },
  },
  {
    rule: 'Succeed ends the workflow with its Output.',
    link: links.succeed,
    states: { S: { Type: 'Succeed', Output: { ok: '{% $states.input.n = 1 %}' } } },
    input: { n: 1 },
    expect: {
      status: 'SUCCEEDED',
      output: { ok: true },
      history: ['ExecutionStarted', 'SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded'],
    },
  },
  {
    rule: 'A block with local variables gives its last value.',
    link: links.jsonata,
    states: pass({ Output: '{% ($a := 2; $b := $a * 3; $a + $b) %}' }),
    expect: { status: 'SUCCEEDED', output: 8 },
  },
  {
    rule: 'The input of an execution may be any JSON value.',
    link: links.structure,
    states: pass({ Output: '{% $states.input & "!" %}' }),
    input: 'hi',
    expect: { status: 'SUCCEEDED', output: 'hi!' },
  },
];
