import { checkExpressions } from './check-expressions.ts';
import { checkWorkflow } from './check-workflow.ts';
import { childWorkflows, Definition, type State, type Workflow } from './definition.ts';
import { describeIssue } from './describe-issue.ts';
import { type DefinitionProblem, invalidDefinition } from './invalid-definition.ts';
import { parseJson } from './json.ts';

/** A definition that passed every check, with its states by name (names are unique in the whole state machine). */
export interface ParsedDefinition {
  readonly workflow: Workflow;
  readonly states: ReadonlyMap<string, State>;
  readonly timeoutSeconds: number | undefined;
}

function queryLanguageProblems(workflow: Workflow, inherited: string, path: string): DefinitionProblem[] {
  const language = workflow.QueryLanguage ?? inherited;
  const problems: DefinitionProblem[] = [];
  for (const [name, state] of Object.entries(workflow.States)) {
    const statePath = `${path}/States/${name}`;
    const stateLanguage = state.QueryLanguage ?? language;
    if (stateLanguage !== 'JSONata') {
      const message =
        "The query language JSONPath is not supported: set 'QueryLanguage' to 'JSONata' at the top of the definition";
      return [{ code: 'UNSUPPORTED_QUERY_LANGUAGE', message, path: `${statePath}/QueryLanguage` }];
    }
    for (const child of childWorkflows(state)) {
      problems.push(...queryLanguageProblems(child.workflow, stateLanguage, statePath + child.path));
    }
  }
  return problems;
}

function collectStates(workflow: Workflow, into: Map<string, State>): void {
  for (const [name, state] of Object.entries(workflow.States)) {
    into.set(name, state);
    for (const child of childWorkflows(state)) collectStates(child.workflow, into);
  }
}

function readDefinition(text: string): Definition {
  const json = parseJson(text);
  if (!json) throw invalidDefinition([{ code: 'INVALID_JSON_DESCRIPTION', message: 'Not valid JSON', path: '' }]);
  const parsed = Definition.safeParse(json.value);
  if (parsed.success) return parsed.data;
  if (isJsonPathDefinition(json.value)) {
    const message =
      "The query language JSONPath is not supported: set 'QueryLanguage' to 'JSONata' at the top of the definition";
    throw invalidDefinition([{ code: 'UNSUPPORTED_QUERY_LANGUAGE', message, path: '/QueryLanguage' }]);
  }
  throw invalidDefinition(parsed.error.issues.flatMap((issue) => describeIssue(issue)));
}

function isJsonPathDefinition(value: unknown): boolean {
  return typeof value === 'object' &&
    value !== null &&
    (!('QueryLanguage' in value) || value.QueryLanguage === 'JSONPath')
    ? !JSON.stringify(value).includes('"QueryLanguage":"JSONata"')
    : false;
}

/**
 * Reads and checks a definition as CreateStateMachine does.
 * @throws AwsError `InvalidDefinition` naming every problem and its path.
 */
export function parseDefinition(text: string): ParsedDefinition {
  const definition = readDefinition(text);
  const { TimeoutSeconds, Version: _version, ...workflow } = definition;
  const problems = [
    ...queryLanguageProblems(workflow, 'JSONPath', ''),
    ...checkWorkflow(workflow),
    ...checkExpressions(workflow),
  ];
  if (problems.length > 0) throw invalidDefinition(problems);
  const states = new Map<string, State>();
  collectStates(workflow, states);
  return { workflow, states, timeoutSeconds: TimeoutSeconds };
}
