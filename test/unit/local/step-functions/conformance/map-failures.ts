import { links, type Row } from './row.ts';

const processor = (output?: unknown): Record<string, unknown> => ({
  StartAt: 'Each',
  States: { Each: { Type: 'Pass', ...(output === undefined ? {} : { Output: output }), End: true } },
});
const map = (fields: Record<string, unknown>, output?: unknown): Record<string, unknown> => ({
  M: { Type: 'Map', ItemProcessor: processor(output), ...fields, End: true },
});
const task = (fields: Record<string, unknown>): Record<string, unknown> => ({
  StartAt: 'T',
  States: {
    T: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'f', Payload: '{% $states.input %}' },
      ...fields,
      End: true,
    },
  },
});

/** Map: failing iterations, and what is refused. */
export const mapFailureRows: readonly Row[] = [
  {
    rule: 'An iteration that fails fails the Map, with its own error.',
    link: links.map,
    states: { M: { Type: 'Map', MaxConcurrency: 1, ItemProcessor: task({}), End: true } },
    input: [1, 2],
    mocks: { T: [{ output: { Payload: 1 } }, { error: 'Bad', cause: 'item' }] },
    expect: {
      status: 'FAILED',
      error: 'Bad',
      cause: 'item',
      history: [
        'ExecutionStarted',
        'MapStateEntered',
        'MapStateStarted',
        'MapIterationStarted',
        'TaskStateEntered',
        'TaskScheduled',
        'TaskStarted',
        'TaskSucceeded',
        'TaskStateExited',
        'MapIterationSucceeded',
        'MapIterationStarted',
        'TaskStateEntered',
        'TaskScheduled',
        'TaskStarted',
        'TaskFailed',
        'MapIterationFailed',
        'TaskStateAborted',
        'MapStateFailed',
        'ExecutionFailed',
      ],
    },
  },
  {
    rule: 'A Map may catch its iterations’ errors.',
    link: links.map,
    states: {
      M: {
        Type: 'Map',
        ItemProcessor: task({}),
        Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error %}', Next: 'E' }],
        End: true,
      },
      E: { Type: 'Succeed' },
    },
    input: [1],
    mocks: { T: [{ error: 'Bad' }] },
    expect: { status: 'SUCCEEDED', output: 'Bad' },
  },
  {
    rule: 'A Map may be retried as a whole.',
    link: links.map,
    states: {
      M: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemProcessor: task({ Output: '{% $states.result.Payload %}' }),
        Retry: [{ ErrorEquals: ['Bad'] }],
        End: true,
      },
    },
    input: [1, 2],
    mocks: {
      T: [{ output: { Payload: 'a' } }, { error: 'Bad' }, { output: { Payload: 'b' } }, { output: { Payload: 'c' } }],
    },
    expect: { status: 'SUCCEEDED', output: ['b', 'c'] },
  },
  {
    rule: 'Mode DISTRIBUTED is refused by name.',
    link: links.map,
    states: {
      M: {
        Type: 'Map',
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...processor() },
        End: true,
      },
    },
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /Distributed Map is not supported.* at \/States\/M\/ItemProcessor\/ProcessorConfig\/Mode/,
    },
  },
  {
    rule: 'ItemReader is refused by name.',
    link: links.map,
    states: map({ ItemReader: {} }),
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /ItemReader belongs to the Distributed Map, which is not supported at \/States\/M\/ItemReader/,
    },
  },
  {
    rule: 'ItemBatcher is refused by name.',
    link: links.map,
    states: map({ ItemBatcher: {} }),
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /ItemBatcher belongs to the Distributed Map/ },
  },
  {
    rule: 'ResultWriter is refused by name.',
    link: links.map,
    states: map({ ResultWriter: {} }),
    expect: { status: 'INVALID', error: 'InvalidDefinition', cause: /ResultWriter belongs to the Distributed Map/ },
  },
  {
    rule: 'ToleratedFailurePercentage is not for an inline Map.',
    link: links.map,
    states: map({ ToleratedFailurePercentage: 10 }),
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /ToleratedFailurePercentage belongs to the Distributed Map and is not allowed in an inline Map/,
    },
  },
  {
    rule: 'ToleratedFailureCount is not for an inline Map.',
    link: links.map,
    states: map({ ToleratedFailureCount: 1 }),
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /ToleratedFailureCount belongs to the Distributed Map/,
    },
  },
  {
    rule: 'ItemsPath and Iterator belong to JSONPath.',
    link: links.map,
    states: map({ ItemsPath: '$' }),
    expect: {
      status: 'INVALID',
      error: 'InvalidDefinition',
      cause: /field 'ItemsPath' is only supported for the 'JSONPath' QueryLanguage at \/States\/M/,
    },
  },
];
