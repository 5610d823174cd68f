import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../contract.ts';
import type { Execution, Frame, HistoryEvent } from './execution.ts';
import { maxDataBytes, parseJson, toJson } from './json.ts';
import { requireMachine } from './machine-operations.ts';
import { readInput, toSeconds } from './read-input.ts';
import type { ServiceParts } from './service-parts.ts';
import { statusDetail } from './status-detail.ts';
import { historyText } from './step-draft.ts';
import { newExecutionName } from './task-tokens.ts';

const StartInput = z.looseObject({
  stateMachineArn: z.string(),
  name: z.string().optional(),
  input: z.string().optional(),
});

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const badNameCharacters = /[\s\p{Cc}<>{}[\]?*"#%\\^|~`$&,;:/\ufffe\uffff]/u;

function checkName(name: string): string {
  if (name.length === 0 || name.length > 80 || badNameCharacters.test(name)) {
    throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
  }
  return name;
}

function readExecutionInput(text: string): unknown {
  if (Buffer.byteLength(text, 'utf8') > maxDataBytes) {
    throw new AwsError('InvalidExecutionInput', `The input is larger than ${maxDataBytes} bytes`);
  }
  const json = parseJson(text);
  if (!json) throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${text}'`);
  return json.value;
}

function firstFrame(startAt: string, input: unknown, now: number): Frame {
  return {
    id: 1,
    parent: undefined,
    index: 0,
    state: startAt,
    phase: { kind: 'ready' },
    input,
    variables: {},
    payload: undefined,
    retries: [],
    retryCount: 0,
    enteredAt: now,
    enteredEvent: 0,
    eventBefore: 0,
    // AWS chains the first state to event 0, not to ExecutionStarted.
    lastEvent: 0,
  };
}

/**
 * StartExecution. The same name with the same input while the execution runs answers that execution.
 * @throws AwsError `StateMachineDoesNotExist`, `ExecutionAlreadyExists`, `InvalidName`, `InvalidExecutionInput`.
 */
export function startExecution(parts: ServiceParts, raw: Record<string, unknown>): Record<string, unknown> {
  const request = readInput(StartInput, raw);
  const machine = requireMachine(parts, request.stateMachineArn);
  const name = request.name === undefined ? newExecutionName() : checkName(request.name);
  const input = readExecutionInput(request.input ?? '{}');
  const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
  const existing = parts.store.execution(arn);
  if (existing) {
    const isSame = existing.status === 'RUNNING' && toJson(existing.input) === toJson(input);
    if (!isSame) throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    return { executionArn: arn, startDate: toSeconds(existing.startedAt) };
  }
  const now = parts.clock.now();
  const { workflow, timeoutSeconds } = parts.definitionOf(machine.definition_id);
  const execution: Omit<Execution, 'id'> = {
    arn,
    name,
    machineArn: machine.arn,
    machineName: machine.name,
    roleArn: machine.role_arn,
    definitionId: machine.definition_id,
    input,
    startedAt: now,
    deadlineAt: timeoutSeconds === undefined ? undefined : now + timeoutSeconds * 1000,
    status: 'RUNNING',
  };
  const frame = firstFrame(workflow.StartAt, input, now);
  const details = {
    executionStartedEventDetails: { ...historyText('input', toJson(input)), roleArn: machine.role_arn },
  };
  const event: HistoryEvent = { id: 1, at: now, type: 'ExecutionStarted', previousId: 0, details };
  const notice = { id: randomUUID(), detail: statusDetail({ ...execution, id: 0 }) };
  parts.engine.start(parts.store.addExecution(execution, { frame, event, notice }), frame);
  return { executionArn: arn, startDate: toSeconds(now) };
}
