import type * as z from 'zod';
import { stateTypes } from './definition.ts';
import type { DefinitionProblem } from './invalid-definition.ts';

const jsonPathFields = new Set([
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ResultSelector',
  'Parameters',
  'Result',
  'ItemsPath',
  'Iterator',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'MaxConcurrencyPath',
  'ErrorPath',
  'CausePath',
  'Variable',
]);

const refusedFields: Readonly<Record<string, string>> = {
  ItemReader: 'ItemReader belongs to the Distributed Map, which is not supported',
  ItemBatcher: 'ItemBatcher belongs to the Distributed Map, which is not supported',
  ResultWriter: 'ResultWriter belongs to the Distributed Map, which is not supported',
  Label: 'Label belongs to the Distributed Map, which is not supported',
  ExecutionType: 'ExecutionType belongs to the Distributed Map, which is not supported',
  ToleratedFailureCount: 'ToleratedFailureCount belongs to the Distributed Map and is not allowed in an inline Map',
  ToleratedFailurePercentage:
    'ToleratedFailurePercentage belongs to the Distributed Map and is not allowed in an inline Map',
  Credentials: 'Credentials (a role of another account) is not supported',
};

/** `/States/Fan out/Choices[1]/Next`, as AWS writes paths. */
export function toPath(keys: readonly PropertyKey[]): string {
  return keys.map((key) => (typeof key === 'number' ? `[${key}]` : `/${String(key)}`)).join('');
}

function unknownField(field: string, path: string): DefinitionProblem {
  const refused = Object.hasOwn(refusedFields, field) ? refusedFields[field] : undefined;
  const jsonPath = jsonPathFields.has(field)
    ? `Field '${field}' belongs to the JSONPath query language; only JSONata is supported`
    : undefined;
  const message = refused ?? jsonPath ?? `Field '${field}' is not supported`;
  return { code: 'SCHEMA_VALIDATION_FAILED', message, path: `${path}/${field}` };
}

/** Every problem that one schema issue stands for. */
export function describeIssue(issue: z.core.$ZodIssue, prefix = ''): DefinitionProblem[] {
  const path = prefix + toPath(issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(key, path));
  if (issue.code === 'invalid_union' && issue.discriminator === 'Type') {
    const message = `Unknown or missing state type; expected one of ${stateTypes}`;
    return [{ code: 'SCHEMA_VALIDATION_FAILED', message, path }];
  }
  if (issue.code === 'invalid_union') {
    const texts = issue.errors.map((alternative) => alternative[0]?.message ?? issue.message);
    return [{ code: 'SCHEMA_VALIDATION_FAILED', message: [...new Set(texts)].join(' or '), path }];
  }
  return [{ code: 'SCHEMA_VALIDATION_FAILED', message: issue.message, path }];
}
