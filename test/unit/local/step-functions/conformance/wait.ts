import { links, type Row } from './row.ts';

const wait = (fields: Record<string, unknown>): Record<string, unknown> => ({
  W: { Type: 'Wait', ...fields, End: true },
});
const inW = (detail: string): string =>
  `An error occurred while executing the state 'W' (entered at the event id #2). ${detail}`;
const waited = ['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded'];
const failed = ['ExecutionStarted', 'WaitStateEntered', 'EvaluationFailed', 'ExecutionFailed'];
const badTimestamp = (text: string): Row => ({
  rule: `A computed Timestamp '${text}' is no ISO-8601 date-time with an offset.`,
  link: links.recorded,
  states: wait({ Timestamp: '{% $states.input.at %}' }),
  input: { at: text },
  expect: {
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    cause: inW(`The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`),
    history: failed,
  },
});
const badLiteral = (text: string): Row => ({
  rule: `A literal Timestamp '${text}' is refused at creation.`,
  link: links.recorded,
  states: wait({ Timestamp: text }),
  expect: {
    status: 'INVALID',
    error: 'InvalidDefinition',
    cause:
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/W/Timestamp'",
  },
});
const goodTimestamp = (text: string): Row => ({
  rule: `A computed Timestamp '${text}' is read.`,
  link: links.recorded,
  states: wait({ Timestamp: '{% $states.input.at %}' }),
  input: { at: text },
  expect: { status: 'SUCCEEDED', output: { at: text }, history: waited },
});

/** Wait. */
export const waitRows: readonly Row[] = [
  {
    rule: 'Wait passes its input on after Seconds.',
    link: links.wait,
    states: wait({ Seconds: 86_400 }),
    input: { a: 1 },
    expect: { status: 'SUCCEEDED', output: { a: 1 }, history: waited },
  },
  {
    rule: 'Seconds may be computed.',
    link: links.wait,
    states: wait({ Seconds: '{% $states.input.s * 2 %}', Output: 'done' }),
    input: { s: 30 },
    expect: { status: 'SUCCEEDED', output: 'done' },
  },
  { rule: 'Seconds 0 does not wait.', link: links.wait, states: wait({ Seconds: 0 }), expect: { status: 'SUCCEEDED' } },
  {
    rule: 'The wait really passes.',
    link: links.wait,
    states: {
      T: { Type: 'Pass', Assign: { t: '{% $millis() %}' }, Next: 'W' },
      W: { Type: 'Wait', Seconds: 90, Next: 'E' },
      E: { Type: 'Pass', Output: '{% $millis() - $t %}', End: true },
    },
    expect: { status: 'SUCCEEDED', output: 90_000 },
  },
  {
    rule: 'Wait assigns.',
    link: links.wait,
    states: {
      W: { Type: 'Wait', Seconds: 1, Assign: { x: 5 }, Next: 'E' },
      E: { Type: 'Pass', Output: '{% $x %}', End: true },
    },
    expect: { status: 'SUCCEEDED', output: 5 },
  },
  {
    rule: 'A literal Timestamp in the past does not wait.',
    link: links.wait,
    states: wait({ Timestamp: '2016-12-05T21:29:29Z' }),
    expect: { status: 'SUCCEEDED', history: waited },
  },
  {
    rule: 'A literal Timestamp may have a fraction and an offset.',
    link: links.recorded,
    states: wait({ Timestamp: '2016-12-05T21:29:29.123456789+01:00' }),
    expect: { status: 'SUCCEEDED' },
  },
  goodTimestamp('2016-12-05T21:29:29Z'),
  goodTimestamp('2016-12-05T21:29:29.000000Z'),
  goodTimestamp('2016-12-05T21:29:29.123456789Z'),
  goodTimestamp('2016-12-05T21:29:29-05:00'),
  goodTimestamp('2099-01-01T00:00:00Z'),
  badTimestamp('2016-12-05 21:29:29Z'),
  badTimestamp('2016-12-05T21:29:29'),
  badTimestamp('2016-13-05T21:29:29Z'),
  badTimestamp('2016-02-30T21:29:29Z'),
  badTimestamp('2016-12-05T25:29:29Z'),
  badTimestamp('05-12-2016T21:29:29Z'),
  badTimestamp('2016-12-05'),
  badTimestamp('tomorrow'),
  badTimestamp(''),
  badLiteral('2016-12-05 21:29:29Z'),
  badLiteral('2016-12-05T21:29:29'),
  badLiteral('2016-13-05T21:29:29Z'),
  badLiteral('2016-12-05T25:29:29Z'),
  badLiteral('05-12-2016T21:29:29Z'),
  {
    rule: 'A computed Timestamp must be a string.',
    link: links.errors,
    states: wait({ Timestamp: '{% 1 %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inW(
        "The JSONata expression '1' specified for the field 'Timestamp' returned an unexpected result type. Expected 'string', but was 'number' for value: 1",
      ),
    },
  },
  {
    rule: 'Undefined Seconds fail the state.',
    link: links.errors,
    states: wait({ Seconds: '{% $states.input.missing %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inW(
        "The JSONata expression '$states.input.missing' specified for the field 'Seconds' returned nothing (undefined).",
      ),
      history: failed,
    },
  },
  {
    rule: 'Computed Seconds must be a number.',
    link: links.errors,
    states: wait({ Seconds: '{% $states.input.s %}' }),
    input: { s: '5' },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inW(
        "The JSONata expression '$states.input.s' specified for the field 'Seconds' returned an unexpected result type. Expected 'number', but was 'string' for value: \"5\"",
      ),
    },
  },
  {
    rule: 'Computed Seconds must be whole.',
    link: links.errors,
    states: wait({ Seconds: '{% 1.5 %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inW('The Seconds field cannot be parsed as an integer: 1.5'),
    },
  },
  {
    rule: 'Computed Seconds must not be negative.',
    link: links.errors,
    states: wait({ Seconds: '{% -1 %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inW('Seconds must be between 0 and 99999999 but was: -1'),
    },
  },
  {
    rule: 'Literal Seconds must not be negative.',
    link: links.wait,
    states: wait({ Seconds: -1 }),
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /at \/States\/W\/Seconds/ },
  },
  {
    rule: 'Wait needs exactly one of Seconds and Timestamp.',
    link: links.wait,
    states: wait({ Seconds: 1, Timestamp: '2016-12-05T21:29:29Z' }),
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /Exactly one of 'Seconds' and 'Timestamp' is required at \/States\/W/,
    },
  },
  {
    rule: 'SecondsPath belongs to JSONPath.',
    link: links.jsonata,
    states: wait({ SecondsPath: '$.s' }),
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /field 'SecondsPath' is only supported for the 'JSONPath' QueryLanguage at \/States\/W'/,
    },
  },
];
