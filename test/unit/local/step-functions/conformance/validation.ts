import { links, type Row } from './row.ts';

const ok = { Type: 'Pass', End: true };
const invoke = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke' };
const processor = { StartAt: 'I', States: { I: ok } };

function refused(problems: string): Row['expect'] {
  return { status: 'INVALID', error: 'InvalidDefinition', cause: `Invalid State Machine Definition: '${problems}'` };
}

const machine = (states: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}): unknown => ({
  StartAt: Object.keys(states)[0],
  States: states,
  ...more,
});

const unparsable: readonly Row[] = [
  ['phone[1,2)', 'Expected "]", got ","'],
  ['"unterminated', 'String literal must be terminated by a matching quote'],
  ['1 +', 'Unexpected end of expression'],
  ['{"a":}', 'The symbol "}" cannot be used as a unary operator'],
  ['$x :=', 'Unexpected end of expression'],
  ['$match("a", /abc', 'No terminating / in regular expression'],
  ['phone %.other', 'The symbol "." cannot be used as a unary operator'],
  ['', 'Unexpected end of expression'],
].map(([expression = '', message = '']) => ({
  rule: `The parser’s sentence for \`${expression}\` is the refusal.`,
  link: links.measured,
  states: { E: { Type: 'Pass', Output: { v: `{% ${expression} %}` }, End: true } },
  expect: refused(`INVALID_JSONATA_EXPRESSION: ${message} at /States/E/Output/v`),
}));

const named: readonly Row[] = [
  'phone',
  'phone[0].number',
  '-phone',
  '$states.input.a ? phone : 2',
  "phone & 'x'",
  'phone in $states.input.b',
  '$sum(phone)',
  'phone(1)',
  'phone ~> $string()',
  '[1..phone]',
  '(phone).other',
  '[phone].other',
  '{phone: 1}',
  '($x := phone; $x)',
  '$map($states.input.a, function($y){ phone })',
  '$count(phone[inner])',
  'phone.**.deeper',
].map((expression) => ({
  rule: `There is no context item: \`${expression}\` names a field of it.`,
  link: links.measured,
  states: { E: { Type: 'Pass', Output: { v: `{% ${expression} %}` }, End: true } },
  expect: refused(
    "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/E/Output/v",
  ),
}));

/** Each reads a name in a context that an earlier step gave; the outputs follow from the input. */
const anchoredExpressions: readonly (readonly [expression: string, output: unknown])[] = [
  ['$states.input.items[phone > 3]', { phone: 4 }],
  ['$states.input.items^(phone).phone', [1, 4]],
  ['$states.input.items.(phone)', [4, 1]],
  ["$states.input.items{'k': $sum(phone)}", { k: 5 }],
  ['$map($states.input.items, function($x){ $x.phone })', [4, 1]],
  ["{'phone': 1}.phone", 1],
  ['$states.input.items[$.phone = 1].phone', 1],
];

const anchored: readonly Row[] = anchoredExpressions.map(([expression, output]) => ({
  rule: `A name that a path, predicate, sort, group or parameter gives a context is accepted: \`${expression}\`.`,
  link: links.measured,
  states: { E: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } },
  input: { items: [{ phone: 4 }, { phone: 1 }] },
  expect: { status: 'SUCCEEDED', output },
}));

const references: readonly Row[] = [
  {
    rule: 'The context item itself is refused as $.',
    link: links.measured,
    states: { E: { ...ok, Output: { v: '{% $.phone %}' } } },
    expect: refused(
      "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$' at the top level is not supported. at /States/E/Output/v",
    ),
  },
  {
    rule: 'The root of the context is refused in words of its own.',
    link: links.measured,
    states: { Main: { ...ok, Output: '{% $$ %}' } },
    expect: refused("UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported. at /States/Main/Output"),
  },
  {
    rule: 'Each distinct name of one field is a problem of its own, in the order written.',
    link: links.measured,
    states: { E: { ...ok, Output: { a: { b: ['{% bbb + aaa + bbb %}'] } } } },
    expect: refused(
      ['bbb', 'aaa']
        .map(
          (name) =>
            `UNSUPPORTED_JSONATA_EXPRESSION: Reference to '${name}' at the top level is not supported. at /States/E/Output/a/b[0]`,
        )
        .join(', '),
    ),
  },
  {
    rule: '$states.errorOutput exists in a Catch only.',
    link: links.measured,
    states: { Main: { ...ok, Output: '{% $states.errorOutput.Cause %}' } },
    expect: refused(
      "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist. at /States/Main/Output",
    ),
  },
  {
    rule: 'A Choice’s rule is named by its index.',
    link: links.measured,
    states: { C: { Type: 'Choice', Choices: [{ Condition: '{% phone = 1 %}', Next: 'E' }], Default: 'E' }, E: ok },
    expect: refused(
      "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/C/Choices[0]/Condition",
    ),
  },
  {
    rule: 'A member of Assign is an expression, whatever its name.',
    link: links.measured,
    states: { E: { ...ok, Assign: { Next: '{% phone %}' } } },
    expect: refused(
      "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/E/Assign/Next",
    ),
  },
  {
    rule: 'A Catch’s Output is named by its index.',
    link: links.measured,
    states: {
      E: { ...invoke, Catch: [{ ErrorEquals: ['States.ALL'], Output: { v: '{% phone %}' }, Next: 'F' }], Next: 'F' },
      F: ok,
    },
    expect: refused(
      "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/E/Catch[0]/Output/v",
    ),
  },
  {
    rule: 'Comment and ErrorEquals keep their text, whatever it looks like.',
    link: links.measured,
    states: { T: { ...invoke, Comment: '{% phone %}', Retry: [{ ErrorEquals: ['{% phone %}'] }], End: true } },
    mocks: { T: [{ output: 1 }] },
    expect: { status: 'SUCCEEDED', output: 1 },
  },
];

