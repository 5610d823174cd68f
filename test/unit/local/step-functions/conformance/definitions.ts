import { links, type Row } from './row.ts';

const ok = { Type: 'Pass', End: true };
const invalid = (cause: RegExp | string): Row['expect'] => ({ status: 'INVALID', error: 'InvalidDefinition', cause });

/** What CreateStateMachine refuses. */
export const definitionRows: readonly Row[] = [
  {
    rule: 'Without QueryLanguage a definition is JSONPath, which is not supported.',
    link: links.jsonata,
    definition: { StartAt: 'A', States: { A: ok } },
    expect: invalid(/JSONPath is not supported: set 'QueryLanguage' to 'JSONata'/),
  },
  {
    rule: 'JSONPath is refused before its fields are looked at.',
    link: links.jsonata,
    definition: { StartAt: 'A', States: { A: { Type: 'Pass', Result: {}, ResultPath: '$.x', End: true } } },
    expect: invalid(/UNSUPPORTED_QUERY_LANGUAGE: The query language JSONPath is not supported/),
  },
  {
    rule: 'A state may name JSONata itself.',
    link: links.jsonata,
    definition: { StartAt: 'A', States: { A: { ...ok, QueryLanguage: 'JSONata', Output: '{% 1 + 1 %}' } } },
    expect: { status: 'SUCCEEDED', output: 2 },
  },
  {
    rule: 'A single JSONPath state is refused with its path.',
    link: links.jsonata,
    states: { A: { ...ok, QueryLanguage: 'JSONPath' } },
    expect: invalid(
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A'",
    ),
  },
  {
    rule: 'StartAt must name a state.',
    link: links.structure,
    definition: { QueryLanguage: 'JSONata', StartAt: 'X', States: { A: ok } },
    expect: invalid(
      "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /StartAt, MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A'",
    ),
  },
  {
    rule: 'Next must name a state of the same workflow.',
    link: links.structure,
    states: { C: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }], Default: 'X' }, A: ok },
    expect: invalid(
      "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/C/Default'",
    ),
  },
  {
    rule: 'A branch cannot leave its workflow.',
    link: links.structure,
    states: {
      P: { Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'E' } } }], Next: 'E' },
      E: { Type: 'Succeed' },
    },
    expect: invalid(/Missing 'Next' target: E at \/States\/P\/Branches\[0\]\/States\/A\/Next/),
  },
  {
    rule: 'Every state must be reachable.',
    link: links.structure,
    states: { A: ok, B: ok },
    expect: invalid(/MISSING_TRANSITION_TARGET: State "B" is not reachable\. at \/States\/B/),
  },
  {
    rule: 'Names are unique in the whole state machine.',
    link: links.language,
    states: { P: { Type: 'Parallel', Branches: [{ StartAt: 'P', States: { P: ok } }], End: true } },
    expect: invalid(/State name 'P' is used twice.* at \/States\/P\/Branches\[0\]\/States\/P/),
  },
  {
    rule: 'A name has at most 80 characters.',
    link: links.structure,
    states: { ['x'.repeat(81)]: ok },
    expect: invalid(/SCHEMA_VALIDATION_FAILED/),
  },
  {
    rule: 'Exactly one of Next and End.',
    link: links.structure,
    states: { A: { Type: 'Pass' } },
    expect: invalid(/Exactly one of 'Next' and 'End' is required at \/States\/A/),
  },
  {
    rule: 'Next and End together are refused.',
    link: links.structure,
    states: { A: { Type: 'Pass', Next: 'B', End: true }, B: ok },
    expect: invalid(/Exactly one of 'Next' and 'End' is required at \/States\/A/),
  },
  {
    rule: 'An unknown field is refused with the path of its state.',
    link: links.structure,
    states: { A: { ...ok, Colour: 'red' } },
    expect: invalid(/Field 'Colour' is not supported at \/States\/A'/),
  },
  {
    rule: 'An unknown top-level field is refused.',
    link: links.structure,
    definition: { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: ok }, Colour: 1 },
    expect: invalid(/Field 'Colour' is not supported at \/'/),
  },
  {
    rule: 'A JSONPath field in a JSONata state is refused by name.',
    link: links.jsonata,
    states: { A: { ...ok, InputPath: '$' } },
    expect: invalid(
      /The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at \/States\/A'/,
    ),
  },
  {
    rule: 'An unknown state type is refused.',
    link: links.structure,
    states: { A: { Type: 'Loop', End: true } },
    expect: invalid(/Unknown or missing state type.* at \/States\/A\/Type/),
  },
  {
    rule: 'An expression that does not parse is refused with JSONata’s reason.',
    link: links.jsonata,
    states: { A: { ...ok, Output: '{% 1 + %}' } },
    expect: invalid(/INVALID_JSONATA_EXPRESSION: Unexpected end of expression at \/States\/A\/Output/),
  },
  {
    rule: 'A resource that is not supported is refused by name.',
    link: links.task,
    states: { T: { Type: 'Task', Resource: 'arn:aws:states:::sns:publish', End: true } },
    expect: invalid(/The resource 'arn:aws:states:::sns:publish' is not supported.* at \/States\/T\/Resource/),
  },
  {
    rule: 'A pattern that an integration does not have is refused.',
    link: links.task,
    states: { T: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.sync', End: true } },
    expect: invalid(/sqs:sendMessage\.sync' is not supported/),
  },
  {
    rule: 'States.ALL stands alone.',
    link: links.errors,
    states: {
      T: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Catch: [{ ErrorEquals: ['States.ALL', 'A'], Next: 'E' }],
        Next: 'E',
      },
      E: ok,
    },
    expect: invalid(/States\.ALL must appear alone at \/States\/T\/Catch\[0\]\/ErrorEquals/),
  },
  {
    rule: 'States.ALL is in the last rule.',
    link: links.errors,
    states: {
      T: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }],
        End: true,
      },
    },
    expect: invalid(/States\.ALL must be in the last rule at \/States\/T\/Retry\[0\]\/ErrorEquals/),
  },
  {
    rule: 'BackoffRate is at least 1.',
    link: links.errors,
    states: {
      T: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }],
        End: true,
      },
    },
    expect: invalid(/at \/States\/T\/Retry\[0\]\/BackoffRate/),
  },
  {
    rule: 'MaxDelaySeconds is greater than IntervalSeconds.',
    link: links.errors,
    states: {
      T: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 5, MaxDelaySeconds: 5 }],
        End: true,
      },
    },
    expect: invalid(/MaxDelaySeconds must be greater than IntervalSeconds/),
  },
  {
    rule: 'HeartbeatSeconds is smaller than TimeoutSeconds.',
    link: links.task,
    states: {
      T: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        TimeoutSeconds: 5,
        HeartbeatSeconds: 5,
        End: true,
      },
    },
    expect: invalid(/HeartbeatSeconds must be smaller than TimeoutSeconds/),
  },
  {
    rule: 'Only Task, Parallel and Map have Retry and Catch.',
    link: links.errors,
    states: { A: { ...ok, Retry: [] } },
    expect: invalid(/Field 'Retry' is not supported at \/States\/A'/),
  },
  {
    rule: 'A Choice has at least one choice.',
    link: links.choice,
    states: { C: { Type: 'Choice', Choices: [], Default: 'A' }, A: ok },
    expect: invalid(/at \/States\/C\/Choices/),
  },
  {
    rule: 'A workflow has at least one state.',
    link: links.structure,
    definition: { QueryLanguage: 'JSONata', StartAt: 'A', States: {} },
    expect: invalid(/A workflow must have at least one state/),
  },
  {
    rule: 'Resource cannot be an expression.',
    link: links.task,
    states: { T: { Type: 'Task', Resource: "{% 'arn:aws:states:::lambda:invoke' %}", End: true } },
    expect: invalid(/at \/States\/T\/Resource/),
  },
  {
    rule: 'Required fields that are missing are named together.',
    link: links.recorded,
    definition: {},
    expect: invalid(
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt, States] at /'",
    ),
  },
  {
    rule: 'Required fields of a state are named with its path.',
    link: links.recorded,
    states: { T: { Type: 'Task', End: true } },
    expect: invalid(
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [Resource] at /States/T'",
    ),
  },
  {
    rule: 'Beside a state that names JSONata, states that mean the same in both languages are accepted.',
    link: links.recorded,
    definition: {
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', QueryLanguage: 'JSONata', Choices: [{ Condition: true, Next: 'A' }], Default: 'D' },
        A: { Type: 'Pass', End: true },
        D: { Type: 'Fail', Cause: 'Condition is false' },
      },
    },
    input: { n: 1 },
    expect: { status: 'SUCCEEDED', output: { n: 1 } },
  },
  {
    rule: 'Beside a state that names JSONata, a JSONPath state with data fields is refused.',
    link: links.jsonata,
    definition: {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', QueryLanguage: 'JSONata', Next: 'B' },
        B: { Type: 'Pass', Assign: { 'x.$': '$.a' }, End: true },
      },
    },
    expect: invalid(/UNSUPPORTED_QUERY_LANGUAGE: The query language JSONPath is not supported.* at \/States\/B/),
  },
];
