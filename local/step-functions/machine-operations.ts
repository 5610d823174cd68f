import * as z from 'zod';
import { AwsError } from '../contract.ts';
import { parseDefinition } from './parse-definition.ts';
import { pageLimit, pageOffset, readInput, toSeconds } from './read-input.ts';
import type { ServiceParts } from './service-parts.ts';
import type { MachineRow } from './store.ts';

/** A state machine to be created, or changed when it exists. */
export interface StateMachineInput {
  readonly name: string;
  /** @default the ARN that AWS would give it */
  readonly arn?: string;
  readonly roleArn: string;
  /** The definition, as JSON text or as the object. */
  readonly definition: string | Readonly<Record<string, unknown>>;
  /** @default 'STANDARD', the only one supported */
  readonly type?: string;
}

/**
 * Creates a state machine, or gives an existing one a new definition and role; executions keep what they started with.
 * @throws AwsError `InvalidDefinition`, `StateMachineTypeNotSupported`, `InvalidName`.
 */
export function putStateMachine(parts: ServiceParts, input: StateMachineInput): MachineRow {
  if (input.type !== undefined && input.type !== 'STANDARD') {
    const message = `State machine type '${input.type}' is not supported; only STANDARD is`;
    throw new AwsError('StateMachineTypeNotSupported', message);
  }
  if (!/^[\w-]{1,80}$/.test(input.name)) throw new AwsError('InvalidName', `Invalid Name: '${input.name}'`);
  const definition = typeof input.definition === 'string' ? input.definition : JSON.stringify(input.definition);
  parseDefinition(definition);
  const { region, accountId, clock } = parts;
  const arn = input.arn ?? `arn:aws:states:${region}:${accountId}:stateMachine:${input.name}`;
  return parts.store.putMachine({ arn, name: input.name, roleArn: input.roleArn, definition, now: clock.now() });
}

/** The machine, or StateMachineDoesNotExist. */
export function requireMachine(parts: ServiceParts, arn: string): MachineRow {
  const machine = parts.store.machine(arn);
  if (machine) return machine;
  throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

const CreateInput = z.looseObject({
  name: z.string(),
  definition: z.string(),
  roleArn: z.string(),
  type: z.string().optional(),
});

/** CreateStateMachine. */
export function createStateMachineOperation(
  parts: ServiceParts,
  input: Record<string, unknown>,
): Record<string, unknown> {
  const { name, definition, roleArn, type = 'STANDARD' } = readInput(CreateInput, input);
  const arn = `arn:aws:states:${parts.region}:${parts.accountId}:stateMachine:${name}`;
  const existing = parts.store.machine(arn);
  const isSame =
    existing && parts.store.definition(existing.definition_id) === definition && existing.role_arn === roleArn;
  if (existing && !isSame) {
    throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`, 409);
  }
  const machine = existing ?? putStateMachine(parts, { name, definition, roleArn, type });
  return { stateMachineArn: machine.arn, creationDate: toSeconds(machine.created_at) };
}

/** DescribeStateMachine. */
export function describeStateMachine(parts: ServiceParts, input: Record<string, unknown>): Record<string, unknown> {
  const { stateMachineArn } = readInput(z.looseObject({ stateMachineArn: z.string() }), input);
  const machine = requireMachine(parts, stateMachineArn);
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    definition: parts.store.definition(machine.definition_id),
    roleArn: machine.role_arn,
    type: 'STANDARD',
    creationDate: toSeconds(machine.created_at),
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  };
}

const PageInput = z.looseObject({ maxResults: z.int().min(0).max(1000).optional(), nextToken: z.string().optional() });

/** ListStateMachines. */
export function listStateMachines(parts: ServiceParts, input: Record<string, unknown>): Record<string, unknown> {
  const page = readInput(PageInput, input);
  const offset = pageOffset(page.nextToken);
  const limit = pageLimit(page.maxResults, 100);
  const all = parts.store.machines();
  const stateMachines = all.slice(offset, offset + limit).map((machine) => ({
    stateMachineArn: machine.arn,
    name: machine.name,
    type: 'STANDARD',
    creationDate: toSeconds(machine.created_at),
  }));
  return { stateMachines, ...(all.length > offset + limit ? { nextToken: String(offset + limit) } : {}) };
}
