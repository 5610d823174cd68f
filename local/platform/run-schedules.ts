import * as z from 'zod';
import type { StackResource } from '../template/load-stack.ts';
import { parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

const ScheduleProperties = z.looseObject({
  GroupName: z.string().optional(),
  Description: z.string().optional(),
  KmsKeyArn: z.string().optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().optional(),
  State: z.string().optional(),
  StartDate: z.string().optional(),
  EndDate: z.string().optional(),
  FlexibleTimeWindow: z.unknown(),
  Target: z.unknown(),
});

/** Adds a group of schedules. */
export function runScheduleGroup(resource: StackResource, parts: PlatformParts): void {
  parts.scheduler.addGroup(resource.physicalId);
}

/** Adds a schedule. */
export function runSchedule(resource: StackResource, parts: PlatformParts): void {
  const properties = parseProperties(ScheduleProperties, resource);
  parts.scheduler.addSchedule({
    name: resource.physicalId,
    arn: resource.attributes.Arn ?? '',
    groupName: properties.GroupName,
    description: properties.Description,
    kmsKeyArn: properties.KmsKeyArn,
    scheduleExpression: properties.ScheduleExpression,
    scheduleExpressionTimezone: properties.ScheduleExpressionTimezone,
    state: properties.State,
    startDate: properties.StartDate,
    endDate: properties.EndDate,
    flexibleTimeWindow: properties.FlexibleTimeWindow,
    target: properties.Target,
  });
}
