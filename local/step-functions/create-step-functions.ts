import { type AwsCall, AwsError, type Clock, type JsonService, type Running } from '../contract.ts';
import { Engine } from './engine.ts';
import { describeExecution, getExecutionHistory, listExecutions, stopExecution } from './execution-operations.ts';
import { createExpressions } from './expressions.ts';
import type { InterpreterContext } from './interpreter-context.ts';
import {
  createStateMachineOperation,
  describeStateMachine,
  listStateMachines,
  putStateMachine,
  type StateMachineInput,
} from './machine-operations.ts';
import { type ParsedDefinition, parseDefinition } from './parse-definition.ts';
import { performWith } from './perform-task.ts';
import type { ServiceParts } from './service-parts.ts';
import { startExecution } from './start-execution.ts';
import { Store } from './store.ts';
import type { PerformTask } from './task-outcome.ts';
import { newTaskToken } from './task-tokens.ts';
import { sendTaskFailure, sendTaskHeartbeat, sendTaskSuccess } from './token-operations.ts';

/** Puts a change of status on the default bus; `source` is `aws.states`, the resource is `detail.executionArn`. */
export type PublishStatus = (detailType: string, detail: Record<string, unknown>) => Promise<void>;

export interface StepFunctionsOptions {
  /** A file, or `:memory:` to keep nothing. */
  readonly databasePath: string;
  readonly clock: Clock;
  /** Calls a service with a state machine's role; Lambda's `Payload` is JSON text in; out it is the value itself or JSON bytes. */
  readonly call: AwsCall;
  /** Repeated until it resolves, and at least once after a crash. */
  readonly publish: PublishStatus;
  readonly region: string;
  readonly accountId: string;
  /** @default Math.random */
  readonly random?: () => number;
  /** Told once when the database refuses a step; nothing runs from then on. @default writes to standard error */
  readonly onBreakdown?: (error: unknown) => void;
}

/** The Step Functions service. */
export interface StepFunctions extends Running, JsonService {
  /** Creates or changes a state machine. @throws AwsError `InvalidDefinition` */
  createStateMachine(machine: StateMachineInput): { readonly stateMachineArn: string };
  /** Takes up the executions that were running when the database was last closed or the process died. */
  restore(): void;
  /** Resolves when all that is left waits for a timer, a token or a caller. */
  idle(): Promise<void>;
}

type Operation = (
  parts: ServiceParts,
  input: Record<string, unknown>,
) => Record<string, unknown> | Promise<Record<string, unknown>>;

const operations = new Map<string, Operation>([
  ['StartExecution', startExecution],
  ['StopExecution', stopExecution],
  ['DescribeExecution', describeExecution],
  ['ListExecutions', listExecutions],
  ['GetExecutionHistory', getExecutionHistory],
  ['SendTaskSuccess', sendTaskSuccess],
  ['SendTaskFailure', sendTaskFailure],
  ['SendTaskHeartbeat', sendTaskHeartbeat],
  ['CreateStateMachine', createStateMachineOperation],
  ['DescribeStateMachine', describeStateMachine],
  ['ListStateMachines', listStateMachines],
]);

/** The event name that EventBridge rules match. */
const statusChange = 'Step Functions Execution Status Change';

function reportBreakdown(error: unknown): void {
  console.error('Step Functions stopped because a step could not be committed:', error);
}

/** Builds the service on a given store and task performer; {@link createStepFunctions} is the usual way. */
export function assembleStepFunctions(
  options: Omit<StepFunctionsOptions, 'databasePath' | 'call'>,
  inner: { readonly store: Store; readonly performTask: PerformTask },
): StepFunctions {
  const { clock, region, accountId, random = Math.random, publish, onBreakdown = reportBreakdown } = options;
  const { store, performTask } = inner;
  const expressions = createExpressions({ now: () => clock.now(), random });
  const contexts = new Map<string, InterpreterContext>();
  const contextOf = (definitionId: string): InterpreterContext => {
    const known = contexts.get(definitionId);
    if (known) return known;
    const definition = parseDefinition(store.definition(definitionId));
    const context: InterpreterContext = { definition, expressions, random, newToken: newTaskToken, region };
    contexts.set(definitionId, context);
    return context;
  };
  const engine = new Engine({
    store,
    clock,
    performTask,
    contextOf,
    onBreakdown,
    publish: (detail) => publish(statusChange, detail),
  });
  const definitionOf = (definitionId: string): ParsedDefinition => contextOf(definitionId).definition;
  const parts: ServiceParts = { store, engine, clock, region, accountId, definitionOf };
  return {
    createStateMachine: (machine) => ({ stateMachineArn: putStateMachine(parts, machine).arn }),
    restore: () => engine.resume(),
    idle: () => engine.idle(),
    async handle(operation, input) {
      const action = operations.get(operation);
      if (!action)
        throw new AwsError('UnknownOperationException', `Step Functions has no operation '${operation}' here`);
      return action(parts, input);
    },
    async stop() {
      engine.stop();
      store.close();
    },
  };
}

/**
 * Starts the Step Functions service on a database. Call `restore()` once the services it calls are up: until then
 * nothing that was running goes on.
 */
export function createStepFunctions(options: StepFunctionsOptions): StepFunctions {
  const { databasePath, call, ...rest } = options;
  return assembleStepFunctions(rest, { store: new Store(databasePath), performTask: performWith(call) });
}
