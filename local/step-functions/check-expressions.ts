import jsonata from 'jsonata';
import { childWorkflows, isExpression, type State, type Workflow } from './definition.ts';
import { expressionSource, jsonataMessage } from './expression-source.ts';
import type { DefinitionProblem } from './invalid-definition.ts';
import { isRecord } from './json.ts';
import { topLevelReferences } from './top-level-references.ts';

/** Fields that hold names, notes, rules or other states, never expressions. */
const constantFields = new Set([
  'Type',
  'Comment',
  'Next',
  'Default',
  'Resource',
  'QueryLanguage',
  'End',
  'Retry',
  'Branches',
  'ItemProcessor',
  'ErrorEquals',
]);
/** Fields that hold a list of rules, each with fields of its own. */
const ruleFields = new Set(['Catch', 'Choices']);

/** What `$states` does not have in a field. */
type Missing = readonly ('result' | 'errorOutput')[];

/** The members of `$states` that an expression's syntax tree reads. */
function readMembers(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(readMembers);
  if (!isRecord(node)) return [];
  const { type, steps } = node;
  const inner = Object.values(node).flatMap(readMembers);
  if (type !== 'path' || !Array.isArray(steps)) return inner;
  const [variable, member]: unknown[] = steps;
  const isStates = isRecord(variable) && variable['type'] === 'variable' && variable['value'] === 'states';
  return isStates && isRecord(member) && member['type'] === 'name' ? [String(member['value']), ...inner] : inner;
}

function describeReference(reference: string): string {
  if (reference === '$$') return "Reference to '$$' is not supported.";
  return `Reference to '${reference}' at the top level is not supported.`;
}

function checkExpression(text: string, path: string, missing: Missing): DefinitionProblem[] {
  let tree: unknown;
  try {
    tree = jsonata(expressionSource(text)).ast();
  } catch (error) {
    return [{ code: 'INVALID_JSONATA_EXPRESSION', message: jsonataMessage(error), path }];
  }
  const members = new Set(readMembers(tree));
  const messages = [
    ...topLevelReferences(tree).map(describeReference),
    ...missing.filter((member) => members.has(member)).map((member) => `Field '$states.${member}' does not exist.`),
  ];
  return messages.map((message) => ({ code: 'UNSUPPORTED_JSONATA_EXPRESSION', message, path }));
}

function checkTemplate(value: unknown, path: string, missing: Missing): DefinitionProblem[] {
  if (isExpression(value)) return checkExpression(value, path, missing);
  if (Array.isArray(value)) return value.flatMap((item, index) => checkTemplate(item, `${path}[${index}]`, missing));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => checkTemplate(item, `${path}/${key}`, missing));
}

/**
 * A result exists where a Task, Parallel or Map has ended, and its error where that is caught.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
function missingIn(state: State, field: string): Missing {
  const hasResult = state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map';
  if (hasResult && field === 'Catch') return [];
  if (hasResult && (field === 'Output' || field === 'Assign')) return ['errorOutput'];
  return ['result', 'errorOutput'];
}

function checkFields(state: State, path: string): DefinitionProblem[] {
  return Object.entries(state).flatMap(([field, value]) => {
    const missing = missingIn(state, field);
    const at = `${path}/${field}`;
    if (constantFields.has(field)) return [];
    if (!ruleFields.has(field) || !Array.isArray(value)) return checkTemplate(value, at, missing);
    return value.flatMap((rule, index) => checkRule(rule, `${at}[${index}]`, missing));
  });
}

function checkRule(rule: unknown, path: string, missing: Missing): DefinitionProblem[] {
  const fields = isRecord(rule) ? Object.entries(rule) : [];
  return fields
    .filter(([field]) => !constantFields.has(field))
    .flatMap(([field, value]) => checkTemplate(value, `${path}/${field}`, missing));
}

function checkScope(workflow: Workflow, path: string): DefinitionProblem[] {
  return Object.entries(workflow.States).flatMap(([name, state]) => {
    const at = `${path}/States/${name}`;
    const children = childWorkflows(state).flatMap((child) => checkScope(child.workflow, at + child.path));
    return [...checkFields(state, at), ...children];
  });
}

/** Every JSONata expression of the definition must parse, and read of `$states` what its field has. */
export function checkExpressions(workflow: Workflow): DefinitionProblem[] {
  return checkScope(workflow, '');
}
