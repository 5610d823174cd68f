import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { TemplateError } from '../template/errors.ts';
import type { StackResource } from '../template/load-stack.ts';
import { parseProperties } from './parse-properties.ts';
import type { PlatformParts } from './parts.ts';

const MachineProperties = z.looseObject({
  RoleArn: z.string(),
  StateMachineType: z.literal('STANDARD', 'only standard workflows run locally').optional(),
  DefinitionString: z.string().optional(),
  Definition: z.record(z.string(), z.unknown()).optional(),
  DefinitionS3Location: z.looseObject({ Key: z.string() }).optional(),
  DefinitionSubstitutions: z.record(z.string(), z.coerce.string()).default({}),
});

/** Creates a state machine, or gives the stored one this definition. */
export function runStateMachine(resource: StackResource, parts: PlatformParts): void {
  const properties = parseProperties(MachineProperties, resource);
  parts.stepFunctions.createStateMachine({
    name: resource.physicalId,
    arn: resource.ref,
    roleArn: properties.RoleArn,
    definition: substitute(readDefinition(properties, resource, parts), properties.DefinitionSubstitutions),
  });
}

function readDefinition(
  properties: z.infer<typeof MachineProperties>,
  resource: StackResource,
  parts: PlatformParts,
): string {
  if (properties.DefinitionString !== undefined) return properties.DefinitionString;
  if (properties.Definition !== undefined) return JSON.stringify(properties.Definition);
  const path = parts.stack.assets.get(properties.DefinitionS3Location?.Key ?? '');
  if (path === undefined)
    throw new TemplateError(`${resource.logicalId}: its definition is not an asset of the assembly`);
  return readFileSync(path, 'utf8');
}

/** `DefinitionSubstitutions`: `${Name}` in the definition's text, inserted so that the text stays JSON. */
function substitute(definition: string, values: Readonly<Record<string, string>>): string {
  return definition.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : JSON.stringify(value).slice(1, -1);
  });
}
