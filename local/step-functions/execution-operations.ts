import * as z from 'zod';
import { AwsError } from '../contract.ts';
import type { Execution, HistoryEvent } from './execution.ts';
import { isRecord, toJson } from './json.ts';
import { requireMachine } from './machine-operations.ts';
import { pageLimit, pageOffset, readInput, toSeconds } from './read-input.ts';
import type { ServiceParts } from './service-parts.ts';

function requireExecution(parts: ServiceParts, arn: string): Execution {
  const execution = parts.store.execution(arn);
  if (execution) return execution;
  throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

const ArnInput = z.looseObject({ executionArn: z.string() });

/** DescribeExecution. */
export function describeExecution(parts: ServiceParts, input: Record<string, unknown>): Record<string, unknown> {
  const execution = requireExecution(parts, readInput(ArnInput, input).executionArn);
  const isDone = execution.status === 'SUCCEEDED';
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    name: execution.name,
    status: execution.status,
    startDate: toSeconds(execution.startedAt),
    ...(execution.stoppedAt === undefined ? {} : { stopDate: toSeconds(execution.stoppedAt) }),
    input: toJson(execution.input),
    inputDetails: { included: true },
    ...(isDone ? { output: toJson(execution.output), outputDetails: { included: true } } : {}),
    ...(execution.error === undefined ? {} : { error: execution.error }),
    ...(execution.cause === undefined ? {} : { cause: execution.cause }),
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
  };
}

const ListInput = z.looseObject({
  stateMachineArn: z.string(),
  statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']).optional(),
  maxResults: z.int().min(0).max(1000).optional(),
  nextToken: z.string().optional(),
});

/** ListExecutions: newest first. */
export function listExecutions(parts: ServiceParts, input: Record<string, unknown>): Record<string, unknown> {
  const request = readInput(ListInput, input);
  const machine = requireMachine(parts, request.stateMachineArn);
  const offset = pageOffset(request.nextToken);
  const limit = pageLimit(request.maxResults, 100);
  const filter = { machineArn: machine.arn, status: request.statusFilter, limit: limit + 1, offset };
  const found = parts.store.executions(filter);
  const executions = found.slice(0, limit).map((execution) => ({
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    name: execution.name,
    status: execution.status,
    startDate: toSeconds(execution.startedAt),
    ...(execution.stoppedAt === undefined ? {} : { stopDate: toSeconds(execution.stoppedAt) }),
    redriveCount: 0,
  }));
  return { executions, ...(found.length > limit ? { nextToken: String(offset + limit) } : {}) };
}

const HistoryInput = z.looseObject({
  executionArn: z.string(),
  maxResults: z.int().min(0).max(1000).optional(),
  reverseOrder: z.boolean().optional(),
  nextToken: z.string().optional(),
  includeExecutionData: z.boolean().optional(),
});

const dataFields = new Set(['input', 'output', 'parameters', 'cause', 'error', 'assignedVariables']);

/** A detail without the execution's data, as `includeExecutionData: false` asks. */
function withoutData(details: unknown): unknown {
  if (!isRecord(details)) return details;
  return Object.fromEntries(Object.entries(details).filter(([field]) => !dataFields.has(field)));
}

function toHistoryEvent(event: HistoryEvent, includesData: boolean): Record<string, unknown> {
  const details = Object.entries(event.details).map(([name, value]) => [
    name,
    includesData ? value : withoutData(value),
  ]);
  return {
    timestamp: toSeconds(event.at),
    type: event.type,
    id: event.id,
    previousEventId: event.previousId,
    ...Object.fromEntries(details),
  };
}

/** GetExecutionHistory. */
export function getExecutionHistory(parts: ServiceParts, input: Record<string, unknown>): Record<string, unknown> {
  const request = readInput(HistoryInput, input);
  const execution = requireExecution(parts, request.executionArn);
  const offset = pageOffset(request.nextToken);
  const limit = pageLimit(request.maxResults, 1000);
  const page = { limit: limit + 1, offset, isReversed: request.reverseOrder ?? false };
  const found = parts.store.history(execution.id, page);
  const events = found.slice(0, limit).map((event) => toHistoryEvent(event, request.includeExecutionData ?? true));
  return { events, ...(found.length > limit ? { nextToken: String(offset + limit) } : {}) };
}

const StopInput = z.looseObject({
  executionArn: z.string(),
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
});

/** StopExecution. Stopping what has ended changes nothing. */
export async function stopExecution(
  parts: ServiceParts,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { executionArn, error, cause } = readInput(StopInput, input);
  requireExecution(parts, executionArn);
  await parts.engine.deliver(executionArn, { kind: 'stop', error, cause });
  const { stoppedAt } = requireExecution(parts, executionArn);
  return { stopDate: toSeconds(stoppedAt ?? parts.clock.now()) };
}
