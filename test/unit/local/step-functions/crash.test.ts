import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { assembleStepFunctions } from '#local/step-functions/create-step-functions.ts';
import type { Step } from '#local/step-functions/execution.ts';
import { Store } from '#local/step-functions/store.ts';
import type { TaskOutcome, TaskRequest } from '#local/step-functions/task-outcome.ts';
import { VirtualClock } from '#local/step-functions/virtual-clock.ts';
import { temporaryDirectory } from './fixture.ts';

const invoke = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke' };
const ask = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' };

/** Waits, retries, a caught failure, a loop, tokens, a Map in a Parallel: something of everything that is kept. */
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'Init',
  TimeoutSeconds: 100_000,
  States: {
    Init: { Type: 'Pass', Assign: { round: 0, base: '{% $states.input.base %}' }, Next: 'Both' },
    Both: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'Each',
          States: {
            Each: {
              Type: 'Map',
              Items: [1, 2, 3],
              MaxConcurrency: 2,
              ItemProcessor: {
                StartAt: 'Work',
                States: {
                  Work: {
                    ...invoke,
                    Arguments: { FunctionName: 'f', Payload: '{% $states.input * $base %}' },
                    Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 2, JitterStrategy: 'FULL' }],
                    Output: '{% $states.result %}',
                    Next: 'Pause',
                  },
                  Pause: { Type: 'Wait', Seconds: 7, End: true },
                },
              },
              End: true,
            },
          },
        },
        {
          StartAt: 'Ask',
          States: {
            Ask: {
              ...ask,
              Arguments: { QueueUrl: 'q', MessageBody: { token: '{% $states.context.Task.Token %}' } },
              TimeoutSeconds: 500,
              Output: '{% $states.result.answer %}',
              End: true,
            },
          },
        },
      ],
      Output: '{% $states.result %}',
      Next: 'Broken',
    },
    Broken: {
      ...invoke,
      Arguments: { FunctionName: 'broken', Payload: '{% $states.input %}' },
      Catch: [
        {
          ErrorEquals: ['Boom'],
          Output: '{% $states.input %}',
          Assign: { why: '{% $states.errorOutput.Cause %}' },
          Next: 'Again?',
        },
      ],
      End: true,
    },
    'Again?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $round < 2 %}', Assign: { round: '{% $round + 1 %}' }, Next: 'Rest' }],
      Default: 'End',
    },
    Rest: { Type: 'Wait', Seconds: 30, Next: 'Again?' },
    End: { Type: 'Pass', Output: { all: '{% $states.input %}', why: '{% $why %}', round: '{% $round %}' }, End: true },
  },
};
const executionArn = 'arn:aws:states:eu-west-1:000000000000:execution:m:run';

const Arguments = z.strictObject({ FunctionName: z.string(), Payload: z.unknown() });

/** A store that kills the service right after its nth commit, before any effect of that step. */
class MortalStore extends Store {
  commitsLeft: number;
  constructor(path: string, commitsLeft: number) {
    super(path);
    this.commitsLeft = commitsLeft;
  }
  override commit(step: Step, stored: Parameters<Store['commit']>[1]): void {
    if (this.commitsLeft <= 0) throw new Error('dead');
    super.commit(step, stored);
    this.commitsLeft -= 1;
    if (this.commitsLeft === 0) throw new Error('killed after the commit');
  }
}

/** The outside world: it outlives the service, answers tasks and hands tokens back. */
class World {
  readonly clock = new VirtualClock(Date.UTC(2026, 0, 1));
  readonly tokens: string[] = [];
  readonly published: unknown[] = [];
  readonly attempts = new Map<string, number>();

  perform = async (request: TaskRequest): Promise<TaskOutcome> => {
    if (request.resource.service === 'sqs') {
      this.tokens.push(request.attempt);
      return { kind: 'submitted', output: { MessageId: '1' } };
    }
    const { FunctionName: name, Payload: payload } = Arguments.parse(request.input);
    if (name === 'broken' || typeof payload !== 'number') return { kind: 'failed', error: 'Boom', cause: 'broken' };
    this.attempts.set(request.attempt, payload);
    const tries = [...this.attempts.values()].filter((value) => value === payload).length;
    return payload === 20 && tries === 1
      ? { kind: 'failed', error: 'Flaky', cause: undefined }
      : { kind: 'succeeded', output: payload + 1 };
  };
}

async function life(
  world: World,
  path: string,
  commits: number,
): Promise<{ isDead: boolean; commitsUsed: number; end: Record<string, unknown> }> {
  const store = new MortalStore(path, commits);
  const deaths: unknown[] = [];
  const service = assembleStepFunctions(
    {
      clock: world.clock,
      region: 'eu-west-1',
      accountId: '000000000000',
      random: () => 0.25,
      publish: async (_type, detail) => {
        world.published.push(detail['status']);
      },
      onBreakdown: (error) => {
        deaths.push(error);
      },
    },
    { store, performTask: world.perform },
  );
  const { stateMachineArn } = service.createStateMachine({ name: 'm', roleArn: 'arn:role', definition });
  service.restore();
  if (!store.execution(executionArn)) {
    await service.handle('StartExecution', { stateMachineArn, name: 'run', input: '{"base":10}' });
  }
  const answer = async (): Promise<void> => {
    for (const taskToken of world.tokens.splice(0)) {
      const sent = service.handle('SendTaskSuccess', { taskToken, output: '{"answer":"yes"}' });
      // Repeated after a crash, the first one may have been taken already.
      await sent.catch(() => {});
      if (deaths.length > 0) world.tokens.push(taskToken);
    }
  };
  await service.idle();
  while (deaths.length === 0 && store.running().length > 0) {
    await answer();
    await service.idle();
    if (deaths.length > 0 || store.running().length === 0 || !world.clock.jump()) break;
    await service.idle();
  }
  const { startDate: _start, stopDate: _stop, ...end } = await service.handle('DescribeExecution', { executionArn });
  const commitsUsed = commits - store.commitsLeft;
  await service.stop();
  return { isDead: deaths.length > 0, commitsUsed, end };
}

const output = { all: [[11, 21, 31], 'yes'], why: 'broken', round: 2 };

describe('an execution whose service dies', () => {
  const directory = temporaryDirectory();
  afterAll(() => directory.remove());

  it('ends the same when the service is killed once after any of its commits', async () => {
    const whole = await life(new World(), join(directory.path, 'whole.db'), Infinity);
    expect(whole).toMatchObject({ isDead: false, end: { status: 'SUCCEEDED', output: JSON.stringify(output) } });
    let deaths = 0;
    for (let commits = 1; ; commits += 1) {
      const path = join(directory.path, `${commits}.db`);
      const world = new World();
      const first = await life(world, path, commits);
      if (!first.isDead) break;
      deaths += 1;
      const second = await life(world, path, Infinity);
      expect({ commits, ...second.end }).toEqual({ commits, ...whole.end });
      expect(world.published.at(-1)).toBe('SUCCEEDED');
    }
    expect(deaths).toBeGreaterThan(25);
  });

  it('ends the same when it is killed after every single commit', async () => {
    const path = join(directory.path, 'always.db');
    const world = new World();
    let current = await life(world, path, 1);
    let lives = 1;
    while (current.isDead) {
      current = await life(world, path, 1);
      lives += 1;
      expect(lives).toBeLessThan(500);
    }
    expect(current.end).toMatchObject({ status: 'SUCCEEDED', output: JSON.stringify(output) });
  });
});
