import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ArnFormat, Duration, Lazy, Stack, Validations } from 'aws-cdk-lib';
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StageSettings } from '#infra/config/config.ts';
import type { ExecutionAction } from '#infra/config/functions.ts';
import { modes } from '#infra/config/modes.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import { acknowledgeWildcard } from '#infra/wildcards.ts';

const pascalCase = (mode: string): string =>
  mode.replaceAll(/(^|_)([a-z])/g, (_whole, _separator, letter: string) => letter.toUpperCase());

export interface CoordinationProps {
  readonly settings: StageSettings;
  /** Where stages are asked for. */
  readonly tasksQueue: IQueue;
}

const definitionFile = (mode: string): string =>
  fileURLToPath(new URL(`../../statemachines/${mode}.asl.json`, import.meta.url));

/** The placeholders of a definition, `${Name}`: a state machine is told, and may use, only what it names. */
const placeholdersOf = (mode: string): ReadonlySet<string> =>
  new Set([...readFileSync(definitionFile(mode), 'utf8').matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? ''));

/** One state machine for each mode. All they may do is to ask for a stage, and for a decision where the mode has any. */
export class Coordination extends Construct {
  private readonly machines: ReadonlyMap<string, StateMachine>;
  /** Decides between stages; it comes after the state machines, whose executions other functions start. */
  private decider: TaskFunction | undefined;

  constructor(scope: Construct, id: string, props: CoordinationProps) {
    super(scope, id);
    this.machines = new Map(modes.map((mode) => [mode, this.addMode(mode, props)]));
  }

  private addMode(mode: string, props: CoordinationProps): StateMachine {
    const scope = new Construct(this, pascalCase(mode));
    const { removalPolicy, logRetention } = props.settings;
    const role = new Role(scope, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      description: `Runs of mode ${mode}: asks for stages`,
    });
    const named = placeholdersOf(mode);
    if (named.has('TasksQueueUrl'))
      role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.tasksQueue.queueArn] }));
    const decideFunctionArn = Lazy.string({ produce: () => this.decider?.function.functionArn });
    const decides = named.has('DecideFunctionArn');
    if (decides)
      role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [decideFunctionArn] }));
    const machine = new StateMachine(scope, 'StateMachine', {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromFile(definitionFile(mode)),
      definitionSubstitutions: {
        TasksQueueUrl: props.tasksQueue.queueUrl,
        ...(decides ? { DecideFunctionArn: decideFunctionArn } : {}),
      },
      role,
      tracingEnabled: true,
      removalPolicy,
      logs: {
        destination: new LogGroup(scope, 'Logs', { retention: logRetention, removalPolicy }),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    Validations.of(machine).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SF1',
      reason:
        'Step Functions keeps every event of an execution for 90 days itself; logged once more, a sequential run of five steps costs 12 dollars a million more.',
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'Log delivery and X-Ray know no resources: logs:*LogDelivery and xray:Put*.',
    });
    return machine;
  }

  /** Names the function that decides between stages. */
  decideWith(decider: TaskFunction): void {
    this.decider = decider;
  }

  /** Lets a function do these things with executions, and tells one that starts them mode → state machine. */
  grantExecutions(grantee: TaskFunction, actions: readonly ExecutionAction[]): void {
    if (actions.includes('Start')) this.grantStart(grantee);
    const onExecutions = actions.filter((action) => action !== 'Start');
    if (onExecutions.length === 0) return;
    const executions = [...this.machines.values()].map((machine) =>
      Stack.of(this).formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${machine.stateMachineName}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    grantee.allow(
      onExecutions.map((action) => `states:${action}Execution`),
      executions,
    );
    for (const execution of executions) {
      acknowledgeWildcard(
        grantee,
        execution,
        'Executions are named after runs, which are made at run time; they are all of this state machine.',
      );
    }
  }

  private grantStart(grantee: TaskFunction): void {
    const machines = [...this.machines];
    grantee.allow(
      ['states:StartExecution'],
      machines.map(([, machine]) => machine.stateMachineArn),
    );
    grantee.setEnvironment(
      'stateMachines',
      Stack.of(this).toJsonString(
        Object.fromEntries(machines.map(([mode, machine]) => [mode, machine.stateMachineArn])),
      ),
    );
  }

  /** How many executions of each mode failed, and how many timed out. */
  failures(options: MetricOptions): readonly IMetric[] {
    return [...this.machines.values()].flatMap((machine) => [
      machine.metricFailed(options),
      machine.metricTimedOut(options),
    ]);
  }

  /** Lets a function answer task tokens. */
  grantTaskResponse(grantee: TaskFunction): void {
    // IAM knows no resource for these two; the token is the permission, and `Resource::*` is acknowledged by TaskFunction
    // for tracing under the same printed id.
    grantee.allow(['states:SendTaskSuccess', 'states:SendTaskFailure'], ['*']);
  }

  /** Tells a function of every execution that ended without its state machine's last word. */
  notifyOfEnds(handler: TaskFunction, deadLetters: IQueue): void {
    new Rule(this, 'ExecutionEnded', {
      description: 'Executions that failed, timed out or were aborted: their runs must be closed',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [...this.machines.values()].map((machine) => machine.stateMachineArn),
        },
      },
      targets: [
        new LambdaFunction(handler.function, {
          deadLetterQueue: deadLetters,
          retryAttempts: 20,
          maxEventAge: Duration.hours(4),
        }),
      ],
    });
  }
}
