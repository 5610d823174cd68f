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

/** AWS's sentence about a field of the other query language. */
export function onlyFor(field: string, language: string, other: string): string {
  return `The QueryLanguage is set to '${language}', but field '${field}' is only supported for the '${other}' QueryLanguage`;
}

function unknownField(field: string, path: string): DefinitionProblem {
  const refused = Object.hasOwn(refusedFields, field) ? refusedFields[field] : undefined;
  const jsonPath = jsonPathFields.has(field) ? onlyFor(field, 'JSONata', 'JSONPath') : undefined;
  if (refused !== undefined) {
    return { code: 'SCHEMA_VALIDATION_FAILED', message: refused, path: `${path}/${field}` };
  }
  return { code: 'SCHEMA_VALIDATION_FAILED', message: jsonPath ?? `Field '${field}' is not supported`, path };
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
  return [{ code: 'SCHEMA_VALIDATION_FAILED', message: describeValue(issue), path }];
}

/** Types as AWS names them. */
function typeName(expected: string): string {
  return expected === 'int' ? 'INTEGER' : expected === 'record' ? 'OBJECT' : expected.toUpperCase();
}

/** What is wrong with a value; of the alternatives that a field has, those of the value's own type are asked. */
function describeValue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const alternatives = issue.errors.flatMap(([first]) => first ?? []);
    const sameType = alternatives.find((one) => one.code !== 'invalid_type');
    if (sameType !== undefined) return describeValue(sameType);
    const types = alternatives.flatMap((one) => (one.code === 'invalid_type' ? typeName(one.expected) : []));
    return `Expected value of type [${[...new Set(types)].join(', ')}]`;
  }
  if (issue.code === 'invalid_type') return `Expected value of type [${typeName(issue.expected)}]`;
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid')) {
    if (typeof issue.input !== 'string') return 'Expected value of type [STRING]';
    return `Value should be one of the following: [${issue.values.join(', ')}]`;
  }
  if (issue.code === 'too_small' && issue.origin !== 'string') return `Minimum value is ${issue.minimum}`;
  if (issue.code === 'too_big' && issue.origin !== 'string') return `Maximum value is ${issue.maximum}`;
  return issue.message;
}
