import { links, type Row } from './row.ts';

/** Assign and the scopes of variables. */
export const variableRows: readonly Row[] = [
  {
    rule: 'A variable is there from the next state on.',
    link: links.variables,
    states: {
      A: { Type: 'Pass', Assign: { x: 1, y: { z: '{% $states.input.n %}' } }, Next: 'B' },
      B: { Type: 'Pass', Output: ['{% $x %}', '{% $y.z %}'], End: true },
    },
    input: { n: 2 },
    expect: { status: 'SUCCEEDED', output: [1, 2] },
  },
  {
    rule: 'Assign and Output of one state are evaluated with the variables from before it.',
    link: links.variables,
    states: {
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: '{% $x %}', Next: 'C' },
      C: { Type: 'Pass', Output: ['{% $states.input %}', '{% $x %}', '{% $y %}'], End: true },
    },
    expect: { status: 'SUCCEEDED', output: [1, 2, 1] },
  },
  {
    rule: 'An assigned null reads back as null.',
    link: links.variables,
    states: {
      A: { Type: 'Pass', Assign: { x: null }, Next: 'B' },
      B: { Type: 'Pass', Output: ['{% $x %}', '{% $exists($x) %}'], End: true },
    },
    expect: { status: 'SUCCEEDED', output: [null, true] },
  },
  {
    rule: 'Inner workflows read the outer variables.',
    link: links.variables,
    states: {
      A: { Type: 'Pass', Assign: { k: 10 }, Next: 'M' },
      M: {
        Type: 'Map',
        Items: [1, 2],
        ItemProcessor: { StartAt: 'E', States: { E: { Type: 'Pass', Output: '{% $states.input * $k %}', End: true } } },
        End: true,
      },
    },
    expect: { status: 'SUCCEEDED', output: [10, 20] },
  },
  {
    rule: 'An inner workflow’s variables end with it.',
    link: links.variables,
    states: {
      M: {
        Type: 'Map',
        Items: [1],
        ItemProcessor: { StartAt: 'E', States: { E: { Type: 'Pass', Assign: { inner: 1 }, End: true } } },
        Next: 'Z',
      },
      Z: { Type: 'Pass', Output: '{% $exists($inner) %}', End: true },
    },
    expect: { status: 'SUCCEEDED', output: false },
  },
  {
    rule: 'Each iteration has variables of its own.',
    link: links.variables,
    states: {
      M: {
        Type: 'Map',
        Items: [1, 2, 3],
        ItemProcessor: {
          StartAt: 'E',
          States: {
            E: { Type: 'Pass', Assign: { v: '{% $states.input %}' }, Next: 'W' },
            W: { Type: 'Wait', Seconds: 1, Output: '{% $v %}', End: true },
          },
        },
        End: true,
      },
    },
    expect: { status: 'SUCCEEDED', output: [1, 2, 3] },
  },
  {
    rule: 'An inner workflow may not assign an outer variable.',
    link: links.variables,
    states: {
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'M' },
      M: {
        Type: 'Map',
        Items: [1],
        ItemProcessor: { StartAt: 'E', States: { E: { Type: 'Pass', Assign: { x: 2 }, End: true } } },
        End: true,
      },
    },
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause:
        /Variable 'x' belongs to an outer scope and cannot be assigned here at \/States\/M\/ItemProcessor\/States\/E\/Assign\/x/,
    },
  },
  {
    rule: 'The outer state takes values from an inner workflow by its result.',
    link: links.variables,
    states: {
      M: {
        Type: 'Map',
        Items: [1, 2],
        ItemProcessor: { StartAt: 'E', States: { E: { Type: 'Pass', End: true } } },
        Assign: { sum: '{% $sum($states.result) %}' },
        Next: 'Z',
      },
      Z: { Type: 'Pass', Output: '{% $sum %}', End: true },
    },
    expect: { status: 'SUCCEEDED', output: 3 },
  },
  {
    rule: 'Two branches may use the same variable name.',
    link: links.variables,
    states: {
      P: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'A',
            States: {
              A: { Type: 'Pass', Assign: { v: 1 }, Next: 'A2' },
              A2: { Type: 'Pass', Output: '{% $v %}', End: true },
            },
          },
          {
            StartAt: 'B',
            States: {
              B: { Type: 'Pass', Assign: { v: 2 }, Next: 'B2' },
              B2: { Type: 'Pass', Output: '{% $v %}', End: true },
            },
          },
        ],
        End: true,
      },
    },
    expect: { status: 'SUCCEEDED', output: [1, 2] },
  },
  {
    rule: '$states cannot be assigned.',
    link: links.variables,
    states: { A: { Type: 'Pass', Assign: { states: 1 }, End: true } },
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /The variable name 'states' is reserved at \/States\/A\/Assign\/states/,
    },
  },
  {
    rule: 'A variable name is an identifier.',
    link: links.variables,
    states: { A: { Type: 'Pass', Assign: { '1x': 1 }, End: true } },
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /Invalid variable name '1x'/ },
  },
  {
    rule: 'Succeed and Fail do not assign.',
    link: links.variables,
    states: { A: { Type: 'Succeed', Assign: { x: 1 } } },
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /'Assign' is not supported at \/States\/A'/,
    },
  },
];