const endings: readonly Row[] = [
  {
    rule: 'A state machine must be able to end; what cannot be reached is then not looked for.',
    link: links.measured,
    states: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' }, C: { Type: 'Pass', Next: 'A' } },
    expect: refused('MISSING_END_STATE: Workflow has no terminal state at null'),
  },
  {
    rule: 'A missing target is named before the missing end.',
    link: links.measured,
    states: { A: { Type: 'Pass', Next: 'NOPE' } },
    expect: refused(
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null",
    ),
  },
  {
    rule: 'With an end beside it, the unreachable state is named.',
    link: links.measured,
    states: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' }, C: ok },
    expect: refused('MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C'),
  },
  {
    rule: 'The workflow of a Map need not be able to end.',
    link: links.measured,
    states: {
      M: {
        Type: 'Map',
        Items: [],
        ItemProcessor: { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } } },
        End: true,
      },
    },
    expect: { status: 'SUCCEEDED', output: [] },
  },
  {
    rule: 'TimeoutSeconds belongs to Task and to the whole state machine.',
    link: links.measured,
    states: { P: { Type: 'Parallel', TimeoutSeconds: 5, Branches: [processor], End: true } },
    expect: refused("SCHEMA_VALIDATION_FAILED: Field 'TimeoutSeconds' is not supported at /States/P"),
  },
];

const languages: readonly Row[] = [
  {
    rule: 'Beside JSONata states, a JSONPath state may not have a field of JSONata.',
    link: links.measured,
    definition: machine({
      M: {
        Type: 'Map',
        QueryLanguage: 'JSONata',
        Items: [1],
        ItemProcessor: { StartAt: 'P', States: { P: { ...ok, Output: 1 } } },
        End: true,
      },
    }),
    expect: refused(
      "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/M/ItemProcessor/States/P",
    ),
  },
  {
    rule: 'A state’s own language holds at any depth; its Map’s does not reach it.',
    link: links.measured,
    definition: machine({
      M: {
        Type: 'Map',
        QueryLanguage: 'JSONata',
        Items: '{% [1, 2] %}',
        ItemProcessor: {
          StartAt: 'P',
          States: { P: { ...ok, QueryLanguage: 'JSONata', Output: { doubled: '{% $states.input * 2 %}' } } },
        },
        End: true,
      },
    }),
    expect: { status: 'SUCCEEDED', output: [{ doubled: 2 }, { doubled: 4 }] },
  },
  {
    rule: 'An item processor has no language of its own.',
    link: links.measured,
    states: { M: { Type: 'Map', ItemProcessor: { QueryLanguage: 'JSONata', ...processor }, End: true } },
    expect: refused("SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/M/ItemProcessor"),
  },
  {
    rule: 'A language that does not exist is refused at the field.',
    link: links.measured,
    states: { X: { ...ok, QueryLanguage: 'jsonata' } },
    expect: refused(
      'SCHEMA_VALIDATION_FAILED: Value should be one of the following: [JSONPath, JSONata] at /States/X/QueryLanguage',
    ),
  },
  {
    rule: 'A number is no language.',
    link: links.measured,
    definition: machine({ X: { ...ok, QueryLanguage: 'JSONata' } }, { QueryLanguage: 5 }),
    expect: refused('SCHEMA_VALIDATION_FAILED: Expected value of type [STRING] at /QueryLanguage'),
  },
  {
    rule: 'A number below its least is refused with that.',
    link: links.measured,
    states: { M: { Type: 'Map', MaxConcurrency: -1, ItemProcessor: processor, End: true } },
    expect: refused('SCHEMA_VALIDATION_FAILED: Minimum value is 0 at /States/M/MaxConcurrency'),
  },
  {
    rule: 'Each field of JSONPath in one state is a problem of its own.',
    link: links.measured,
    states: { X: { ...ok, InputPath: '$.a', OutputPath: '$.b' } },
    expect: refused(
      ['InputPath', 'OutputPath']
        .map(
          (field) =>
            `SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field '${field}' is only supported for the 'JSONPath' QueryLanguage at /States/X`,
        )
        .join(', '),
    ),
  },
];

/** What validation was measured to answer on AWS, word for word. */
export const validationRows: readonly Row[] = [
  ...unparsable,
  ...named,
  ...anchored,
  ...references,
  ...endings,
  ...languages,
];
