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

/** The name of the required field whose absence the issue is, if it is one. */
function missingField(issue: z.core.$ZodIssue): string | undefined {
  const field = issue.path.at(-1);
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined && typeof field === 'string';
  return isMissing ? field : undefined;
}

/** Every problem that a list of schema issues stands for; missing fields of one object are one problem, as on AWS. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): DefinitionProblem[] {
  const missing = new Map<string, string[]>();
  const problems: DefinitionProblem[] = [];
  for (const issue of issues) {
    const field = missingField(issue);
    const path = toPath(issue.path.slice(0, -1));
    if (field === undefined) problems.push(...describeIssue(issue));
    else missing.set(path, [...(missing.get(path) ?? []), field]);
  }
  const required = [...missing].map(([path, fields]) => {
    const message = `These fields are required: [${fields.toSorted().join(', ')}]`;
    return { code: 'SCHEMA_VALIDATION_FAILED', message, path };
  });
  return [...required, ...problems];
}

function describeIssue(issue: z.core.$ZodIssue): DefinitionProblem[] {
  const path = toPath(issue.path);
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
