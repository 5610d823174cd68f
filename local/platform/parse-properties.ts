import * as z from 'zod';
import { TemplateError } from '../template/errors.ts';
import type { StackResource } from '../template/load-stack.ts';

/** A resource's properties in the shape a runner needs. @throws {@link TemplateError} naming the resource and the property. */
export function parseProperties<Schema extends z.ZodType>(schema: Schema, resource: StackResource): z.infer<Schema> {
  const parsed = schema.safeParse(resource.properties);
  if (parsed.success) return parsed.data;
  throw new TemplateError(`${resource.logicalId} (${resource.type}): ${z.prettifyError(parsed.error)}`);
}

/** CloudFormation writes numbers and truth values as such or as text. */
export const NumberLike = z.coerce.number();
export const BooleanLike = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

/** Resources of one type, in the template's order. */
export function ofType(resources: readonly StackResource[], type: string): readonly StackResource[] {
  return resources.filter((resource) => resource.type === type);
}
