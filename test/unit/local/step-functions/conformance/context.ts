import { links, type Row } from './row.ts';

const pass = (output: unknown): Record<string, unknown> => ({ P: { Type: 'Pass', Output: output, End: true } });

/** The context object. */
export const contextRows: readonly Row[] = [
  {
    rule: 'Execution.Input is the execution’s input, wherever one is.',
    link: links.context,
    states: { A: { Type: 'Pass', Output: 'other', Next: 'P' }, ...pass('{% $states.context.Execution.Input %}') },
    input: { n: 1 },
    expect: { status: 'SUCCEEDED', output: { n: 1 } },
  },
  {
    rule: 'Execution has Id, Name, RoleArn, StartTime and RedriveCount.',
    link: links.recorded,
    states: pass('{% $keys($states.context.Execution) ~> $sort %}'),
    expect: { status: 'SUCCEEDED', output: ['Id', 'Input', 'Name', 'RedriveCount', 'RoleArn', 'StartTime'] },
  },
  {
    rule: 'Execution.Id is the ARN: state machine and execution name.',
    link: links.context,
    states: pass(
      "{% $states.context.Execution.Id = $replace($states.context.StateMachine.Id, 'stateMachine', 'execution') & ':' & $states.context.Execution.Name %}",
    ),
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: 'StateMachine has Id and Name.',
    link: links.context,
    states: pass('{% $keys($states.context.StateMachine) %}'),
    expect: { status: 'SUCCEEDED', output: ['Id', 'Name'] },
  },
  {
    rule: 'State has Name and EnteredTime; RetryCount only where a state can be retried.',
    link: links.recorded,
    states: pass(['{% $states.context.State.Name %}', '{% $keys($states.context.State) %}']),
    expect: { status: 'SUCCEEDED', output: ['P', ['Name', 'EnteredTime']] },
  },
  {
    rule: 'Times are ISO-8601 in UTC with milliseconds.',
    link: links.context,
    states: pass(
      '{% $contains($states.context.Execution.StartTime, /^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$/) %}',
    ),
    expect: { status: 'SUCCEEDED', output: true },
  },
  {
    rule: 'Outside a Map there is no Map, outside a callback no Task.',
    link: links.context,
    states: pass('{% $keys($states.context) %}'),
    expect: { status: 'SUCCEEDED', output: ['Execution', 'StateMachine', 'State'] },
  },
];
