import type { StackResource } from '../template/load-stack.ts';
import type { PlatformParts } from './parts.ts';
import { runApi, runWithApi } from './run-apis.ts';
import { runEventBus, runRule } from './run-event-bus.ts';
import { runEventSource } from './run-event-sources.ts';
import { runFunction, runWithFunction } from './run-functions.ts';
import { runQueue } from './run-queues.ts';
import { runSchedule, runScheduleGroup } from './run-schedules.ts';
import { runStateMachine } from './run-state-machines.ts';
import { runBucket, runParameter, runSecret } from './run-storage.ts';
import { runTable } from './run-tables.ts';

/** Makes one resource of the template real. */
export type RunResource = (resource: StackResource, parts: PlatformParts) => Promise<void> | void;

/**
 * How each type is run. The order is that of starting: what is called comes before what calls, so nothing is
 * delivered before its receiver exists.
 */
export const runners: Readonly<Record<string, RunResource>> = {
  'AWS::DynamoDB::Table': runTable,
  'AWS::DynamoDB::GlobalTable': runTable,
  'AWS::SQS::Queue': runQueue,
  'AWS::S3::Bucket': runBucket,
  'AWS::SecretsManager::Secret': runSecret,
  'AWS::SSM::Parameter': runParameter,
  'AWS::Lambda::Function': runFunction,
  'AWS::Lambda::EventInvokeConfig': runWithFunction,
  'AWS::StepFunctions::StateMachine': runStateMachine,
  'AWS::Events::EventBus': runEventBus,
  'AWS::Events::Rule': runRule,
  'AWS::Lambda::EventSourceMapping': runEventSource,
  'AWS::Scheduler::ScheduleGroup': runScheduleGroup,
  'AWS::Scheduler::Schedule': runSchedule,
  'AWS::ApiGatewayV2::Api': runApi,
  'AWS::ApiGatewayV2::Authorizer': runWithApi,
  'AWS::ApiGatewayV2::Deployment': runWithApi,
  'AWS::ApiGatewayV2::Integration': runWithApi,
  'AWS::ApiGatewayV2::Route': runWithApi,
  'AWS::ApiGatewayV2::RouteResponse': runWithApi,
  'AWS::ApiGatewayV2::Stage': runWithApi,
};
