import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Retention } from '#core/contract/retention.ts';
import type { FunctionCode } from '#infra/bundle.ts';
import type { Config, StageSettings } from '#infra/config/config.ts';
import { type FunctionName, type FunctionSpec, functionNames, functionSpecs } from '#infra/config/functions.ts';
import type { Access } from '#infra/constructs/access.ts';
import type { Bus } from '#infra/constructs/bus.ts';
import type { Coordination } from '#infra/constructs/coordination.ts';
import type { Payloads } from '#infra/constructs/payloads.ts';
import type { Queues } from '#infra/constructs/queues.ts';
import type { Schedules } from '#infra/constructs/schedules.ts';
import type { SocketApi } from '#infra/constructs/socket-api.ts';
import type { Table } from '#infra/constructs/table.ts';
import { TaskFunction } from '#infra/constructs/task-function.ts';
import type { Vault } from '#infra/constructs/vault.ts';

/** What functions can be given access to. */
export interface Resources {
  readonly table: Table;
  readonly queues: Queues;
  readonly sockets: SocketApi;
  readonly coordination: Coordination;
  readonly bus: Bus;
  readonly payloads: Payloads;
  readonly access: Access;
  readonly schedules: Schedules;
  readonly vault: Vault;
}

export interface FunctionsProps {
  readonly code: FunctionCode;
  readonly logLevel: Config['logLevel'];
  readonly retention: Retention;
  readonly settings: StageSettings;
  /** Environments of each consumer of a queue. */
  readonly reservedConcurrency?: number | undefined;
  readonly resources: Resources;
  /** Dead-letter queues of the functions that are invoked asynchronously. */
  readonly deadLetters: Partial<Readonly<Record<FunctionName, IQueue>>>;
}

/** The id of a function's construct below {@link Functions}: `HttpTasks` of `http/tasks`. */
export const constructIdOf = (name: FunctionName): string =>
  name.replaceAll(/(^|[/-])([a-z])/g, (_whole, _separator, letter: string) => letter.toUpperCase());

/** Every function of the catalogue, with exactly the access that the catalogue gives it. */
export class Functions extends Construct {
  private readonly functions: ReadonlyMap<FunctionName, TaskFunction>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    this.functions = new Map(functionNames.map((name) => [name, this.addFunction(name, props)]));
  }

  /** The function of an entry. */
  named(name: FunctionName): TaskFunction {
    const found = this.functions.get(name);
    if (found === undefined) throw new Error(`there is no function ${name}`);
    return found;
  }

  private addFunction(name: FunctionName, props: FunctionsProps): TaskFunction {
    const spec: FunctionSpec = functionSpecs[name];
    const created = new TaskFunction(this, constructIdOf(name), {
      spec,
      code: props.code.codeOf(name),
      logLevel: props.logLevel,
      retention: props.retention,
      settings: props.settings,
      deadLetterQueue: props.deadLetters[name],
      ...(name.startsWith('queue/') ? { reservedConcurrency: props.reservedConcurrency } : {}),
    });
    grantAccess(created, spec, props.resources);
    return created;
  }
}

function grantAccess(grantee: TaskFunction, { access }: FunctionSpec, resources: Resources): void {
  if (access.table !== undefined) resources.table.grantAccess(grantee, access.table, access.indexes);
  if (access.payloads !== undefined) resources.payloads.grantAccess(grantee, access.payloads);
  if (access.secrets === true) resources.vault.grantRead(grantee);
  if (access.authenticates === true) resources.access.grantAuthenticate(grantee);
  grantEffects(grantee, access, resources);
}

/** What reaches beyond the stack's own data. */
function grantEffects(grantee: TaskFunction, access: FunctionSpec['access'], resources: Resources): void {
  for (const queue of access.sends ?? []) resources.queues.grantSend(grantee, queue);
  if (access.pushes === true) resources.sockets.grantPush(grantee);
  if (access.closes === true) resources.sockets.grantClose(grantee);
  if (access.answersTokens === true) resources.coordination.grantTaskResponse(grantee);
  if (access.executions !== undefined) resources.coordination.grantExecutions(grantee, access.executions);
  if (access.publishes === true) resources.bus.grantPublish(grantee);
  if (access.schedules === true) resources.schedules.grantManage(grantee);
}
