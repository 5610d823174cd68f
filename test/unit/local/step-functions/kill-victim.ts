import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { realClock } from '#local/real-clock.ts';
import { assembleStepFunctions } from '#local/step-functions/create-step-functions.ts';
import { Store } from '#local/step-functions/store.ts';
import type { TaskOutcome, TaskRequest } from '#local/step-functions/task-outcome.ts';

/**
 * A process to be killed: it runs one execution on the wall clock, and goes on with it when started again. The outside
 * world is a file of task tokens, all answered at each start. Prints a line when it is at work, and the description once
 * the execution has ended.
 */
const [databasePath = '', tokensPath = ''] = process.argv.slice(2);
const invoke = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke' };
const ask = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' };
const nested = {
  Each: {
    Type: 'Map',
    Items: [1, 2, 3, 4, 5, 6, 7, 8],
    MaxConcurrency: 1,
    ItemProcessor: {
      StartAt: 'Rest',
      States: {
        Rest: { Type: 'Wait', Seconds: 1, Next: 'Ask' },
        Ask: { ...ask, Arguments: { QueueUrl: 'q', MessageBody: '{% $states.context.Task.Token %}' }, Next: 'Add' },
        Add: {
          ...invoke,
          Arguments: { FunctionName: 'add', Payload: '{% $states.context.Map.Item.Value %}' },
          End: true,
        },
      },
    },
    End: true,
  },
};
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Count',
  TimeoutSeconds: 300,
  States: {
    Count: { Type: 'Pass', Assign: { n: 0 }, Next: 'Both' },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Each', States: nested },
        { StartAt: 'Long', States: { Long: { Type: 'Wait', Seconds: 2, Output: 'long', End: true } } },
      ],
      Next: 'Loop',
    },
    Loop: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $n < 80 %}', Assign: { n: '{% $n + 1 %}' }, Next: 'Again' }],
      Default: 'Done',
    },
    Again: { ...invoke, Arguments: { FunctionName: 'same', Payload: '{% $states.input %}' }, Next: 'Loop' },
    Done: { Type: 'Succeed', Output: { n: '{% $n %}', all: '{% $states.input %}' } },
  },
};

const Arguments = z.strictObject({ FunctionName: z.string(), Payload: z.unknown() });

async function perform({ resource, input, attempt }: TaskRequest): Promise<TaskOutcome> {
  if (resource.service === 'sqs') {
    appendFileSync(tokensPath, `${attempt}\n`);
    setTimeout(() => answer(attempt), 30);
    return { kind: 'submitted', output: {} };
  }
  const { FunctionName: name, Payload: payload } = Arguments.parse(input);
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  return { kind: 'succeeded', output: name === 'add' ? Number(payload) + 100 : payload };
}

const service = assembleStepFunctions(
  { clock: realClock, region: 'eu-west-1', accountId: '000000000000', publish: () => Promise.resolve() },
  { store: new Store(databasePath), performTask: perform },
);

function answer(taskToken: string): void {
  // Tokens of attempts that have ended are refused; that is what happens to a late agent too.
  service.handle('SendTaskSuccess', { taskToken, output: '"yes"' }).catch(() => {});
}

const roleArn = 'arn:aws:iam::000000000000:role/machine';
const { stateMachineArn } = service.createStateMachine({ name: 'm', roleArn, definition });
service.restore();
const started = { stateMachineArn, name: 'run', input: '{}' };
await service.handle('StartExecution', started).catch(() => ({}));
if (existsSync(tokensPath)) readFileSync(tokensPath, 'utf8').split('\n').filter(Boolean).forEach(answer);
console.log('at work');
const executionArn = 'arn:aws:states:eu-west-1:000000000000:execution:m:run';
const poll = setInterval(() => {
  void service.handle('DescribeExecution', { executionArn }).then((description) => {
    if (description['status'] === 'RUNNING') return;
    console.log(JSON.stringify(description));
    clearInterval(poll);
    return service.stop();
  });
}, 20);
