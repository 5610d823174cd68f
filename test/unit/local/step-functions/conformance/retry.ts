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
/** Retry. */
export const retryRows: readonly Row[] = [
  {
    rule: 'Retry runs the task again, at first after IntervalSeconds, then BackoffRate times that.',
    link: links.errors,
    states: {
      S: { Type: 'Pass', Assign: { t: '{% $millis() %}' }, Next: 'T' },
      T: {
        ...invoke,
        Retry: [{ ErrorEquals: ['Boom'], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 3 }],
        Output: '{% $millis() - $t %}',
        End: true,
      },
    },
    mocks: { T: [{ error: 'Boom' }, { error: 'Boom' }, { error: 'Boom' }, { output: 1 }] },
    expect: { status: 'SUCCEEDED', output: 21_000 },
  },
  {
    rule: 'MaxDelaySeconds caps the delay.',
    link: links.errors,
    states: {
      S: { Type: 'Pass', Assign: { t: '{% $millis() %}' }, Next: 'T' },
      T: {
        ...invoke,
        Retry: [{ ErrorEquals: ['Boom'], IntervalSeconds: 3, BackoffRate: 10, MaxDelaySeconds: 5 }],
        Output: '{% $millis() - $t %}',
        End: true,
      },
    },
    mocks: { T: [{ error: 'Boom' }, { error: 'Boom' }, { output: 1 }] },
    expect: { status: 'SUCCEEDED', output: 8000 },
  },
  {
    rule: 'The defaults are 1 second, 3 attempts, rate 2.',
    link: links.errors,
    states: {
      S: { Type: 'Pass', Assign: { t: '{% $millis() %}' }, Next: 'T' },
      T: {
        ...invoke,
        Retry: [{ ErrorEquals: ['Boom'] }],
        Catch: [{ ErrorEquals: ['Boom'], Output: '{% $millis() - $t %}', Next: 'E' }],
        End: true,
      },
      E: { Type: 'Succeed' },
    },
    mocks: { T: [{ error: 'Boom' }, { error: 'Boom' }, { error: 'Boom' }, { error: 'Boom' }] },
    expect: { status: 'SUCCEEDED', output: 7000 },
  },
  {
    rule: 'FULL jitter waits at most the computed delay.',
    link: links.errors,
    states: {
      S: { Type: 'Pass', Assign: { t: '{% $millis() %}' }, Next: 'T' },
      T: {
        ...invoke,
        Retry: [{ ErrorEquals: ['Boom'], IntervalSeconds: 100, JitterStrategy: 'FULL' }],
        Output: '{% ($d := $millis() - $t; $d >= 0 and $d <= 100000) %}',
        End: true,
      },
    },
    mocks: { T: [{ error: 'Boom' }, { output: 1 }] },
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: 'MaxAttempts 0 never retries.',
    link: links.errors,
    states: task({ Retry: [{ ErrorEquals: ['Boom'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] }),
    mocks: { T: [{ error: 'Boom' }] },
    expect: { status: 'FAILED', error: 'Boom' },
  },
  {
    rule: 'Each retrier counts its own attempts.',
    link: links.errors,
    states: task({
      Retry: [
        { ErrorEquals: ['A'], MaxAttempts: 1 },
        { ErrorEquals: ['B'], MaxAttempts: 1 },
      ],
    }),
    mocks: { T: [{ error: 'A' }, { error: 'B' }, { error: 'A' }] },
    expect: { status: 'FAILED', error: 'A' },
  },
  {
    rule: 'Catch applies once the retries are used up.',
    link: links.errors,
    states: caught(['Boom'], { Retry: [{ ErrorEquals: ['Boom'], MaxAttempts: 1 }] }),
    mocks: {
      T: [
        { error: 'Boom', cause: '1' },
        { error: 'Boom', cause: '2' },
      ],
    },
    expect: { status: 'SUCCEEDED', output: { Error: 'Boom', Cause: '2' } },
  },
  {
    rule: 'State.RetryCount counts the retries.',
    link: links.context,
    states: task({ Retry: [{ ErrorEquals: ['Boom'] }], Output: '{% $states.context.State.RetryCount %}' }),
    mocks: { T: [{ error: 'Boom' }, { error: 'Boom' }, { output: 1 }] },
    expect: { status: 'SUCCEEDED', output: 2 },
  },
  {
    rule: 'Retries start anew when the state is entered again.',
    link: links.errors,
    states: {
      T: { ...invoke, Retry: [{ ErrorEquals: ['Boom'], MaxAttempts: 1 }], Output: '{% $states.result %}', Next: 'C' },
      C: { Type: 'Choice', Choices: [{ Condition: "{% $states.input = 'again' %}", Next: 'T' }], Default: 'E' },
      E: { Type: 'Succeed' },
    },
    mocks: { T: [{ error: 'Boom' }, { output: 'again' }, { error: 'Boom' }, { output: 'done' }] },
    expect: { status: 'SUCCEEDED', output: 'done' },
  },
];
