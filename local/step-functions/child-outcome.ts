import type { Execution } from './execution.ts';
import { toJson } from './json.ts';
import type { TaskOutcome } from './task-outcome.ts';

/** The description of a child execution as a `.sync` task's result; `.sync:2` has the output as JSON, not as text. */
function describeChild(child: Execution, asJson: boolean): Record<string, unknown> {
  const isDone = child.status === 'SUCCEEDED';
  return {
    ExecutionArn: child.arn,
    Input: asJson ? child.input : toJson(child.input),
    InputDetails: { Included: true },
    Name: child.name,
    ...(isDone ? { Output: asJson ? child.output : toJson(child.output), OutputDetails: { Included: true } } : {}),
    ...(child.error === undefined ? {} : { Error: child.error }),
    ...(child.cause === undefined ? {} : { Cause: child.cause }),
    RedriveCount: 0,
    StartDate: child.startedAt,
    StateMachineArn: child.machineArn,
    Status: child.status,
    StopDate: child.stoppedAt,
  };
}

/** What a parent's task makes of a child that has ended: any end but success is `States.TaskFailed`. */
export function childOutcome(child: Execution, asJson: boolean): Exclude<TaskOutcome, { kind: 'submitted' }> {
  if (child.status === 'SUCCEEDED') return { kind: 'succeeded', output: describeChild(child, asJson) };
  return { kind: 'failed', error: 'States.TaskFailed', cause: toJson(describeChild(child, asJson)) };
}
