import * as z from 'zod';
import { AwsError } from '../contract.ts';
import { assembleStepFunctions } from './create-step-functions.ts';
import { parseJson } from './json.ts';
import { Store } from './store.ts';
import type { PerformTask, TaskOutcome } from './task-outcome.ts';
import { VirtualClock } from './virtual-clock.ts';

const MockedResult = z.union([
  z.strictObject({ output: z.unknown() }),
  z.strictObject({ error: z.string().optional(), cause: z.string().optional() }),
]);

/** Scripted task results: by state name, used in order, one per attempt. */
export const Mocks = z.record(z.string(), z.array(MockedResult));
export type Mocks = z.infer<typeof Mocks>;

/** How a run ended, as the command line prints it. */
export interface RunReport {
  readonly status: string;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly history: readonly unknown[];
}

function performMocked(mocks: Mocks): PerformTask {
  const used = new Map<string, number>();
  return ({ stateName }): Promise<TaskOutcome> => {
    const index = used.get(stateName) ?? 0;
    used.set(stateName, index + 1);
    const result = Object.hasOwn(mocks, stateName) ? mocks[stateName]?.[index] : undefined;
    if (!result) {
      const cause = `The task '${stateName}' was run ${index + 1} time(s) but its mocks have ${index} result(s)`;
      return Promise.resolve({ kind: 'failed', error: 'States.Runtime', cause });
    }
    if ('output' in result) return Promise.resolve({ kind: 'succeeded', output: result.output });
    return Promise.resolve({ kind: 'failed', error: result.error, cause: result.cause });
  };
}

const Description = z.looseObject({
  status: z.string(),
  output: z.string().optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
});
const History = z.looseObject({ events: z.array(z.unknown()), nextToken: z.string().optional() });

type Service = ReturnType<typeof assembleStepFunctions>;

async function report(service: Service, executionArn: string): Promise<RunReport> {
  const { status, output, error, cause } = Description.parse(
    await service.handle('DescribeExecution', { executionArn }),
  );
  const history: unknown[] = [];
  for (let token: string | undefined = '0'; token !== undefined; ) {
    const page = History.parse(await service.handle('GetExecutionHistory', { executionArn, nextToken: token }));
    history.push(...page.events);
    token = page.nextToken;
  }
  return {
    status,
    ...(output === undefined ? {} : { output: parseJson(output)?.value }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    history,
  };
}

/**
 * Runs one execution of a definition with scripted tasks. Time is virtual: waits, retries and timeouts take none.
 * A refused definition or input is reported as status `INVALID`, not thrown.
 */
export async function runDefinition(definition: string, input: string, mocks: Mocks = {}): Promise<RunReport> {
  const clock = new VirtualClock(Date.now());
  const settings = { clock, region: 'us-east-1', accountId: '000000000000', publish: () => Promise.resolve() };
  const breakdowns: unknown[] = [];
  const onBreakdown = (error: unknown): void => {
    breakdowns.push(error);
  };
  const store = new Store(':memory:');
  const service = assembleStepFunctions({ ...settings, onBreakdown }, { store, performTask: performMocked(mocks) });
  try {
    const roleArn = 'arn:aws:iam::000000000000:role/step-functions';
    const { stateMachineArn } = service.createStateMachine({ name: 'definition', roleArn, definition });
    const started = await service.handle('StartExecution', { stateMachineArn, name: 'run', input });
    await service.idle();
    while (store.running().length > 0 && breakdowns.length === 0 && clock.jump()) await service.idle();
    for (const breakdown of breakdowns) throw breakdown;
    return await report(service, String(started['executionArn']));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { status: 'INVALID', error: error.code, cause: error.message, history: [] };
  } finally {
    await service.stop();
  }
}
