import { links, type Row } from './row.ts';

const branch = (name: string, fields: Record<string, unknown>): Record<string, unknown> => ({
  StartAt: name,
  States: { [name]: { Type: 'Pass', ...fields, End: true } },
});

/** Parallel. */
export const parallelRows: readonly Row[] = [
  {
    rule: 'Each branch gets the input; the result lists the outputs in the branches’ order.',
    link: links.parallel,
    states: {
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 5, Output: 'slow', End: true } } },
          branch('B', { Output: '{% $states.input.n %}' }),
        ],
        End: true,
      },
    },
    input: { n: 1 },
    expect: { status: 'SUCCEEDED', output: ['slow', 1] },
  },
  {
    rule: 'Arguments replace the branches’ input, not $states.input of the state.',
    link: links.parallel,
    states: {
      P: {
        Type: 'Parallel',
        Arguments: { n: '{% $states.input.n + 1 %}' },
        Branches: [branch('A', {})],
        Output: ['{% $states.result %}', '{% $states.input %}'],
        End: true,
      },
    },
    input: { n: 1 },
    expect: { status: 'SUCCEEDED', output: [[{ n: 2 }], { n: 1 }] },
  },
  {
    rule: 'The first failing branch fails the state and stops the others.',
    link: links.parallel,
    states: {
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 5, End: true } } },
          { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'Boom', Cause: 'x' } } },
        ],
        End: true,
      },
    },
    expect: {
      status: 'FAILED',
      error: 'Boom',
      cause: 'x',
      history: [
        'ExecutionStarted',
        'ParallelStateEntered',
        'ParallelStateStarted',
        'WaitStateEntered',
        'FailStateEntered',
        'WaitStateAborted',
        'ParallelStateFailed',
        'ExecutionFailed',
      ],
    },
  },
  {
    rule: 'States.BranchFailed in a Catch matches a failing branch.',
    link: links.language,
    states: {
      P: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'F', States: { F: { Type: 'Fail', Error: 'Boom' } } }],
        Catch: [{ ErrorEquals: ['States.BranchFailed'], Next: 'E' }],
        End: true,
      },
      E: { Type: 'Pass', End: true },
    },
    expect: { status: 'SUCCEEDED', output: { Error: 'Boom' } },
  },
  {
    rule: 'An evaluation error in a branch reaches the Parallel’s Catch with the branch state’s cause.',
    link: links.errors,
    states: {
      P: {
        Type: 'Parallel',
        Branches: [branch('A', { Output: '{% $nope %}' })],
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Output: '{% $states.errorOutput.Cause %}', Next: 'E' }],
        End: true,
      },
      E: { Type: 'Succeed' },
    },
    expect: {
      status: 'SUCCEEDED',
      output:
        "An error occurred while executing the state 'A' (entered at the event id #4). The JSONata expression '$nope' specified for the field 'Output' returned nothing (undefined).",
    },
  },
  {
    rule: 'A Parallel may be retried as a whole.',
    link: links.parallel,
    states: {
      P: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'T',
            States: {
              T: {
                Type: 'Task',
                Resource: 'arn:aws:states:::lambda:invoke',
                Arguments: { FunctionName: 'f' },
                Output: '{% $states.result %}',
                End: true,
              },
            },
          },
        ],
        Retry: [{ ErrorEquals: ['Boom'] }],
        End: true,
      },
    },
    mocks: { T: [{ error: 'Boom' }, { output: 'ok' }] },
    expect: { status: 'SUCCEEDED', output: ['ok'] },
  },
  {
    rule: 'A Parallel needs at least one branch.',
    link: links.parallel,
    states: { P: { Type: 'Parallel', Branches: [], End: true } },
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /at \/States\/P\/Branches/ },
  },
];
