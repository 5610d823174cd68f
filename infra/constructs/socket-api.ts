import { ArnFormat, Aws, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { answeredFrames } from '#core/contract/client-frames.ts';
import { type StageSettings, throttleOf } from '#infra/config/config.ts';
import { addAccessLog } from '#infra/constructs/access-log.ts';
import { addRunbookAlarm, alarmPeriod } from '#infra/constructs/alarms.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';
import { acknowledgeWildcard } from '#infra/wildcards.ts';

const stageName = 'ws';

export interface SocketApiProps {
  readonly settings: StageSettings;
}

/** The functions behind the routes: frames of a type that has a route of its own go to its function. */
export interface SocketHandlers {
  readonly connect: TaskFunction;
  readonly disconnect: TaskFunction;
  readonly message: TaskFunction;
  readonly secret: TaskFunction;
}

/**
 * The WebSocket API. Functions that push need its address and the API needs functions for its routes, so the routes come
 * after: {@link addRoutes}.
 */
export class SocketApi extends Construct {
  readonly api: WebSocketApi;
  readonly stage: WebSocketStage;

  constructor(scope: Construct, id: string, props: SocketApiProps) {
    super(scope, id);
    this.api = new WebSocketApi(this, 'Api', {
      description: 'Agents and watchers of Muster',
      routeSelectionExpression: '$request.body.type',
    });
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName,
      autoDeploy: true,
      throttle: throttleOf(props.settings.rates.socket),
      accessLogSettings: addAccessLog(this, props.settings, {
        time: 'requestTime',
        ip: 'identity.sourceIp',
        event: 'eventType',
        route: 'routeKey',
        connectionId: 'connectionId',
        status: 'status',
        integrationError: 'integrationErrorMessage',
      }),
    });
    this.stage.node.addDependency(this.allowAccessLogs());
    addRunbookAlarm(this, 'Failing', {
      metric: this.errors({ statistic: 'Sum', period: alarmPeriod }),
      meaning: 'Frames from sockets ended in server errors.',
      runbook: 'socket-errors',
      above: 5,
    });
  }

  /** Frames, in both directions. */
  messages(options: MetricOptions): Metric {
    return this.metric('MessageCount', options);
  }

  /** Frames whose function failed. */
  errors(options: MetricOptions): Metric {
    return this.metric('IntegrationError', options);
  }

  private metric(metricName: string, options: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiId: this.api.apiId, Stage: stageName },
      ...options,
    });
  }

  /** Where clients connect. */
  get url(): string {
    return `${this.api.apiEndpoint}/${stageName}`;
  }

  /** Hands connections and frames to their functions. Routes of one type of frame answer it; other replies are pushed. */
  addRoutes(handlers: SocketHandlers): void {
    const routes = {
      $connect: handlers.connect,
      $disconnect: handlers.disconnect,
      $default: handlers.message,
      'secret.get': handlers.secret,
      ...Object.fromEntries(answeredFrames.map((type) => [type, handlers.message])),
    };
    for (const [key, handler] of Object.entries(routes)) {
      const route = this.api.addRoute(key, {
        integration: new WebSocketLambdaIntegration(`${key.replace(/\W/g, '')}-integration`, handler.function),
        returnResponse: !key.startsWith('$'),
      });
      Validations.of(route).acknowledge({
        id: 'AwsSolutions::AwsSolutions-APIG4',
        reason:
          key === '$connect'
            ? 'The function of $connect checks the key itself and refuses the handshake: one invocation instead of two.'
            : 'A WebSocket API authorises $connect only; every later frame is authorised from the connection record.',
      });
    }
  }

  /** Lets a function post to any open socket, and tells it where. */
  grantPush(grantee: TaskFunction): void {
    this.grantManage(grantee, 'POST');
  }

  /** Lets a function close any open socket, and tells it where. */
  grantClose(grantee: TaskFunction): void {
    this.grantManage(grantee, 'DELETE');
  }

  private grantManage(grantee: TaskFunction, method: 'POST' | 'DELETE'): void {
    const connections = Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.api.apiId,
      resourceName: `${stageName}/${method}/@connections/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    grantee.allow(['execute-api:ManageConnections'], [connections]);
    grantee.setEnvironment(
      'socketEndpoint',
      `https://${this.api.apiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}/${stageName}`,
    );
    acknowledgeWildcard(
      grantee,
      connections,
      'Connection ids are made by API Gateway at run time; nothing but connections of this stage is reached.',
    );
  }

  /**
   * A WebSocket API writes access logs only in an account whose API Gateway has a role for it, which a new account has
   * not. The setting belongs to account and region, so it stays when the stack goes.
   */
  private allowAccessLogs(): CfnAccount {
    const role = new Role(this, 'AccessLogRole', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      description: 'API Gateway writes its logs',
      inlinePolicies: {
        WriteLogs: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: [
                'logs:CreateLogGroup',
                'logs:CreateLogStream',
                'logs:DescribeLogGroups',
                'logs:DescribeLogStreams',
                'logs:PutLogEvents',
                'logs:GetLogEvents',
                'logs:FilterLogEvents',
              ],
              resources: ['*'],
            }),
          ],
        }),
      },
    });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    Validations.of(role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason:
        'The role of the whole account and region, for the log groups of any API: these are the actions of the managed policy.',
    });
    const account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return account;
  }
}
