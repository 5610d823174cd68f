import jsonata from 'jsonata';
import { childWorkflows, isExpression, type State, type Workflow } from './definition.ts';
import { describeJsonataError, expressionSource } from './expression-source.ts';
import type { DefinitionProblem } from './invalid-definition.ts';
import { isRecord } from './json.ts';

/** Fields that hold names, notes or other states, never expressions. */
const constantFields = new Set(['Type', 'Comment', 'Next', 'Default', 'Resource', 'QueryLanguage', 'End']);

/** What `$states` does not have in a field. */
type Missing = readonly ('result' | 'errorOutput')[];

const code = 'INVALID_JSONATA_EXPRESSION';

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

function checkExpression(text: string, path: string, missing: Missing): DefinitionProblem[] {
  const source = expressionSource(text);
  try {
    const members = new Set(readMembers(jsonata(source).ast()));
    return missing
      .filter((member) => members.has(member))
      .map((member) => ({
        code,
        message: `'${source}' reads $states.${member}, which this field does not have`,
        path,
      }));
  } catch (error) {
    return [{ code, message: `'${source}' does not parse. ${describeJsonataError(error)}`, path }];
  }
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
  return Object.entries(state)
    .filter(([field]) => !constantFields.has(field) && field !== 'Branches' && field !== 'ItemProcessor')
    .flatMap(([field, value]) => checkTemplate(value, `${path}/${field}`, missingIn(state, field)));
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
