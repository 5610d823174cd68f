import { links, type Row } from './row.ts';

const invoke = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f', Payload: '{% $states.input %}' },
};
const task = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  T: { ...invoke, ...fields, End: true },
});
const caught = (errors: readonly string[], fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  T: { ...invoke, Catch: [{ ErrorEquals: errors, Next: 'E' }], ...fields, End: true },
  E: { Type: 'Pass', End: true },
});
const scheduled = ['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted'];
const big = 'x'.repeat(262_145);

/** Task: results, errors, Retry, Catch, timeouts. */
export const taskRows: readonly Row[] = [
  {
    rule: 'A task’s output is its result.',
    link: links.task,
    states: task(),
    mocks: { T: [{ output: { Payload: { ok: true }, StatusCode: 200 } }] },
    expect: {
      status: 'SUCCEEDED',
      output: { Payload: { ok: true }, StatusCode: 200 },
      history: [...scheduled, 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded'],
    },
  },
  {
    rule: 'Output and Assign see $states.result.',
    link: links.jsonata,
    states: {
      T: {
        ...invoke,
        Assign: { r: '{% $states.result.Payload.a %}' },
        Output: '{% $states.result.Payload %}',
        Next: 'E',
      },
      E: { Type: 'Pass', Output: ['{% $r %}', '{% $states.input %}'], End: true },
    },
    mocks: { T: [{ output: { Payload: { a: 1 } } }] },
    expect: { status: 'SUCCEEDED', output: [1, { a: 1 }] },
  },
  {
    rule: 'A bare function ARN has the function’s answer as its result, with events of its own.',
    link: links.lambda,
    states: { T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f', End: true } },
    mocks: { T: [{ output: 5 }] },
    expect: {
      status: 'SUCCEEDED',
      output: 5,
      history: [
        'ExecutionStarted',
        'TaskStateEntered',
        'LambdaFunctionScheduled',
        'LambdaFunctionStarted',
        'LambdaFunctionSucceeded',
        'TaskStateExited',
        'ExecutionSucceeded',
      ],
    },
  },
  {
    rule: 'An error nobody catches fails the execution with its name and cause.',
    link: links.errors,
    states: task(),
    mocks: { T: [{ error: 'Boom', cause: 'why' }] },
    expect: { status: 'FAILED', error: 'Boom', cause: 'why', history: [...scheduled, 'TaskFailed', 'ExecutionFailed'] },
  },
  {
    rule: 'A Catch goes on with {Error, Cause}.',
    link: links.errors,
    states: caught(['Boom']),
    mocks: { T: [{ error: 'Boom', cause: 'why' }] },
    expect: {
      status: 'SUCCEEDED',
      output: { Error: 'Boom', Cause: 'why' },
      history: [
        ...scheduled,
        'TaskFailed',
        'TaskStateExited',
        'PassStateEntered',
        'PassStateExited',
        'ExecutionSucceeded',
      ],
    },
  },
  {
    rule: 'A Catch may Assign and give an Output from $states.errorOutput and $states.input.',
    link: links.recorded,
    states: {
      T: {
        ...invoke,
        Catch: [
          {
            ErrorEquals: ['States.ALL'],
            Assign: { e: '{% $states.errorOutput %}' },
            Output: { was: '{% $states.input %}' },
            Next: 'E',
          },
        ],
        End: true,
      },
      E: { Type: 'Pass', Output: ['{% $e.Error %}', '{% $states.input %}'], End: true },
    },
    input: { n: 1 },
    mocks: { T: [{ error: 'Boom', cause: 'why' }] },
    expect: { status: 'SUCCEEDED', output: ['Boom', { was: { n: 1 } }] },
  },
  {
    rule: 'The state’s own Output and Assign are not applied when the error is caught.',
    link: links.errors,
    states: caught(['States.ALL'], { Output: 'mine', Assign: { x: 1 } }),
    mocks: { T: [{ error: 'Boom' }] },
    expect: { status: 'SUCCEEDED', output: { Error: 'Boom' } },
  },
  {
    rule: 'The first catcher that matches is taken.',
    link: links.errors,
    states: {
      T: {
        ...invoke,
        Catch: [
          { ErrorEquals: ['Other'], Next: 'A' },
          { ErrorEquals: ['Boom', 'More'], Next: 'B' },
          { ErrorEquals: ['States.ALL'], Next: 'A' },
        ],
        End: true,
      },
      A: { Type: 'Pass', Output: 'A', End: true },
      B: { Type: 'Pass', Output: 'B', End: true },
    },
    mocks: { T: [{ error: 'More' }] },
    expect: { status: 'SUCCEEDED', output: 'B' },
  },
  {
    rule: 'Error names are compared exactly.',
    link: links.errors,
    states: caught(['boom']),
    mocks: { T: [{ error: 'Boom' }] },
    expect: { status: 'FAILED', error: 'Boom' },
  },
  {
    rule: 'States.ALL matches any error.',
    link: links.errors,
    states: caught(['States.ALL']),
    mocks: { T: [{ error: 'States.Permissions' }] },
    expect: { status: 'SUCCEEDED', output: { Error: 'States.Permissions' } },
  },
  {
    rule: 'States.ALL does not match States.Runtime.',
    link: links.errors,
    states: caught(['States.ALL']),
    mocks: { T: [{ error: 'States.Runtime' }] },
    expect: { status: 'FAILED', error: 'States.Runtime' },
  },
  {
    rule: 'States.ALL does not match States.DataLimitExceeded.',
    link: links.errors,
    states: caught(['States.ALL']),
    mocks: { T: [{ error: 'States.DataLimitExceeded' }] },
    expect: { status: 'FAILED', error: 'States.DataLimitExceeded' },
  },
  {
    rule: 'States.DataLimitExceeded is caught by its name.',
    link: links.errors,
    states: caught(['States.DataLimitExceeded']),
    mocks: { T: [{ error: 'States.DataLimitExceeded' }] },
    expect: { status: 'SUCCEEDED', output: { Error: 'States.DataLimitExceeded' } },
  },
  {
    rule: 'States.TaskFailed matches any error of a task.',
    link: links.errors,
    states: caught(['States.TaskFailed']),
    mocks: { T: [{ error: 'Boom' }] },
    expect: { status: 'SUCCEEDED', output: { Error: 'Boom' } },
  },
  {
    rule: 'States.TaskFailed does not match States.Timeout.',
    link: links.errors,
    states: caught(['States.TaskFailed']),
    mocks: { T: [{ error: 'States.Timeout' }] },
    expect: { status: 'FAILED', error: 'States.Timeout' },
  },
  {
    rule: 'States.Timeout matches a missed heartbeat by its own name too.',
    link: links.language,
    states: caught(['States.Timeout']),
    mocks: { T: [{ error: 'States.HeartbeatTimeout' }] },
    expect: { status: 'SUCCEEDED', output: { Error: 'States.HeartbeatTimeout' } },
  },
  {
    rule: 'Arguments that cannot be evaluated are an error that Catch sees.',
    link: links.recorded,
    states: caught(['States.QueryEvaluationError'], {
      Arguments: { FunctionName: 'f', Payload: '{% $states.input.missing %}' },
    }),
    expect: {
      status: 'SUCCEEDED',
      output: {
        Error: 'States.QueryEvaluationError',
        Cause:
          "An error occurred while executing the state 'T' (entered at the event id #2). The JSONata expression '$states.input.missing' specified for the field 'Arguments/Payload' returned nothing (undefined).",
      },
      history: [
        'ExecutionStarted',
        'TaskStateEntered',
        'EvaluationFailed',
        'TaskStateExited',
        'PassStateEntered',
        'PassStateExited',
        'ExecutionSucceeded',
      ],
    },
  },
  {
    rule: 'An Output that cannot be evaluated is caught after the task succeeded.',
    link: links.errors,
    states: caught(['States.QueryEvaluationError'], { Output: '{% $states.result.nope %}' }),
    mocks: { T: [{ output: {} }] },
    expect: {
      status: 'SUCCEEDED',
      history: [
        ...scheduled,
        'TaskSucceeded',
        'EvaluationFailed',
        'TaskStateExited',
        'PassStateEntered',
        'PassStateExited',
        'ExecutionSucceeded',
      ],
    },
  },
  {
    rule: 'A catcher’s Output that cannot be evaluated fails the state, naming the catcher.',
    link: links.errors,
    states: {
      T: {
        ...invoke,
        Catch: [
          { ErrorEquals: ['Other'], Next: 'E' },
          { ErrorEquals: ['Boom'], Output: { v: '{% $states.input.missing %}' }, Next: 'E' },
        ],
        End: true,
      },
      E: { Type: 'Pass', End: true },
    },
    mocks: { T: [{ error: 'Boom' }] },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'T' (entered at the event id #2). The JSONata expression '$states.input.missing' specified for the field 'Catch[1]/Output/v' returned nothing (undefined).",
    },
  },
  {
    rule: 'A result above 262,144 bytes is States.DataLimitExceeded.',
    link: links.recorded,
    states: task(),
    mocks: { T: [{ output: big }] },
    expect: {
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
      cause:
        "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
    },
  },
  {
    rule: 'When the result of the task itself is too large, even States.ALL catches it, as recorded on AWS.',
    link: links.recorded,
    states: caught(['States.ALL']),
    mocks: { T: [{ output: big }] },
    expect: {
      status: 'SUCCEEDED',
      output: {
        Error: 'States.DataLimitExceeded',
        Cause:
          "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
      },
    },
  },
  {
    rule: 'A state’s output above the limit is terminal for States.ALL.',
    link: links.quotas,
    states: caught(['States.ALL'], { Output: "{% $pad('', 262200, 'x') %}" }),
    mocks: { T: [{ output: 1 }] },
    expect: { status: 'FAILED', error: 'States.DataLimitExceeded' },
  },
  {
    rule: 'Variables of one Assign above the limit are refused.',
    link: links.variables,
    states: { P: { Type: 'Pass', Assign: { x: "{% $pad('', 262200, 'x') %}" }, End: true } },
    expect: { status: 'FAILED', error: 'States.DataLimitExceeded' },
  },
  {
    rule: 'The execution’s TimeoutSeconds ends it as TIMED_OUT.',
    link: links.structure,
    definition: {
      QueryLanguage: 'JSONata',
      StartAt: 'W',
      TimeoutSeconds: 60,
      States: { W: { Type: 'Wait', Seconds: 3600, End: true } },
    },
    expect: { status: 'TIMED_OUT', history: ['ExecutionStarted', 'WaitStateEntered', 'ExecutionTimedOut'] },
  },
  {
    rule: '$states.result before there is one is refused at creation.',
    link: links.jsonata,
    states: { T: { ...invoke, Arguments: { FunctionName: 'f', Payload: '{% $states.result.Payload %}' }, End: true } },
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /Field '\$states\.result' does not exist\. at \/States\/T\/Arguments\/Payload/,
    },
  },
  {
    rule: '$states.errorOutput outside a Catch is refused at creation.',
    link: links.jsonata,
    states: { T: { ...invoke, Output: '{% $string($states.errorOutput) %}', End: true } },
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /Field '\$states\.errorOutput' does not exist\. at \/States\/T\/Output/,
    },
  },
  {
    rule: 'Computed TimeoutSeconds must be at least 1.',
    link: links.task,
    states: { T: { ...invoke, TimeoutSeconds: '{% 0 %}', End: true } },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'T' (entered at the event id #2). TimeoutSeconds must be between 1 and 99999999 but was: 0",
    },
  },
  {
    rule: 'TimeoutSeconds must be computed to a number.',
    link: links.errors,
    states: task({ TimeoutSeconds: "{% 'soon' %}" }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'T' (entered at the event id #2). The JSONata expression ''soon'' specified for the field 'TimeoutSeconds' returned an unexpected result type. Expected 'number', but was 'string' for value: \"soon\"",
    },
  },
  {
    rule: 'A task token is in the context of a callback task’s Arguments.',
    link: links.callback,
    states: {
      T: {
        Type: 'Task',
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        Arguments: { QueueUrl: 'q', MessageBody: { token: '{% $states.context.Task.Token %}' } },
        Output: '{% $states.result.ok %}',
        End: true,
      },
    },
    mocks: { T: [{ output: { ok: 1 } }] },
    expect: { status: 'SUCCEEDED', output: 1 },
  },
  {
    rule: 'Without a callback there is no task token.',
    link: links.callback,
    states: task({ Arguments: { FunctionName: 'f', Payload: '{% $states.context.Task.Token %}' } }),
    expect: { status: 'FAILED', error: 'States.QueryEvaluationError' },
  },
];
