import { Duration, Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpRoute, HttpRouteKey, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { aliases } from '#core/contract/aliases.ts';
import { publicRoutes } from '#core/contract/approval-link.ts';
import { type RouteFamily, routes } from '#core/contract/routes.ts';
import { type StageSettings, throttleOf } from '#infra/config/config.ts';
import { addAccessLog } from '#infra/constructs/access-log.ts';
import { addRunbookAlarm, alarmPeriod } from '#infra/constructs/alarms.ts';
import type { TaskFunction } from '#infra/constructs/task-function.ts';

export interface HttpApiProps {
  readonly settings: StageSettings;
  /** Decides on every request, also on those to unknown routes. */
  readonly authoriser: TaskFunction;
  readonly families: Readonly<Record<RouteFamily, TaskFunction>>;
  /** Takes answers of people who have a link and no key. */
  readonly answers: TaskFunction;
  /** Answers what no route matches. */
  readonly notFound: TaskFunction;
}

const methods: Readonly<Record<string, HttpMethod>> = {
  GET: HttpMethod.GET,
  HEAD: HttpMethod.HEAD,
  POST: HttpMethod.POST,
  PUT: HttpMethod.PUT,
  PATCH: HttpMethod.PATCH,
  DELETE: HttpMethod.DELETE,
};

function routeKeyOf(key: string): HttpRouteKey {
  const [name, path] = key.split(' ');
  const method = methods[name ?? ''];
  if (method === undefined || path === undefined) throw new Error(`the contract has a route that is no route: ${key}`);
  return HttpRouteKey.with(path, method);
}

/** The HTTP API: one API route for each route of the contract, all of them behind the one authoriser. */
export class PublicHttpApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', { description: 'Muster', createDefaultStage: false });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: throttleOf(props.settings.rates.http),
      accessLogSettings: addAccessLog(this, props.settings, {
        time: 'requestTime',
        ip: 'identity.sourceIp',
        route: 'routeKey',
        status: 'status',
        tenant: 'authorizer.tenant',
        principal: 'authorizer.principalId',
        responseLength: 'responseLength',
        latencyMs: 'responseLatency',
        integrationError: 'integrationErrorMessage',
        authoriserError: 'authorizer.error',
      }),
    });
    this.addRoutes(props);
    addRunbookAlarm(this, 'Failing', {
      metric: this.serverErrors({ statistic: 'Sum', period: alarmPeriod }),
      meaning: 'The HTTP API answered with server errors.',
      runbook: 'http-errors',
      above: 5,
    });
  }

  /** Requests that came. */
  requests(options: MetricOptions): Metric {
    return this.metric('Count', options);
  }

  /** Requests that ended in an error of ours. */
  serverErrors(options: MetricOptions): Metric {
    return this.metric('5xx', options);
  }

  private metric(metricName: string, options: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiId: this.api.apiId },
      ...options,
    });
  }

  private addRoutes(props: HttpApiProps): void {
    const authorizer = new HttpLambdaAuthorizer('Authoriser', props.authoriser.function, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      identitySource: ['$request.header.Authorization'],
      // A revoked key works for at most this long.
      resultsCacheTtl: Duration.seconds(30),
    });
    const integrationOf = (name: string, target: TaskFunction) =>
      new HttpLambdaIntegration(name, target.function, {
        // One permission for all routes of a function: one for each would make the template a third larger.
        scopePermissionToRoute: false,
      });
    const integrations = new Map(
      Object.entries(props.families).map(([family, target]) => [family, integrationOf(family, target)]),
    );
    const addRoute = (key: string, family: RouteFamily): void => {
      const integration = integrations.get(family);
      if (integration === undefined) throw new Error(`no function serves the routes of ${family}`);
      new HttpRoute(this, key, { httpApi: this.api, routeKey: routeKeyOf(key), integration, authorizer });
    };
    for (const { key, family } of routes) addRoute(key, family);
    const familyOf = new Map<string, RouteFamily>(routes.map(({ key, family }) => [key, family]));
    for (const { key, route } of aliases) {
      const family = familyOf.get(route);
      if (family !== undefined) addRoute(key, family);
    }
    const answers = integrationOf('answers', props.answers);
    for (const key of publicRoutes) {
      const route = new HttpRoute(this, key, { httpApi: this.api, routeKey: routeKeyOf(key), integration: answers });
      Validations.of(route).acknowledge({
        id: 'AwsSolutions::AwsSolutions-APIG4',
        reason: 'People without a key come here: the one-use token in the path is checked by the function itself.',
      });
    }
    new HttpRoute(this, 'Default', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      // Its own permission: `/*/*/*`, which the others share, does not cover the default route.
      integration: new HttpLambdaIntegration('not-found', props.notFound.function),
      authorizer,
    });
  }
}
