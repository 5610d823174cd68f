import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type IAccessLogSettings, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageSettings } from '#infra/config/config.ts';

/**
 * Access logs as one JSON object a line, in a log group of their own. Fields are listed, so that neither a key nor a
 * query string can get in.
 */
export function addAccessLog(
  scope: Construct,
  settings: StageSettings,
  fields: Readonly<Record<string, string>>,
): IAccessLogSettings {
  const logGroup = new LogGroup(scope, 'AccessLog', {
    retention: settings.logRetention,
    removalPolicy: settings.removalPolicy,
  });
  const format = Object.fromEntries(Object.entries(fields).map(([name, variable]) => [name, `$context.${variable}`]));
  return {
    destination: new LogGroupLogDestination(logGroup),
    format: AccessLogFormat.custom(JSON.stringify({ requestId: '$context.requestId', ...format })),
  };
}
