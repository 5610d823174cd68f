import type { Execution } from './execution.ts';
import { toJson } from './json.ts';

/**
 * The `detail` of a "Step Functions Execution Status Change" event.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export function statusDetail(execution: Execution): Record<string, unknown> {
  const succeeded = execution.status === 'SUCCEEDED';
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    name: execution.name,
    status: execution.status,
    startDate: execution.startedAt,
    stopDate: execution.stoppedAt ?? null,
    input: toJson(execution.input),
    inputDetails: { included: true },
    output: succeeded ? toJson(execution.output) : null,
    outputDetails: succeeded ? { included: true } : null,
    error: execution.error ?? null,
    cause: execution.cause ?? null,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: execution.status === 'RUNNING' || succeeded ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    redriveStatusReason:
      execution.status === 'RUNNING'
        ? 'Execution is RUNNING and cannot be redriven'
        : succeeded
          ? 'Execution is SUCCEEDED and cannot be redriven'
          : null,
  };
}
