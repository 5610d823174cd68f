import type { AwsCall } from '../contract.ts';
import { changeItem, putEvents, sendMessage, startExecution } from './call-service.ts';
import { invokeFunction } from './invoke-function.ts';
import { serviceFailure } from './service-error.ts';
import type { PerformTask, TaskOutcome, TaskRequest } from './task-outcome.ts';

function callService(call: AwsCall, request: TaskRequest): Promise<TaskOutcome> {
  switch (request.resource.service) {
    case 'lambda':
      return invokeFunction(call, request);
    case 'sqs':
      return sendMessage(call, request);
    case 'events':
      return putEvents(call, request);
    case 'dynamodb':
      return changeItem(call, request);
    case 'states':
      return startExecution(call, request);
    default:
      return request.resource.service satisfies never;
  }
}

/** What the answered call means for the task: done, or submitted when it waits for a token or a child. */
function settleOutcome(request: TaskRequest, outcome: TaskOutcome): TaskOutcome {
  if (outcome.kind === 'failed') return outcome;
  const { output } = outcome;
  switch (request.resource.pattern) {
    case 'request':
      return { kind: 'succeeded', output };
    case 'waitForTaskToken':
      return { kind: 'submitted', output };
    case 'sync':
    case 'sync:2':
      return outcome;
    default:
      return request.resource.pattern satisfies never;
  }
}

/** Performs tasks by calling the services with the state machine's role. */
export function performWith(call: AwsCall): PerformTask {
  return async (request) => {
    try {
      return settleOutcome(request, await callService(call, request));
    } catch (error) {
      return serviceFailure(request.resource.service, error);
    }
  };
}
