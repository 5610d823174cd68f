import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Effect, type IGrantable, type IPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment } from '#core/contract/env.ts';
import type { Retention } from '#core/contract/retention.ts';
import type { Config, StageSettings } from '#infra/config/config.ts';
import type { FunctionSpec } from '#infra/config/functions.ts';

/** CloudWatch's namespace of a stack's own metrics: two stacks in one account do not mix. */
export const metricsNamespaceOf = (scope: Construct): string => `Muster/${Stack.of(scope).stackName}`;

/** A variable that functions read, by its name in the contract. */
export type EnvironmentName = keyof typeof environment;

export interface TaskFunctionProps {
  readonly spec: FunctionSpec;
  /** A folder with `index.mjs` that exports `handler`. */
  readonly code: Code;
  readonly logLevel: Config['logLevel'];
  readonly retention: Retention;
  readonly settings: StageSettings;
  /** Where an event goes that was handed over asynchronously and failed three times. @default - the function is never invoked so */
  readonly deadLetterQueue?: IQueue | undefined;
  /** Environments that are its own. @default - it shares the account's with all others */
  readonly reservedConcurrency?: number | undefined;
}

/**
 * A Lambda function with a role and a log group of its own. The role starts with leave to write that log group and trace,
 * and gets the rest statement by statement; there are no managed policies.
 */
export class TaskFunction extends Construct implements IGrantable {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: TaskFunctionProps) {
    super(scope, id);
    const { spec, settings } = props;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: settings.logRetention,
      removalPolicy: settings.removalPolicy,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: spec.description,
    });
    this.grantPrincipal = this.role.grantPrincipal;
    logGroup.grantWrite(this.role);
    this.function = new LambdaFunction(this, 'Function', {
      description: spec.description,
      code: props.code,
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: spec.memoryMb,
      timeout: Duration.seconds(spec.timeoutSeconds),
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      // Without it a stack trace names lines of the minified bundle.
      environment: { NODE_OPTIONS: '--enable-source-maps' },
      ...(props.deadLetterQueue === undefined ? {} : { deadLetterQueue: props.deadLetterQueue }),
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
    this.setEnvironment('logLevel', props.logLevel);
    this.setEnvironment('retention', JSON.stringify(props.retention));
    this.setEnvironment('metricsNamespace', metricsNamespaceOf(this));
    this.acknowledgeRules(props.deadLetterQueue !== undefined);
  }

  /** Sets a variable of the contract. */
  setEnvironment(name: EnvironmentName, value: string): void {
    this.function.addEnvironment(environment[name], value);
  }

  /** Lets the function do these actions on these resources. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.role.addToPolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }),
    );
  }

  private acknowledgeRules(hasDeadLetterQueue: boolean): void {
    Validations.of(this).acknowledge(
      {
        id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
        reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords know no resources; active tracing needs them.',
      },
      {
        id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
        reason: hasDeadLetterQueue
          ? 'Its dead-letter queue keeps what failed; a destination would keep it a second time.'
          : 'Never invoked asynchronously: an API or an event source mapping waits for its answer.',
      },
    );
    if (hasDeadLetterQueue) return;
    Validations.of(this).acknowledge({
      id: 'Serverless::Serverless-LambdaDLQ',
      reason:
        'Never invoked asynchronously; what fails stays with the caller or in the source queue, which has its own.',
    });
  }
}
