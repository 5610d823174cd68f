import * as z from 'zod';
import type { StackResource } from '../template/load-stack.ts';
import { parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

/** Adds an event bus. */
export function runEventBus(resource: StackResource, parts: PlatformParts): void {
  parts.bus.addBus({ name: resource.physicalId, arn: resource.attributes.Arn ?? '' });
}

const RuleProperties = z.looseObject({
  EventBusName: z.string().default('default'),
  EventPattern: z.unknown().optional(),
  ScheduleExpression: z.string().optional(),
  State: z.string().default('ENABLED'),
  Targets: z.array(z.unknown()).default([]),
});

/** Adds a rule with its targets. */
export function runRule(resource: StackResource, parts: PlatformParts): void {
  const properties = parseProperties(RuleProperties, resource);
  const { region, accountId } = parts.place;
  const bus = properties.EventBusName;
  parts.bus.addRule({
    name: resource.physicalId,
    arn: resource.attributes.Arn ?? '',
    busArn: bus.startsWith('arn:') ? bus : `arn:aws:events:${region}:${accountId}:event-bus/${bus}`,
    state: properties.State,
    targets: properties.Targets,
    ...(properties.EventPattern !== undefined && { eventPattern: properties.EventPattern }),
    ...(properties.ScheduleExpression !== undefined && { scheduleExpression: properties.ScheduleExpression }),
  });
}
