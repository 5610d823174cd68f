import { AwsError } from '../contract.ts';
import type { RawAnswer } from '../engine/engine-client.ts';
import type { Principal } from '../iam/authorizer.ts';
import { jsonError } from './backend.ts';
import type { Dispatcher } from './dispatcher.ts';
import { parseInput } from './json-door.ts';

/** The operations of EventBridge Scheduler, which speaks REST. @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html */
const operations: Readonly<Record<string, string>> = {
  'DELETE one': 'DeleteSchedule',
  'GET all': 'ListSchedules',
  'GET one': 'GetSchedule',
  'POST one': 'CreateSchedule',
  'PUT one': 'UpdateSchedule',
};

/** Query parameters under the names that the operations' inputs have. */
const parameterNames: Readonly<Record<string, string>> = {
  clientToken: 'ClientToken',
  groupName: 'GroupName',
  MaxResults: 'MaxResults',
  NamePrefix: 'NamePrefix',
  NextToken: 'NextToken',
  ScheduleGroup: 'GroupName',
  State: 'State',
};

interface SchedulerRequest {
  readonly method: string;
  readonly url: string;
  readonly body: Buffer;
}

/** Answers a request that is signed for EventBridge Scheduler. */
export async function answerScheduler(
  dispatcher: Dispatcher,
  request: SchedulerRequest,
  principal: Principal | undefined,
): Promise<RawAnswer> {
  const service = 'scheduler';
  try {
    if (principal === undefined) {
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
    }
    const { action, input } = readRequest(request);
    return await dispatcher.answer({ service, action, body: request.body, input, principal });
  } catch (error) {
    return jsonError(error, service);
  }
}

function readRequest({ method, url, body }: SchedulerRequest) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, collection, name, ...rest] = pathname.split('/');
  const action = operations[`${method} ${name === undefined ? 'all' : 'one'}`];
  if (collection !== 'schedules' || rest.length > 0 || action === undefined) {
    throw new AwsError('UnknownOperationException', `${method} ${pathname} of the Scheduler does not run locally`, 404);
  }
  const parameters = [...searchParams].map(([key, value]) => [parameterNames[key] ?? key, value] as const);
  return {
    action,
    input: {
      ...parseInput(body),
      ...Object.fromEntries(parameters),
      ...(name !== undefined && { Name: decodeURIComponent(name) }),
    },
  };
}
