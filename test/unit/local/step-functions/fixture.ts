import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { AwsCall } from '#local/contract.ts';
import { createStepFunctions, type StepFunctions } from '#local/step-functions/create-step-functions.ts';
import { VirtualClock } from '#local/step-functions/virtual-clock.ts';

const Events = z.array(z.looseObject({ type: z.string() }));
const Message = z.strictObject({ token: z.string() });

/** One call the service made. */
export type Call = Parameters<AwsCall>[0];

/** A service with a virtual clock, whose outgoing calls are answered by `answer`. */
export interface Fixture {
  readonly service: StepFunctions;
  readonly clock: VirtualClock;
  readonly calls: Call[];
  readonly published: Record<string, unknown>[];
  readonly create: (name: string, states: Record<string, unknown>, extra?: Record<string, unknown>) => string;
  readonly start: (stateMachineArn: string, input?: unknown, name?: string) => Promise<string>;
  /** Lets time pass until nothing is left to wait for. */
  readonly finish: () => Promise<void>;
  readonly describe: (executionArn: string) => Promise<Record<string, unknown>>;
  readonly types: (executionArn: string) => Promise<string[]>;
}

export type Answer = (call: Call) => Record<string, unknown> | Promise<Record<string, unknown>>;

/** Builds a {@link Fixture}; pass the same `databasePath` and `clock` to reopen one. */
export function fixture(
  answer: Answer = () => ({}),
  reopened: { databasePath?: string; clock?: VirtualClock; publish?: () => Promise<void> } = {},
): Fixture {
  const { databasePath = ':memory:', clock = new VirtualClock(Date.UTC(2026, 0, 1)) } = reopened;
  const calls: Call[] = [];
  const published: Record<string, unknown>[] = [];
  const service: StepFunctions = createStepFunctions({
    databasePath,
    clock,
    region: 'eu-west-1',
    accountId: '000000000000',
    random: () => 0.5,
    call: async (call) => {
      calls.push(call);
      if (call.service === 'states') return service.handle(call.action, call.input);
      return answer(call);
    },
    publish: async (detailType, detail) => {
      await reopened.publish?.();
      published.push({ detailType, ...detail });
    },
  });
  const describe = (executionArn: string): Promise<Record<string, unknown>> =>
    service.handle('DescribeExecution', { executionArn });
  return {
    service,
    clock,
    calls,
    published,
    describe,
    create(name, states, extra = {}) {
      const definition = { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...extra };
      const roleArn = 'arn:aws:iam::000000000000:role/machine';
      return service.createStateMachine({ name, roleArn, definition }).stateMachineArn;
    },
    async start(stateMachineArn, input = {}, name = 'run') {
      const started = await service.handle('StartExecution', { stateMachineArn, name, input: JSON.stringify(input) });
      await service.idle();
      return String(started['executionArn']);
    },
    async finish() {
      await service.idle();
      while (clock.jump()) await service.idle();
    },
    async types(executionArn) {
      const { events } = await service.handle('GetExecutionHistory', { executionArn });
      return Events.parse(events).map((event) => event.type);
    },
  };
}

/** A directory for one test, and how to remove it. */
export function temporaryDirectory(): { path: string; remove: () => Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), 'step-functions-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The task token that a callback task put into its message. */
export function tokenOf(call: Call | undefined): string {
  return Message.parse(JSON.parse(String(call?.input['MessageBody']))).token;
}

/** A task that sends its token to a queue and waits for it. */
export const askAndWait = {
  Type: 'Task',
  Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
  Arguments: { QueueUrl: 'https://queue', MessageBody: { token: '{% $states.context.Task.Token %}' } },
};
