import { links, type Row } from './row.ts';

const fail = (fields: Record<string, unknown>): Record<string, unknown> => ({ F: { Type: 'Fail', ...fields } });
const inF = (detail: string): string =>
  `An error occurred while executing the state 'F' (entered at the event id #2). ${detail}`;

/** Fail. */
export const failRows: readonly Row[] = [
  {
    rule: 'Fail ends the execution with its error and cause.',
    link: links.fail,
    states: fail({ Error: 'Boom', Cause: 'because' }),
    expect: {
      status: 'FAILED',
      error: 'Boom',
      cause: 'because',
      history: ['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed'],
    },
  },
  {
    rule: 'Error and Cause may be computed.',
    link: links.fail,
    states: fail({ Error: "{% 'E' & $string($states.input.n) %}", Cause: '{% $states.input.why %}' }),
    input: { n: 7, why: 'it broke' },
    expect: { status: 'FAILED', error: 'E7', cause: 'it broke' },
  },
  {
    rule: 'Error and Cause may be left out.',
    link: links.fail,
    states: fail({}),
    expect: { status: 'FAILED', history: ['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed'] },
  },
  {
    rule: 'Error and Cause see variables and the context.',
    link: links.fail,
    states: {
      P: { Type: 'Pass', Assign: { e: 'Late' }, Next: 'F' },
      F: { Type: 'Fail', Error: '{% $e %}', Cause: '{% $states.context.State.Name %}' },
    },
    expect: { status: 'FAILED', error: 'Late', cause: 'F' },
  },
  {
    rule: 'An undefined Error is an evaluation error instead.',
    link: links.errors,
    states: fail({ Error: '{% $states.input.missing %}', Cause: 'boom' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inF(
        "The JSONata expression '$states.input.missing' specified for the field 'Error' returned nothing (undefined).",
      ),
      history: ['ExecutionStarted', 'FailStateEntered', 'EvaluationFailed', 'ExecutionFailed'],
    },
  },
  {
    rule: 'An undefined Cause is an evaluation error instead.',
    link: links.errors,
    states: fail({ Error: 'Boom', Cause: '{% $states.input.missing %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inF(
        "The JSONata expression '$states.input.missing' specified for the field 'Cause' returned nothing (undefined).",
      ),
    },
  },
  {
    rule: 'A computed Cause must be a string.',
    link: links.errors,
    states: fail({ Cause: "{% {'a': 1} %}" }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: inF(
        "The JSONata expression '{'a': 1}' specified for the field 'Cause' returned an unexpected result type. Expected 'string', but was 'object' for value: {\"a\":1}",
      ),
    },
  },
  {
    rule: 'A Fail in a branch may be caught by the Parallel.',
    link: links.parallel,
    states: {
      P: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'F', States: { F: { Type: 'Fail', Error: 'Boom', Cause: 'why' } } }],
        Catch: [{ ErrorEquals: ['Boom'], Output: '{% $states.errorOutput %}', Next: 'E' }],
        End: true,
      },
      E: { Type: 'Succeed' },
    },
    expect: { status: 'SUCCEEDED', output: { Error: 'Boom', Cause: 'why' } },
  },
  {
    rule: 'Fail has no Next.',
    link: links.fail,
    states: { F: { Type: 'Fail', Next: 'F' } },
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /'Next' is not supported at \/States\/F/ },
  },
];
