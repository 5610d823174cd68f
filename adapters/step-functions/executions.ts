import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { InvalidFieldError } from '#core/errors/errors.ts';
import type { Executions } from '#core/ports/executions.ts';
import { callService, isNamed } from '../service-errors.ts';

export interface StepFunctionsOptions {
  readonly client: SFNClient;
  /** ARN of each mode's state machine. */
  readonly stateMachines: Readonly<Record<string, unknown>>;
}

const service = 'Step Functions';

/** Longest texts of a failure. @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html */
const errorLength = 256;
const causeLength = 32_768;

const stateMachineOf = (options: StepFunctionsOptions, mode: string): string => {
  const arn = Object.hasOwn(options.stateMachines, mode) ? options.stateMachines[mode] : undefined;
  if (typeof arn !== 'string') {
    throw new InvalidFieldError('mode', `This installation has no state machine for the mode ${mode}.`);
  }
  return arn;
};

/** `arn:…:stateMachine:name` → `arn:…:execution:name:runId`, the form of every standard execution's ARN. */
const executionArnOf = (stateMachineArn: string, runId: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${runId}`;

const start = async (
  options: StepFunctionsOptions,
  request: { readonly mode: string; readonly runId: string; readonly input: unknown },
): Promise<string> => {
  const stateMachineArn = stateMachineOf(options, request.mode);
  const executionArn = executionArnOf(stateMachineArn, request.runId);
  const command = new StartExecutionCommand({
    stateMachineArn,
    name: request.runId,
    input: JSON.stringify(request.input ?? {}),
  });
  try {
    const answer = await callService(service, () => options.client.send(command));
    return answer.executionArn ?? executionArn;
  } catch (error) {
    // The name is the run's: whoever started it, it is this run's execution.
    if (isNamed(error, 'ExecutionAlreadyExists')) {
      return executionArn;
    }
    throw error;
  }
};

/** A token that nobody waits for any more: answered, timed out, or its execution ended. */
const answering = async (answer: () => Promise<unknown>): Promise<'delivered' | 'gone'> => {
  try {
    await callService(service, answer);
    return 'delivered';
  } catch (error) {
    if (isNamed(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) {
      return 'gone';
    }
    throw error;
  }
};

const stop = async (client: SFNClient, executionArn: string, reason: string): Promise<void> => {
  const command = new StopExecutionCommand({ executionArn, cause: reason.slice(0, causeLength) });
  try {
    await callService(service, () => client.send(command));
  } catch (error) {
    if (!isNamed(error, 'ExecutionDoesNotExist')) {
      throw error;
    }
  }
};

const status = async (client: SFNClient, executionArn: string): ReturnType<Executions['status']> => {
  try {
    const answer = await callService(service, () => client.send(new DescribeExecutionCommand({ executionArn })));
    // An execution that waits for its redrive goes on.
    return answer.status === 'PENDING_REDRIVE' ? 'RUNNING' : (answer.status ?? 'UNKNOWN');
  } catch (error) {
    if (isNamed(error, 'ExecutionDoesNotExist')) {
      return 'UNKNOWN';
    }
    throw error;
  }
};

/** Step Functions' standard executions, named by their runs. Every method may be repeated. */
export const createStepFunctionsExecutions = (options: StepFunctionsOptions): Executions => ({
  start: async (request) => start(options, request),
  stop: async (executionArn, reason) => stop(options.client, executionArn, reason),
  status: async (executionArn) => status(options.client, executionArn),
  succeed: async (taskToken, output) =>
    answering(() =>
      options.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output ?? null) })),
    ),
  fail: async (taskToken, error, cause) =>
    answering(() =>
      options.client.send(
        new SendTaskFailureCommand({
          taskToken,
          error: error.slice(0, errorLength),
          cause: cause.slice(0, causeLength),
        }),
      ),
    ),
});
