import * as z from 'zod';
import { NewSchedule } from '../scheduler/schedule.ts';
import { TemplateError } from '../template/errors.ts';
import { isObject } from '../template/json.ts';
import type { StackResource } from '../template/load-stack.ts';
import type { PlatformParts } from './parts.ts';

/** Properties of AWS::Scheduler::Schedule that say nothing about when and what to call. */
const ignored: ReadonlySet<string> = new Set(['Description', 'KmsKeyArn', 'Name', 'ActionAfterCompletion']);

/** Adds a schedule. */
export function runSchedule(resource: StackResource, parts: PlatformParts): void {
  const properties = Object.entries(resource.properties).filter(([name]) => !ignored.has(name));
  const schedule = NewSchedule.safeParse({
    ...lowerFirst(Object.fromEntries(properties)),
    name: resource.physicalId,
    arn: resource.attributes.Arn,
  });
  if (!schedule.success) throw new TemplateError(`${resource.logicalId}: ${z.prettifyError(schedule.error)}`);
  parts.scheduler.addSchedule(schedule.data);
}

/** CloudFormation writes `RetryPolicy` where the scheduler's own interface has `retryPolicy`. */
function lowerFirst(value: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(value).map(([name, member]) => {
    const lower = name.charAt(0).toLowerCase() + name.slice(1);
    return [lower, isObject(member) ? lowerFirst(member) : member] as const;
  });
  return Object.fromEntries(entries);
}
