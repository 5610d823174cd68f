import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Mocks, runDefinition } from '#local/step-functions/run-definition.ts';

const Event = z.looseObject({ id: z.number(), previousEventId: z.number(), type: z.string() });

async function historyOf(
  states: Record<string, unknown>,
  input: unknown = {},
  mocks: Mocks = {},
): Promise<z.infer<typeof Event>[]> {
  const definition = { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states };
  const report = await runDefinition(JSON.stringify(definition), JSON.stringify(input), mocks);
  return z.array(Event).parse(report.history);
}
const chain = (events: z.infer<typeof Event>[]): number[] => events.map((event) => event.previousEventId);
const types = (events: z.infer<typeof Event>[]): string[] => events.map((event) => event.type);
const each = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };

/** Events and chains of previous events are those recorded or measured on AWS for the same definitions. */
describe('execution history', () => {
  it('chains a Map with MaxConcurrency 1 from iteration to iteration', async () => {
    const events = await historyOf({ M: { Type: 'Map', MaxConcurrency: 1, ItemProcessor: each, End: true } }, [
      1,
      'two',
      true,
    ]);
    expect(chain(events)).toEqual([0, 0, 2, 3, 4, 5, 6, 6, 8, 9, 10, 10, 12, 13, 14, 15, 15, 17]);
    expect(events[2]).toMatchObject({ type: 'MapStateStarted', mapStateStartedEventDetails: { length: 3 } });
    expect(events[3]).toMatchObject({ mapIterationStartedEventDetails: { index: 0, name: 'M' } });
    expect(events[16]).toMatchObject({ stateExitedEventDetails: { name: 'M', output: '[1,"two",true]' } });
  });

  it('chains a failed entry to the event before the state', async () => {
    const events = await historyOf({ P: { Type: 'Pass', Output: { result: '{% $doesNotExist %}' }, End: true } });
    expect(chain(events)).toEqual([0, 0, 0, 3]);
    const cause =
      "An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression '$doesNotExist' specified for the field 'Output/result' returned nothing (undefined).";
    expect(events[2]).toMatchObject({
      evaluationFailedEventDetails: {
        cause,
        error: 'States.QueryEvaluationError',
        location: 'Output/result',
        state: 'P',
      },
    });
  });

  it('chains bad Items to the event before the Map', async () => {
    const start = { Start: { Type: 'Pass', Assign: { items: 1 }, Next: 'M' } };
    const events = await historyOf({
      ...start,
      M: { Type: 'Map', Items: '{% $items %}', ItemProcessor: each, End: true },
    });
    expect(chain(events)).toEqual([0, 0, 2, 3, 3, 5, 6]);
    expect(events[2]).toMatchObject({ stateExitedEventDetails: { assignedVariables: { items: '1' } } });
  });

  it('chains a bad Timestamp to the entry of the Wait', async () => {
    const events = await historyOf({ W: { Type: 'Wait', Timestamp: "{% 'tomorrow' %}", End: true } });
    expect(chain(events)).toEqual([0, 0, 2, 3]);
  });

  it('aborts the Task that ends a branch, beside the failure of the Parallel', async () => {
    const send = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: 'f' } };
    const branch = { StartAt: 'Send', States: { Send: { ...send, End: true } } };
    const rules = [{ ErrorEquals: ['States.ALL'], Next: 'Handled' }];
    const events = await historyOf(
      {
        P: { Type: 'Parallel', Branches: [branch], Catch: rules, End: true },
        Handled: { Type: 'Pass', End: true },
      },
      {},
      { Send: [{ error: 'E', cause: 'c' }] },
    );
    expect(types(events).slice(6, 10)).toEqual([
      'TaskFailed',
      'TaskStateAborted',
      'ParallelStateFailed',
      'ParallelStateExited',
    ]);
    expect(chain(events)).toEqual([0, 0, 2, 3, 4, 5, 6, 7, 7, 9, 10, 11, 12]);
  });

  it('records the failure of a Parallel only when it is not tried again', async () => {
    const branch = { StartAt: 'Boom', States: { Boom: { Type: 'Fail', Error: 'E' } } };
    const Retry = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }];
    const events = await historyOf({ P: { Type: 'Parallel', Branches: [branch], Retry, End: true } });
    expect(types(events).slice(2)).toEqual([
      'ParallelStateStarted',
      'FailStateEntered',
      'ParallelStateStarted',
      'FailStateEntered',
      'ParallelStateFailed',
      'ExecutionFailed',
    ]);
    expect(chain(events)).toEqual([0, 0, 2, 3, 4, 5, 6, 7]);
  });

  it('records cut iterations in their order with the state they were in, before the one that failed', async () => {
    const processor = {
      StartAt: 'Route',
      States: {
        Route: {
          Type: 'Choice',
          Choices: [{ Condition: "{% $states.input = 'fail' %}", Next: 'Pause' }],
          Default: 'Long',
        },
        Pause: { Type: 'Wait', Seconds: 1, Next: 'Boom' },
        Boom: { Type: 'Fail', Error: 'Boom' },
        Long: { Type: 'Wait', Seconds: 20, End: true },
      },
    };
    const events = await historyOf({ M: { Type: 'Map', ItemProcessor: processor, End: true } }, ['a', 'fail', 'b']);
    const at = types(events).indexOf('FailStateEntered');
    const tail = events.slice(at + 1);
    expect(types(tail)).toEqual([
      'MapIterationAborted',
      'WaitStateAborted',
      'MapIterationAborted',
      'WaitStateAborted',
      'MapIterationFailed',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
    expect(chain(tail)).toEqual([...Array.from({ length: 6 }, () => at + 1), at + 1 + 6]);
    expect(tail[0]).toMatchObject({ mapIterationAbortedEventDetails: { name: 'M', index: 0 } });
    expect(tail[4]).toMatchObject({ mapIterationFailedEventDetails: { name: 'M', index: 1 } });
  });

  it('records nothing of what a States.Runtime cuts', async () => {
    const route = { Type: 'Choice', Choices: [{ Condition: '{% $states.input = 1 %}', Next: 'Long' }] };
    const States = { Route: route, Long: { Type: 'Wait', Seconds: 20, End: true } };
    const events = await historyOf(
      { M: { Type: 'Map', ItemProcessor: { StartAt: 'Route', States }, End: true } },
      [1, 2],
    );
    expect(types(events).at(-1)).toBe('ExecutionFailed');
    expect(types(events).filter((type) => /Aborted|MapIterationFailed|MapStateFailed/.test(type))).toEqual([]);
  });

  it("puts the failure of a catcher's own Output beside the first failure of the Parallel", async () => {
    const branch = { StartAt: 'Boom', States: { Boom: { Type: 'Fail', Error: 'E' } } };
    const Catch = [{ ErrorEquals: ['States.ALL'], Output: '{% $nothing %}', Next: 'After' }];
    const events = await historyOf({
      P: { Type: 'Parallel', Branches: [branch], Catch, Next: 'After' },
      After: { Type: 'Pass', End: true },
    });
    expect(types(events).slice(4)).toEqual([
      'ParallelStateFailed',
      'EvaluationFailed',
      'ParallelStateFailed',
      'ExecutionFailed',
    ]);
    expect(chain(events).slice(4)).toEqual([4, 4, 6, 7]);
  });

  it('describes a task by resource, type, region and parameters', async () => {
    const task = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken', End: true };
    const fields = { Arguments: { QueueUrl: 'q', MessageBody: 'b' }, TimeoutSeconds: 600, HeartbeatSeconds: 60 };
    const events = await historyOf({ T: { ...task, ...fields } }, {}, { T: [{ error: 'E', cause: 'C' }] });
    expect(chain(events)).toEqual([0, 0, 2, 3, 4, 5]);
    const resource = { resource: 'sendMessage.waitForTaskToken', resourceType: 'sqs' };
    expect(events[2]?.['taskScheduledEventDetails']).toEqual({
      ...resource,
      region: 'us-east-1',
      parameters: '{"QueueUrl":"q","MessageBody":"b"}',
      timeoutInSeconds: 600,
      heartbeatInSeconds: 60,
    });
    expect(events[3]?.['taskStartedEventDetails']).toEqual(resource);
    expect(events[4]?.['taskFailedEventDetails']).toEqual({ ...resource, error: 'E', cause: 'C' });
    expect(events[5]?.['executionFailedEventDetails']).toEqual({ error: 'E', cause: 'C' });
  });
});
