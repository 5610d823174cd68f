import { links, type Row } from './row.ts';

const ends = { A: { Type: 'Pass', End: true }, B: { Type: 'Pass', End: true } };
const condition = (text: unknown): Record<string, unknown> => ({
  C: { Type: 'Choice', Choices: [{ Condition: text, Next: 'A' }], Default: 'B' },
  A: { Type: 'Pass', Output: 'A', End: true },
  B: { Type: 'Pass', Output: 'B', End: true },
});
const inC = (detail: string): string =>
  `An error occurred while executing the state 'C' (entered at the event id #2). ${detail}`;

/** Choice. */
export const choiceRows: readonly Row[] = [
  {
    rule: 'The first choice whose condition is true is taken.',
    link: links.choice,
    states: {
      C: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 9 %}', Next: 'A' },
          { Condition: '{% $states.input.n > 1 %}', Next: 'B' },
        ],
      },
      A: { Type: 'Pass', Output: 'A', End: true },
      B: { Type: 'Pass', Output: 'B', End: true },
    },
    input: { n: 5 },
    expect: {
      status: 'SUCCEEDED',
      output: 'B',
      history: [
        'ExecutionStarted',
        'ChoiceStateEntered',
        'ChoiceStateExited',
        'PassStateEntered',
        'PassStateExited',
        'ExecutionSucceeded',
      ],
    },
  },
  {
    rule: 'Without a true condition the default is taken.',
    link: links.choice,
    states: condition('{% false %}'),
    expect: { status: 'SUCCEEDED', output: 'B' },
  },
  {
    rule: 'A condition may be a constant.',
    link: links.recorded,
    states: condition(true),
    expect: { status: 'SUCCEEDED', output: 'A' },
  },
  {
    rule: 'A condition that is neither a boolean nor an expression is refused.',
    link: links.recorded,
    states: condition('true'),
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /at \/States\/C\/Choices\[0\]\/Condition/ },
  },
  {
    rule: 'The rule taken applies its own Assign and Output; the state’s own are for the default.',
    link: links.choice,
    states: {
      C: {
        Type: 'Choice',
        Assign: { x: 'state' },
        Output: 'state',
        Choices: [
          {
            Condition: '{% $states.input.n = 1 %}',
            Assign: { x: 'rule' },
            Output: { was: '{% $states.input.n %}' },
            Next: 'A',
          },
        ],
        Default: 'A',
      },
      A: { Type: 'Pass', Output: ['{% $x %}', '{% $states.input %}'], End: true },
    },
    input: { n: 1 },
    expect: { status: 'SUCCEEDED', output: ['rule', { was: 1 }] },
  },
  {
    rule: 'The default applies the state’s Assign and Output.',
    link: links.choice,
    states: {
      C: {
        Type: 'Choice',
        Assign: { x: 'state' },
        Output: { o: '{% $states.input.n %}' },
        Choices: [{ Condition: '{% $states.input.n = 1 %}', Assign: { x: 'rule' }, Output: 'rule', Next: 'A' }],
        Default: 'A',
      },
      A: { Type: 'Pass', Output: ['{% $x %}', '{% $states.input %}'], End: true },
    },
    input: { n: 2 },
    expect: { status: 'SUCCEEDED', output: ['state', { o: 2 }] },
  },
  {
    rule: 'A rule without Output passes the input on, even when the state has an Output.',
    link: links.choice,
    states: {
      C: { Type: 'Choice', Output: 'state', Choices: [{ Condition: '{% true %}', Next: 'A' }], Default: 'A' },
      A: { Type: 'Pass', End: true },
    },
    input: { n: 1 },
    expect: { status: 'SUCCEEDED', output: { n: 1 } },
  },
  {
    rule: 'No true condition and no default: States.Runtime, as measured on AWS.',
    link: links.errors,
    states: {
      C: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'A' }] },
      A: { Type: 'Pass', End: true },
    },
    expect: {
      status: 'FAILED',
      error: 'States.Runtime',
      cause: inC('Failed to transition out of the state. The state does not point to a next state.'),
    },
  },
  {
    rule: 'A condition that is not a boolean is an evaluation error.',
    link: links.errors,
    states: condition('{% $states.input.n %}'),
    input: { n: 'yes' },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inC(
        "The JSONata expression '$states.input.n' specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'string' for value: \"yes\"",
      ),
    },
  },
  {
    rule: 'A number is not a condition, though it is truthy.',
    link: links.errors,
    states: condition('{% 1 %}'),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inC(
        "The JSONata expression '1' specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1",
      ),
    },
  },
  {
    rule: 'An undefined condition is an evaluation error.',
    link: links.errors,
    states: condition('{% $states.input.missing %}'),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inC(
        "The JSONata expression '$states.input.missing' specified for the field 'Choices[0]/Condition' returned nothing (undefined).",
      ),
    },
  },
  {
    rule: 'Comparing an undefined value is false.',
    link: links.jsonata,
    states: condition('{% $states.input.missing = 1 %}'),
    expect: { status: 'SUCCEEDED', output: 'B' },
  },
  {
    rule: 'and, or and in work as in JSONata.',
    link: links.jsonata,
    states: condition("{% $states.input.k in ['a', 'b'] and ($states.input.n < 3 or false) %}"),
    input: { k: 'b', n: 2 },
    expect: { status: 'SUCCEEDED', output: 'A' },
  },
  {
    rule: 'An undefined value in a rule’s Output names the rule.',
    link: links.errors,
    states: {
      C: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% false %}', Next: 'A' },
          { Condition: '{% true %}', Output: { v: '{% $states.input.missing %}' }, Next: 'B' },
        ],
      },
      ...ends,
    },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inC(
        "The JSONata expression '$states.input.missing' specified for the field 'Choices[1]/Output/v' returned nothing (undefined).",
      ),
    },
  },
  {
    rule: 'An undefined value in a rule’s Assign names the rule.',
    link: links.errors,
    states: {
      C: {
        Type: 'Choice',
        Choices: [{ Condition: '{% true %}', Assign: { x: '{% $states.input.missing %}' }, Next: 'A' }],
        Default: 'B',
      },
      ...ends,
    },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inC(
        "The JSONata expression '$states.input.missing' specified for the field 'Choices[0]/Assign/x' returned nothing (undefined).",
      ),
    },
  },
  {
    rule: 'A loop through a Choice ends when its variable says so.',
    link: links.variables,
    states: {
      Start: { Type: 'Pass', Assign: { n: 0 }, Next: 'Add' },
      Add: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Next: 'C' },
      C: { Type: 'Choice', Choices: [{ Condition: '{% $n < 5 %}', Next: 'Add' }], Default: 'End' },
      End: { Type: 'Succeed', Output: '{% $n %}' },
    },
    expect: { status: 'SUCCEEDED', output: 5 },
  },
];
