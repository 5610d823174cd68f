import { links, type Row } from './row.ts';

const processor = (output?: unknown): Record<string, unknown> => ({
  StartAt: 'Each',
  States: { Each: { Type: 'Pass', ...(output === undefined ? {} : { Output: output }), End: true } },
});
const map = (fields: Record<string, unknown>, output?: unknown): Record<string, unknown> => ({
  M: { Type: 'Map', ItemProcessor: processor(output), ...fields, End: true },
});
const badItems = (what: string, source: string, type: string, value: string): Row => ({
  rule: `Items that are ${what} fail the state before it starts.`,
  link: links.recorded,
  states: map({ Items: `{% ${source} %}` }),
  expect: {
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    cause: `An error occurred while executing the state 'M' (entered at the event id #2). The JSONata expression '${source}' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was '${type}' for value: ${value}`,
    history: ['ExecutionStarted', 'MapStateEntered', 'EvaluationFailed', 'MapStateFailed', 'ExecutionFailed'],
  },
});
const iteration = ['MapIterationStarted', 'PassStateEntered', 'PassStateExited', 'MapIterationSucceeded'];
/** Map, inline. */
export const mapRows: readonly Row[] = [
  {
    rule: 'Items defaults to the state’s input; the result is the list of outputs.',
    link: links.map,
    states: map({}, '{% $states.input * 10 %}'),
    input: [1, 2, 3],
    expect: { status: 'SUCCEEDED', output: [10, 20, 30] },
  },
  {
    rule: 'Items may be a literal array with expressions inside.',
    link: links.map,
    states: map({ Items: [1, '{% $states.input.two %}', 'three'] }),
    input: { two: 2 },
    expect: { status: 'SUCCEEDED', output: [1, 2, 'three'] },
  },
  {
    rule: 'Items may be computed.',
    link: links.recorded,
    states: map({ Items: '{% $states.input.list[$ > 1] %}', MaxConcurrency: 1 }),
    input: { list: [1, 2, 3] },
    expect: {
      status: 'SUCCEEDED',
      output: [2, 3],
      history: [
        'ExecutionStarted',
        'MapStateEntered',
        'MapStateStarted',
        ...iteration,
        ...iteration,
        'MapStateSucceeded',
        'MapStateExited',
        'ExecutionSucceeded',
      ],
    },
  },
  {
    rule: 'No items: no iterations, an empty list.',
    link: links.recorded,
    states: map({ Items: [] }),
    expect: {
      status: 'SUCCEEDED',
      output: [],
      history: [
        'ExecutionStarted',
        'MapStateEntered',
        'MapStateStarted',
        'MapStateSucceeded',
        'MapStateExited',
        'ExecutionSucceeded',
      ],
    },
  },
  {
    rule: 'Items of mixed types keep them.',
    link: links.recorded,
    states: map({ Items: '{% $states.input %}' }),
    input: [1, 'two', true, null, { a: [] }, []],
    expect: { status: 'SUCCEEDED', output: [1, 'two', true, null, { a: [] }, []] },
  },
  badItems('a number', '1', 'number', '1'),
  badItems('a string', "'string'", 'string', '"string"'),
  badItems('a boolean', 'true', 'boolean', 'true'),
  badItems('an object', "{'foo': 'bar'}", 'object', '{"foo":"bar"}'),
  badItems('null', 'null', 'null', 'null'),
  {
    rule: 'Items from a variable are checked the same.',
    link: links.recorded,
    states: {
      Start: { Type: 'Pass', Assign: { ItemsVar: { foo: 'bar' } }, Next: 'M' },
      ...map({ Items: '{% $ItemsVar %}' }),
    },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'M' (entered at the event id #4). The JSONata expression '$ItemsVar' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'object' for value: {\"foo\":\"bar\"}",
    },
  },
  {
    rule: 'Items that are a function are an unsupported result.',
    link: links.recorded,
    states: map({ Items: '{% function($x) { $x } %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'M' (entered at the event id #2). The JSONata expression 'function($x) { $x }' specified for the field 'Items' returned an unsupported result type.",
    },
  },
  {
    rule: 'Undefined Items fail the state.',
    link: links.errors,
    states: map({ Items: '{% $states.input.missing %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'M' (entered at the event id #2). The JSONata expression '$states.input.missing' specified for the field 'Items' returned nothing (undefined).",
    },
  },
  {
    rule: 'A literal that is no array is refused at creation.',
    link: links.map,
    states: map({ Items: 5 }),
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /at \/States\/M\/Items/ },
  },
  {
    rule: 'A one-item filter unwraps to the item, which is no array.',
    link: links.recorded,
    states: map({ Items: '{% $states.input.list[ok] %}' }),
    input: { list: [{ ok: true }, { ok: false }] },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: /Expected 'array', but was 'object' for value: \{"ok":true\}/,
    },
  },
  {
    rule: 'Without Items the input must be an array.',
    link: links.recorded,
    states: map({}),
    input: { a: 1 },
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        'An error occurred while executing the state \'M\' (entered at the event id #2). Map state input must be an array but was: {"a":1}',
      history: ['ExecutionStarted', 'MapStateEntered', 'EvaluationFailed', 'MapStateFailed', 'ExecutionFailed'],
    },
  },
  {
    rule: 'ItemSelector makes each iteration’s input; Map.Item is in the context.',
    link: links.context,
    states: map({
      Items: '{% $states.input.list %}',
      ItemSelector: {
        i: '{% $states.context.Map.Item.Index %}',
        v: '{% $states.context.Map.Item.Value %}',
        all: '{% $states.input.list %}',
      },
    }),
    input: { list: ['a', 'b'] },
    expect: {
      status: 'SUCCEEDED',
      output: [
        { i: 0, v: 'a', all: ['a', 'b'] },
        { i: 1, v: 'b', all: ['a', 'b'] },
      ],
    },
  },
  {
    rule: 'Map.Item stays in the context inside the iteration, also when a selector changed the input.',
    link: links.context,
    states: map(
      { ItemSelector: { x: 1 } },
      '{% $states.context.Map.Item.Value & $string($states.context.Map.Item.Index) %}',
    ),
    input: ['a', 'b'],
    expect: { status: 'SUCCEEDED', output: ['a0', 'b1'] },
  },
  {
    rule: 'In nested Maps the innermost item is in the context.',
    link: links.context,
    states: {
      Outer: {
        Type: 'Map',
        ItemProcessor: {
          StartAt: 'Inner',
          States: {
            Inner: {
              Type: 'Map',
              ItemProcessor: {
                StartAt: 'E',
                States: { E: { Type: 'Pass', Output: '{% $states.context.Map.Item.Value %}', End: true } },
              },
              End: true,
            },
          },
        },
        End: true,
      },
    },
    input: [[1, 2], [3]],
    expect: { status: 'SUCCEEDED', output: [[1, 2], [3]] },
  },
  {
    rule: 'Output sees the list as $states.result.',
    link: links.jsonata,
    states: map({ Output: '{% $sum($states.result) %}' }, '{% $states.input * 2 %}'),
    input: [1, 2, 3],
    expect: { status: 'SUCCEEDED', output: 12 },
  },
  {
    rule: 'With MaxConcurrency 1 the iterations run one after the other.',
    link: links.map,
    states: {
      M: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemProcessor: {
          StartAt: 'W',
          States: {
            W: {
              Type: 'Wait',
              Seconds: 10,
              Output:
                '{% $toMillis($states.context.State.EnteredTime) - $toMillis($states.context.Execution.StartTime) %}',
              End: true,
            },
          },
        },
        End: true,
      },
    },
    input: [1, 2, 3],
    expect: { status: 'SUCCEEDED', output: [0, 10_000, 20_000] },
  },
  {
    rule: 'Without MaxConcurrency they run together.',
    link: links.map,
    states: {
      M: {
        Type: 'Map',
        ItemProcessor: {
          StartAt: 'W',
          States: {
            W: {
              Type: 'Wait',
              Seconds: 10,
              Output:
                '{% $toMillis($states.context.State.EnteredTime) - $toMillis($states.context.Execution.StartTime) %}',
              End: true,
            },
          },
        },
        End: true,
      },
    },
    input: [1, 2, 3],
    expect: { status: 'SUCCEEDED', output: [0, 0, 0] },
  },
  {
    rule: 'MaxConcurrency may be computed.',
    link: links.map,
    states: {
      M: {
        Type: 'Map',
        MaxConcurrency: '{% $count($states.input) - 1 %}',
        ItemProcessor: {
          StartAt: 'W',
          States: {
            W: {
              Type: 'Wait',
              Seconds: 10,
              Output:
                '{% $toMillis($states.context.State.EnteredTime) - $toMillis($states.context.Execution.StartTime) %}',
              End: true,
            },
          },
        },
        End: true,
      },
    },
    input: [1, 2, 3],
    expect: { status: 'SUCCEEDED', output: [0, 0, 10_000] },
  },
  {
    rule: 'An undefined MaxConcurrency fails the state.',
    link: links.errors,
    states: map({ Items: [1, 2], MaxConcurrency: '{% $states.input.missing %}' }),
    expect: {
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'M' (entered at the event id #2). The JSONata expression '$states.input.missing' specified for the field 'MaxConcurrency' returned nothing (undefined).",
    },
  },
];
