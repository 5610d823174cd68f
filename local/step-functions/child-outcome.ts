import type { Execution } from './execution.ts';
import { toJson } from './json.ts';
import type { TaskOutcome } from './task-outcome.ts';

/** A child execution as AWS describes it to its parent, fields in AWS's order. */
function describeChild(child: Execution, write: (value: unknown) => unknown): Record<string, unknown> {
  const isDone = child.status === 'SUCCEEDED';
  return {
    ...(child.cause === undefined ? {} : { Cause: child.cause }),
    ...(child.error === undefined ? {} : { Error: child.error }),
    ExecutionArn: child.arn,
    Input: write(child.input),
    InputDetails: { Included: true },
    Name: child.name,
    ...(isDone ? { Output: write(child.output), OutputDetails: { Included: true } } : {}),
    RedriveCount: 0,
    RedriveStatus: isDone ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    ...(isDone ? { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' } : {}),
    StartDate: child.startedAt,
    StateMachineArn: child.machineArn,
    Status: child.status,
    StopDate: child.stoppedAt,
  };
}

/**
 * What a parent's task makes of a child that has ended. The result of `.sync:2` has input and output as JSON, that of
 * `.sync` as text. Any end but success is `States.TaskFailed`, and its cause has the input as text in both.
 */
export function childOutcome(child: Execution, asJson: boolean): Exclude<TaskOutcome, { kind: 'submitted' }> {
  if (child.status !== 'SUCCEEDED') {
    return { kind: 'failed', error: 'States.TaskFailed', cause: toJson(describeChild(child, toJson)) };
  }
  return { kind: 'succeeded', output: describeChild(child, asJson ? (value) => value : toJson) };
}
