import jsonata from 'jsonata';
import { childWorkflows, isExpression, type State, type Workflow } from './definition.ts';
import { describeJsonataError, expressionSource } from './expression-source.ts';
import type { DefinitionProblem } from './invalid-definition.ts';
import { isRecord } from './json.ts';

/** Fields that hold names, notes or other states, never expressions. */
const constantFields = new Set(['Type', 'Comment', 'Next', 'Default', 'Resource', 'QueryLanguage', 'End']);

function checkExpression(text: string, path: string): DefinitionProblem[] {
  const source = expressionSource(text);
  const code = 'INVALID_JSONATA_EXPRESSION';
  try {
    jsonata(source);
    return [];
  } catch (error) {
    return [{ code, message: `'${source}' does not parse. ${describeJsonataError(error)}`, path }];
  }
}

function checkTemplate(value: unknown, path: string): DefinitionProblem[] {
  if (isExpression(value)) return checkExpression(value, path);
  if (Array.isArray(value)) return value.flatMap((item, index) => checkTemplate(item, `${path}[${index}]`));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => checkTemplate(item, `${path}/${key}`));
}

function checkFields(state: State, path: string): DefinitionProblem[] {
  return Object.entries(state)
    .filter(([field]) => !constantFields.has(field) && field !== 'Branches' && field !== 'ItemProcessor')
    .flatMap(([field, value]) => checkTemplate(value, `${path}/${field}`));
}

function checkScope(workflow: Workflow, path: string): DefinitionProblem[] {
  return Object.entries(workflow.States).flatMap(([name, state]) => {
    const at = `${path}/States/${name}`;
    const children = childWorkflows(state).flatMap((child) => checkScope(child.workflow, at + child.path));
    return [...checkFields(state, at), ...children];
  });
}

/** Every JSONata expression of the definition must parse. */
export function checkExpressions(workflow: Workflow): DefinitionProblem[] {
  return checkScope(workflow, '');
}
